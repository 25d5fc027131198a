"""Static files from memory: NiceGUI's, compressed once instead of at each visit (100 ms of CPU), and our own folder.

The address of a file changes with its content (ours) or with NiceGUI's version, so browsers keep it for a year. Brotli
is smaller than gzip but expensive, over a second of CPU for the files of a page: it is made in the background, and
the answer is gzip until then.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import mimetypes
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nicegui import __version__
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC = Path(__file__).parent / "static"
OURS = "/assets/"
NICEGUIS = f"/_nicegui/{__version__}/"
_CHANGING = f"{NICEGUIS}dynamic_resources/"
_FOR_A_YEAR = b"public, max-age=31536000, immutable"
_COMPRESSIBLE = ("text/", "image/svg", "application/json", "application/javascript", "application/manifest")
_MOST_FOR_BROTLI = 200_000  # bytes of gzip: no file of our pages has more, but strangers can ask for all of NiceGUI's
_SMALLEST_FIRST = ("br", "gzip", "identity")
# a process of its own: a thread would leave 25 MB behind, and compete with the people who wait for a page
_BROTLI = """
import brotli, gzip, os, sys
os.nice(19)
sys.stdout.buffer.write(brotli.compress(gzip.decompress(sys.stdin.buffer.read())))
"""
_ACCEPTED = re.compile(r"([a-z*-]+)(?:;q=([01](?:\.\d{0,3})?))?")


@dataclass(frozen=True)
class Asset:
    content_type: str
    digest: str
    copies: dict[str, bytes]  # gzip, and br once it is made; or only identity, where compressing does not help

    def etag(self, encoding: str) -> str:
        return f'"{self.digest}-{encoding}"'  # one for each encoding, or a cache would confuse them


@cache
def asset_url(name: str) -> str:
    """The address of a file in creos_ui/web/static; FileNotFoundError if there is no such file."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"{OURS}{digest}/{name}"


class Assets:
    """Answers requests for static files, and passes all others on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._kept: dict[str, asyncio.Task[Asset | None]] = {}
        self._shrinking: set[asyncio.Task[None]] = set()  # asyncio itself does not hold on to a running task
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            path = scope["path"]
            is_ours, is_niceguis = path.startswith(OURS), path.startswith(NICEGUIS) and not path.startswith(_CHANGING)
            if (is_ours or is_niceguis) and (asset := await self._asset(scope, is_ours)):
                return await _answer(asset, scope, send)
        return await self.app(scope, receive, send)

    async def _asset(self, scope: Scope, is_ours: bool) -> Asset | None:
        """From memory, or fetched once, however many browsers ask at the same time; a missing file is not kept."""
        path = scope["path"]
        task = self._kept.get(path)
        if task is None:
            task = self._kept[path] = asyncio.create_task(self._prepare(path, is_ours))
        try:
            asset = await asyncio.shield(task)
        except Exception:
            self._kept.pop(path, None)
            raise
        if asset is None:
            self._kept.pop(path, None)
        return asset

    async def _prepare(self, path: str, is_ours: bool) -> Asset | None:
        asset = await (asyncio.to_thread(_read_ours, path) if is_ours else self._fetch(path))
        if asset and 0 < len(asset.copies.get("gzip", b"")) < _MOST_FOR_BROTLI:
            task = asyncio.create_task(self._shrink(asset))
            self._shrinking.add(task)
            task.add_done_callback(self._shrinking.discard)
        return asset

    async def _shrink(self, asset: Asset) -> None:
        async with self._one_at_a_time:
            asset.copies["br"] = await asyncio.to_thread(_brotli, asset.copies["gzip"])

    async def _fetch(self, path: str) -> Asset | None:
        """NiceGUI's own answer to a browser without cookies and without compression."""
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(b"host", b"localhost")],
            "client": None,
            "server": None,
            "state": {},
        }
        status, content_type, parts = 0, "", []

        async def receive() -> Message:
            await asyncio.Event().wait()  # this browser never leaves
            raise AssertionError("unreachable")

        async def send(message: Message) -> None:
            nonlocal status, content_type
            if message["type"] == "http.response.start":
                status = message["status"]
                content_type = dict(message["headers"]).get(b"content-type", b"").decode()
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))

        await self.app(scope, receive, send)
        return await asyncio.to_thread(_packed, b"".join(parts), content_type) if status == 200 else None


def _read_ours(path: str) -> Asset | None:
    name = path.removeprefix(OURS).partition("/")[2]
    # only a name that the folder itself lists: a path from a browser never reaches the disk
    if name not in {file.name for file in STATIC.iterdir() if file.is_file()} or asset_url(name) != path:
        return None
    content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return _packed((STATIC / name).read_bytes(), content_type)


def _packed(content: bytes, content_type: str) -> Asset:
    digest = hashlib.sha256(content).hexdigest()[:16]
    if content_type.startswith(_COMPRESSIBLE):
        small = gzip.compress(content, 9, mtime=0)
        if len(small) < len(content):
            return Asset(content_type, digest, {"gzip": small})
    return Asset(content_type, digest, {"identity": content})


def _brotli(packed: bytes) -> bytes:
    return subprocess.run(  # noqa: S603  # nothing in it comes from outside
        [sys.executable, "-I", "-c", _BROTLI],
        input=packed,
        stdout=subprocess.PIPE,
        check=True,
        start_new_session=True,  # Ctrl+C is for the portal
    ).stdout


async def _answer(asset: Asset, scope: Scope, send: Send) -> None:
    request = {name: value.decode("latin-1") for name, value in scope["headers"]}
    accepted = _accepted(asset, request.get(b"accept-encoding", ""))
    # a browser that has kept the file in an encoding it accepts needs no smaller one
    kept = next((name for name in accepted if asset.etag(name) == request.get(b"if-none-match")), None)
    encoding = kept or accepted[0]
    headers = [(b"cache-control", _FOR_A_YEAR), (b"etag", asset.etag(encoding).encode())]
    if "gzip" in asset.copies:
        headers.append((b"vary", b"accept-encoding"))
    if kept:
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    content = asset.copies.get(encoding)
    if content is None:
        content = await asyncio.to_thread(gzip.decompress, asset.copies["gzip"])
    headers += [(b"content-type", asset.content_type.encode()), (b"content-length", str(len(content)).encode())]
    if encoding != "identity":
        headers.append((b"content-encoding", encoding.encode()))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content if scope["method"] == "GET" else b""})


def _accepted(asset: Asset, accept_encoding: str) -> list[str]:
    """Those of our encodings that the browser accepts, the preferred one first; identity if it accepts no other."""
    parts = (_ACCEPTED.fullmatch(part.replace(" ", "").lower()) for part in accept_encoding.split(","))
    named = {"identity": 0.0001} | {part[1]: float(part[2] or 1) for part in parts if part}

    def quality(name: str) -> float:
        return named.get(name, named.get("*", 0))

    ours = [name for name in _SMALLEST_FIRST if name in (*asset.copies, "identity") and quality(name)]
    return sorted(ours, key=quality, reverse=True) or ["identity"]
