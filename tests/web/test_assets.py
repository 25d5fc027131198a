"""Static files: compressed once, kept in memory, kept by browsers for a year; by brotli as soon as that is made."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import random
import re
import threading
import time

import brotli
import httpx
import nicegui
import pytest
from starlette.types import Message, Receive, Scope, Send

from creos_ui.web import assets as assets_module
from creos_ui.web.assets import NICEGUIS, STATIC, Assets, asset_url
from tests.portal import Portal

UNPACKED = {b"br": brotli.decompress, b"gzip": gzip.decompress, None: bytes}
PATH = f"{NICEGUIS}static/a.js"
CONTENT = b"let x = 1; " * 1000


class Inner:
    """Counts how often it is asked for a file."""

    def __init__(self, content: bytes = CONTENT) -> None:
        self.asked: list[str] = []
        self.content = content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope["path"])
        await asyncio.sleep(0.01)
        there = scope["path"].endswith(".js")
        await send(
            {
                "type": "http.response.start",
                "status": 200 if there else 404,
                "headers": [(b"content-type", b"text/javascript")],
            }
        )
        await send({"type": "http.response.body", "body": self.content if there else b"none"})


async def get(assets: Assets, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[bytes, bytes], bytes]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": raw}
    await assets(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


async def brotli_made(assets: Assets) -> None:
    await asyncio.wait_for(asyncio.gather(*assets._shrinking, return_exceptions=True), 20)


async def with_brotli(inner: Inner | None = None) -> Assets:
    """Where the brotli copy of PATH is made already."""
    assets = Assets(inner or Inner())
    await get(assets, PATH)
    await brotli_made(assets)
    return assets


async def test_a_file_is_fetched_and_compressed_once_however_many_ask() -> None:
    inner = Inner()
    assets = Assets(inner)
    answers = await asyncio.gather(*(get(assets, PATH, accept_encoding="gzip") for _ in range(20)))
    answers.append(await get(assets, PATH, accept_encoding="gzip"))
    assert inner.asked == [PATH]
    for status, headers, body in answers:
        assert status == 200
        assert headers[b"content-encoding"] == b"gzip"
        assert headers[b"cache-control"] == b"public, max-age=31536000, immutable"
        assert headers[b"vary"] == b"accept-encoding"
        assert gzip.decompress(body) == CONTENT


async def test_gzip_answers_until_brotli_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on, made = threading.Event(), assets_module._brotli

    def slow(packed: bytes) -> bytes:
        assert goes_on.wait(10)
        return made(packed)

    monkeypatch.setattr(assets_module, "_brotli", slow)
    inner = Inner()
    assets = Assets(inner)
    for _ in range(3):  # neither these nor the event loop wait for it
        _, headers, body = await get(assets, PATH, accept_encoding="gzip, deflate, br, zstd")
        assert (headers[b"content-encoding"], gzip.decompress(body)) == (b"gzip", CONTENT)
    goes_on.set()
    await brotli_made(assets)
    _, headers, small = await get(assets, PATH, accept_encoding="gzip, deflate, br, zstd")
    assert (headers[b"content-encoding"], brotli.decompress(small)) == (b"br", CONTENT)
    assert headers[b"content-length"] == str(len(small)).encode()
    assert headers[b"vary"] == b"accept-encoding"
    assert len(small) < len(body)
    assert inner.asked == [PATH]


async def test_brotli_is_made_of_one_file_at_a_time_and_of_no_giant(monkeypatch: pytest.MonkeyPatch) -> None:
    busy, made = threading.Lock(), []

    def alone(packed: bytes) -> bytes:
        assert busy.acquire(blocking=False)
        time.sleep(0.01)
        made.append(packed)
        busy.release()
        return b"small"

    monkeypatch.setattr(assets_module, "_brotli", alone)
    assets = Assets(Inner())
    await asyncio.gather(*(get(assets, f"{NICEGUIS}static/{number}.js") for number in range(5)))
    await brotli_made(assets)
    assert len(made) == 5
    giant = await with_brotli(Inner(random.Random(1).randbytes(200_000).hex().encode()))
    assert (await get(giant, PATH, accept_encoding="br, gzip"))[1][b"content-encoding"] == b"gzip"
    assert len(made) == 5


async def test_gzip_goes_on_where_brotli_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(packed: bytes) -> bytes:
        raise OSError("no process to be had")

    monkeypatch.setattr(assets_module, "_brotli", fails)
    assets = Assets(Inner())
    for path in (PATH, f"{NICEGUIS}static/b.js"):
        await get(assets, path)
        await brotli_made(assets)
        assert (await get(assets, path, accept_encoding="br, gzip"))[1][b"content-encoding"] == b"gzip"


async def test_a_browser_gets_what_it_takes_and_likes_best(subtests: pytest.Subtests) -> None:
    assets = await with_brotli()
    for accepted, encoding in (
        ("br", b"br"),
        ("BR ; q=1.0", b"br"),
        ("*", b"br"),
        ("gzip;q=0.5, br;q=0.9", b"br"),
        ("br;q=0.5, gzip", b"gzip"),
        ("br;q=0, gzip", b"gzip"),
        ("br;q=0, *", b"gzip"),
        ("gzip", b"gzip"),
        ("gzip, xbr", b"gzip"),
        ("gzip, br;q=none", b"gzip"),
        ("", None),
        ("identity", None),
        ("identity, br;q=0.5, gzip;q=0.5", None),
        ("gzip;q=0", None),
        ("br;q=0.000", None),
        ("deflate, gzip;q=0.0", None),
        ("*;q=0", None),
        ("zstd, br;q=0, gzip;q=0, identity;q=0", None),
    ):
        with subtests.test(accepted):
            for _ in range(2):
                _, headers, body = await get(assets, PATH, accept_encoding=accepted)
                assert headers.get(b"content-encoding") == encoding
                assert UNPACKED[encoding](body) == CONTENT
                assert headers[b"content-length"] == str(len(body)).encode()


async def test_a_copy_is_confirmed_to_who_takes_its_encoding_only() -> None:
    assets = await with_brotli()
    tags = {name: (await get(assets, PATH, accept_encoding=name))[1][b"etag"].decode() for name in ("br", "gzip", "")}
    assert len(set(tags.values())) == 3
    for name, tag in tags.items():  # a kept gzip too, when brotli was made since
        status, headers, body = await get(assets, PATH, accept_encoding=f"br, {name}", if_none_match=tag)
        assert (status, headers[b"etag"].decode(), body) == (304, tag, b"")
        assert headers[b"vary"] == b"accept-encoding"
    status, headers, body = await get(assets, PATH, accept_encoding="gzip", if_none_match=tags["br"])
    assert (status, headers[b"content-encoding"], gzip.decompress(body)) == (200, b"gzip", CONTENT)


async def test_what_does_not_become_smaller_stays_as_it_is() -> None:
    assets = await with_brotli(Inner(b"x"))
    status, headers, body = await get(assets, PATH, accept_encoding="br, gzip")
    assert (status, body) == (200, b"x")
    assert not {b"content-encoding", b"vary"} & headers.keys()
    assert (await get(await with_brotli(Inner(b"")), PATH, accept_encoding="br, gzip"))[2] == b""


async def test_what_does_not_exist_is_not_kept() -> None:
    inner = Inner()
    assets = Assets(inner)
    for number in range(50):
        assert (await get(assets, f"{NICEGUIS}static/{number}"))[0] == 404
    assert assets._kept == {}


async def test_head_and_if_none_match() -> None:
    assets = await with_brotli()
    for encoding in ("br", "gzip", ""):
        _, headers, body = await get(assets, PATH, "HEAD", accept_encoding=encoding)
        assert body == b""
        assert headers == (await get(assets, PATH, accept_encoding=encoding))[1]
        assert int(headers[b"content-length"]) > 0
        tag = headers[b"etag"].decode()
        status, _, body = await get(assets, PATH, accept_encoding=encoding, if_none_match=tag)
        assert (status, body) == (304, b"")


async def test_a_failure_is_not_kept() -> None:
    class Failing(Inner):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if not self.asked:
                self.asked.append("once")
                raise OSError("too many open files")
            await super().__call__(scope, receive, send)

    assets = Assets(Failing())
    with pytest.raises(OSError, match="too many"):
        await get(assets, PATH)
    assert (await get(assets, PATH))[0] == 200


def test_our_files_are_named_by_their_content(portal: Portal) -> None:
    url = asset_url("theme.css")
    digest = hashlib.sha256((STATIC / "theme.css").read_bytes()).hexdigest()[:12]
    assert url == f"/assets/{digest}/theme.css"
    answer = httpx.get(portal.url + url)
    assert answer.content == (STATIC / "theme.css").read_bytes()
    assert answer.headers["content-type"].startswith("text/css")
    with pytest.raises(FileNotFoundError):
        asset_url("none.css")


@pytest.mark.parametrize(
    "path", ["/assets/0/theme.css", "/assets/theme.css", "/assets/x/../../guard.py", "/assets/%2e%2e/guard.py"]
)
def test_no_other_address_has_a_file(portal: Portal, path: str) -> None:
    with httpx.Client(base_url=portal.url) as client:
        answer = client.get(httpx.URL(portal.url + path))
    assert answer.status_code in (303, 404)
    assert "Guard" not in answer.text


def test_every_file_of_a_page_is_there_and_compressed(portal: Portal) -> None:
    """All that /login loads; and a second visit costs next to nothing."""
    page = httpx.get(f"{portal.url}/login").text
    paths = set(re.findall(r'(?:src=|@import url\(|rel="stylesheet" href=)"(/(?:_nicegui|assets)/[^"]+)"', page))
    assert len(paths) > 6
    total = 0
    for path in paths:
        answer = httpx.get(portal.url + path)
        assert answer.status_code == 200, path
        total += int(answer.headers["content-length"])
        if int(answer.headers["content-length"]) > 2_000:
            assert answer.headers["content-encoding"] in ("br", "gzip"), path
    assert total < 400_000
    with httpx.Client() as client:
        since = time.perf_counter()
        for path in paths:
            client.get(portal.url + path)
        assert time.perf_counter() - since < 1
        while total > 205_000:  # as soon as brotli has made the last
            assert time.perf_counter() - since < 30, total
            time.sleep(0.2)
            total = sum(int(client.head(portal.url + path).headers["content-length"]) for path in paths)
    assert nicegui.__version__ in page
