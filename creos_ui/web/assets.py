"""Static files from memory: NiceGUI's, compressed once instead of at each visit (100 ms of CPU), and our own folder.

Both have addresses that change with their content, so browsers keep them for a year.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import mimetypes
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


@dataclass(frozen=True)
class Asset:
    content_type: str
    content: bytes  # compressed where that helps
    is_gzip: bool
    etag: str


@cache
def asset_url(name: str) -> str:
    """The address of a file in creos_ui/web/static. FileNotFoundError if there is none."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"{OURS}{digest}/{name}"


class Assets:
    """Answers for static files, and lets everything else through."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._kept: dict[str, asyncio.Task[Asset | None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            path = scope["path"]
            is_ours, is_niceguis = path.startswith(OURS), path.startswith(NICEGUIS) and not path.startswith(_CHANGING)
            if (is_ours or is_niceguis) and (asset := await self._asset(scope, is_ours)):
                return await _answer(asset, scope, send)
        return await self.app(scope, receive, send)

    async def _asset(self, scope: Scope, is_ours: bool) -> Asset | None:
        """From memory, or fetched once however many ask at the same time; what does not exist is not kept."""
        path = scope["path"]
        task = self._kept.get(path)
        if task is None:
            work = asyncio.to_thread(_read_ours, path) if is_ours else self._fetch(path)
            task = self._kept[path] = asyncio.create_task(work)
        try:
            asset = await asyncio.shield(task)
        except Exception:
            self._kept.pop(path, None)
            raise
        if asset is None:
            self._kept.pop(path, None)
        return asset

    async def _fetch(self, path: str) -> Asset | None:
        """Ask NiceGUI itself, as a browser without cookies and without compression would."""
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
    # only a name the folder itself lists: no path of the browser's ever reaches the disk
    if name not in {file.name for file in STATIC.iterdir() if file.is_file()} or asset_url(name) != path:
        return None
    content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return _packed((STATIC / name).read_bytes(), content_type)


def _packed(content: bytes, content_type: str) -> Asset:
    etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    if content_type.startswith(_COMPRESSIBLE):
        small = gzip.compress(content, 9, mtime=0)
        if len(small) < len(content):
            return Asset(content_type, small, True, etag)
    return Asset(content_type, content, False, etag)


async def _answer(asset: Asset, scope: Scope, send: Send) -> None:
    asked = {name: value.decode("latin-1") for name, value in scope["headers"]}
    content, is_gzip = asset.content, asset.is_gzip
    if is_gzip and not _takes_gzip(asked.get(b"accept-encoding", "")):
        content, is_gzip = await asyncio.to_thread(gzip.decompress, content), False
    headers = [(b"cache-control", _FOR_A_YEAR), (b"etag", asset.etag.encode())]
    if asset.is_gzip:
        headers.append((b"vary", b"accept-encoding"))
    if asked.get(b"if-none-match") == asset.etag:
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    headers += [(b"content-type", asset.content_type.encode()), (b"content-length", str(len(content)).encode())]
    if is_gzip:
        headers.append((b"content-encoding", b"gzip"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content if scope["method"] == "GET" else b""})


def _takes_gzip(accept_encoding: str) -> bool:
    for part in accept_encoding.split(","):
        name, _, quality = part.partition(";")
        if name.strip().lower() in ("gzip", "*"):
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
