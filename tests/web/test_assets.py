"""Static files: compressed once, kept in memory, kept by browsers for a year."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
import time

import httpx
import nicegui
import pytest
from starlette.types import Message, Receive, Scope, Send

from creos_ui.web.assets import NICEGUIS, STATIC, Assets, asset_url
from tests.portal import Portal


class Inner:
    """Counts how often it is asked for a file."""

    def __init__(self) -> None:
        self.asked: list[str] = []

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
        await send({"type": "http.response.body", "body": b"let x = 1; " * 1000 if there else b"none"})


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


async def test_a_file_is_fetched_and_compressed_once_however_many_ask() -> None:
    inner = Inner()
    assets = Assets(inner)
    path = f"{NICEGUIS}static/a.js"
    answers = await asyncio.gather(*(get(assets, path, accept_encoding="br, gzip") for _ in range(20)))
    answers.append(await get(assets, path, accept_encoding="gzip"))
    assert inner.asked == [path]
    for status, headers, body in answers:
        assert status == 200
        assert headers[b"content-encoding"] == b"gzip"
        assert headers[b"cache-control"] == b"public, max-age=31536000, immutable"
        assert headers[b"vary"] == b"accept-encoding"
        assert gzip.decompress(body) == b"let x = 1; " * 1000


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "br", "deflate, gzip;q=0.0"])
async def test_who_takes_no_gzip_gets_none(accepted: str) -> None:
    assets = Assets(Inner())
    for _ in range(2):
        _, headers, body = await get(assets, f"{NICEGUIS}static/a.js", accept_encoding=accepted)
        assert b"content-encoding" not in headers
        assert body == b"let x = 1; " * 1000
        assert headers[b"content-length"] == str(len(body)).encode()


async def test_what_does_not_exist_is_not_kept() -> None:
    inner = Inner()
    assets = Assets(inner)
    for number in range(50):
        assert (await get(assets, f"{NICEGUIS}static/{number}"))[0] == 404
    assert assets._kept == {}


async def test_head_and_if_none_match() -> None:
    assets = Assets(Inner())
    path = f"{NICEGUIS}static/a.js"
    _, headers, body = await get(assets, path, "HEAD", accept_encoding="gzip")
    assert body == b""
    assert int(headers[b"content-length"]) > 0
    status, _, body = await get(assets, path, if_none_match=headers[b"etag"].decode())
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
        await get(assets, f"{NICEGUIS}static/a.js")
    assert (await get(assets, f"{NICEGUIS}static/a.js"))[0] == 200


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
            assert answer.headers["content-encoding"] == "gzip", path
    assert total < 400_000
    with httpx.Client() as client:
        since = time.perf_counter()
        for path in paths:
            client.get(portal.url + path)
        assert time.perf_counter() - since < 1
    assert nicegui.__version__ in page
