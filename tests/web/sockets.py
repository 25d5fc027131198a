"""A browser's socket, made by hand: it can name any page and send anything."""

from __future__ import annotations

import asyncio
import html
import json
import re
import uuid
from dataclasses import dataclass
from typing import Any

import httpx
import socketio

from tests.portal import Portal


@dataclass(frozen=True)
class Target:
    """All that an attacker could read in a page: its id, one element, and that element's listener."""

    client_id: str
    element: int
    listener: str


def target_in(client: httpx.Client, path: str = "/trial", mark: str = "pay") -> Target:
    """Open the page, and find the element with this data-testid."""
    text = client.get(path).text
    for number, element in elements_in(text).items():
        if element.get("props", {}).get("data-testid") == mark:
            events = element.get("events") or [{"listener_id": ""}]
            return Target(client_id_in(text), int(number), events[0]["listener_id"])
    raise AssertionError(f"no {mark} in {path}")


def elements_in(page: str) -> dict[str, Any]:
    """What a page is made of, by number."""
    raw = re.search(r"parseElements\(String\.raw`(.*?)`\)", page, re.S)
    assert raw, page
    elements: dict[str, Any] = json.loads(html.unescape(raw[1].replace("&#36;", "$").replace("&#96;", "`")))
    return elements


def client_id_in(page: str) -> str:
    found = re.search(r"client_id['\"]?: ['\"]([0-9a-f-]{36})", page)
    assert found, page
    return found[1]


async def plug(
    portal: Portal, client: httpx.Client | None, client_id: str, *, origin: str | None = "", tab: str = ""
) -> socketio.AsyncClient | None:
    """A socket with this browser's cookies that names a page; None where the portal does not take it.

    `origin`: "" is the portal's own, None sends none.
    """
    link = socketio.AsyncClient(reconnection=False)
    query = (
        f"client_id={client_id}&next_message_id=0&implicit_handshake=true"
        f"&document_id={uuid.uuid4()}&tab_id={tab or uuid.uuid4()}"
    )
    headers = {} if origin is None else {"Origin": origin or portal.url}
    if client:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    try:
        await link.connect(
            f"{portal.url}/?{query}",
            headers=headers,
            transports=["websocket"],
            socketio_path="/_nicegui_ws/socket.io",
            wait_timeout=5,
        )
    except socketio.exceptions.ConnectionError:
        return None
    return link


async def press(link: socketio.AsyncClient, target: Target, *args: Any) -> None:
    message = {
        "id": target.element,
        "client_id": target.client_id,
        "listener_id": target.listener,
        "args": [json.dumps(arg) for arg in args],
    }
    await link.emit("event", message)


async def recorded(portal: Portal, wanted: str, *, times: int = 1, within: float = 5) -> list[str]:
    """The lines of the record, once `wanted` is among them so many times (or the seconds are over)."""
    for _ in range(int(within / 0.02)):
        if record(portal).count(wanted) >= times:
            break
        await asyncio.sleep(0.02)
    return record(portal)


def record(portal: Portal) -> list[str]:
    return (portal.folder / "record").read_text().splitlines()


async def until_closed(link: socketio.AsyncClient, *, within: float = 5) -> bool:
    """True once the portal has closed this socket."""
    for _ in range(int(within / 0.02)):
        if not link.connected:
            return True
        await asyncio.sleep(0.02)
    return False
