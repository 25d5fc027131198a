"""Only a page's own socket, of the page's own session, does anything (R12, R13, R17)."""

from __future__ import annotations

import time
from typing import Any

import pytest
import socketio

from creos_ui import clock
from models import Session
from tests.portal import NORA, OMAR, Portal
from tests.web.sockets import Target, client_id_in, plug, press, record, recorded, target_in, until_closed


async def harmless(portal: Portal, link: socketio.AsyncClient | None, target: Target) -> None:
    """Nothing this socket sends is done: proved by a click of the rightful page that is done after it."""
    if link:
        await press(link, target)
    omar = portal.sign_in(OMAR)
    own = target_in(omar)
    good = await plug(portal, omar, own.client_id)
    assert good
    await press(good, own)
    lines = await recorded(portal, "paid by 2")
    await good.disconnect()
    assert "paid by 1" not in lines


async def test_a_foreign_or_missing_origin_gets_no_socket(portal: Portal) -> None:
    nora = portal.sign_in(NORA)
    target = target_in(nora)
    for origin in ("https://evil.example", None, "null"):
        assert await plug(portal, nora, target.client_id, origin=origin) is None, origin


async def test_a_socket_without_the_session_gets_no_page(portal: Portal) -> None:
    target = target_in(portal.sign_in(NORA))
    link = await plug(portal, None, target.client_id)
    assert link is None
    await harmless(portal, link, target)


async def test_another_persons_session_gets_no_page(portal: Portal) -> None:
    target = target_in(portal.sign_in(NORA))
    assert await plug(portal, portal.sign_in(OMAR), target.client_id) is None


async def test_another_session_of_the_same_person_gets_no_page(portal: Portal) -> None:
    target = target_in(portal.sign_in(NORA))
    assert await plug(portal, portal.sign_in(NORA), target.client_id) is None


async def test_a_good_socket_that_names_another_page_does_nothing(portal: Portal) -> None:
    nora, omar = portal.sign_in(NORA), portal.sign_in(OMAR)
    target = target_in(nora)
    noras = await plug(portal, nora, target.client_id)  # she looks at her page
    omars = await plug(portal, omar, target_in(omar).client_id)
    assert noras
    assert omars
    await press(omars, target)
    await harmless(portal, omars, target)
    await press(noras, target)
    assert "paid by 1" in await recorded(portal, "paid by 1")
    await noras.disconnect()
    await omars.disconnect()


async def test_a_second_handshake_is_not_taken(portal: Portal) -> None:
    """Upstream a connected socket may shake hands with further pages; here only the connection's own query counts."""
    nora, omar = portal.sign_in(NORA), portal.sign_in(OMAR)
    target = target_in(nora)
    omars = await plug(portal, omar, target_in(omar).client_id)
    assert omars
    await omars.emit("handshake", {"client_id": target.client_id, "tab_id": "t", "document_id": "d"})
    await harmless(portal, omars, target)
    await omars.disconnect()


async def test_signing_out_ends_the_other_tab_and_its_later_events_do_nothing(portal: Portal) -> None:
    nora = portal.sign_in(NORA)
    target = target_in(nora)
    other_tab = await plug(portal, nora, target.client_id)
    assert other_tab
    sent: list[str] = []
    other_tab.on("run_javascript", lambda message: sent.append(message["code"]))
    since = time.monotonic()
    assert nora.post("/logout").headers["location"] == "/login"
    assert await until_closed(other_tab, within=2)
    assert time.monotonic() - since < 2
    assert sent == ['location.replace("/login")']
    assert record(portal) == []


async def test_a_session_revoked_by_another_process_is_cut_and_does_nothing(portal: Portal) -> None:
    nora = portal.sign_in(NORA)
    target = target_in(nora)
    link = await plug(portal, nora, target.client_id)
    assert link
    portal.elsewhere(lambda: Session.filter(revoked_at=None).update(revoked_at=clock.now()))
    assert await until_closed(link, within=6)
    assert nora.get("/trial").headers["location"] == "/login?next=/trial"


async def test_an_idle_session_does_nothing_even_before_the_sweep_finds_it(portal: Portal) -> None:
    nora = portal.sign_in(NORA)
    target = target_in(nora)
    link = await plug(portal, nora, target.client_id)
    assert link
    portal.move_clock(seconds=30 * 60 + 1)
    await press(link, target)
    assert await until_closed(link)
    portal.move_clock(seconds=0)
    await harmless(portal, None, target)


async def test_events_keep_a_session_alive_and_heartbeats_do_not(portal: Portal) -> None:
    nora = portal.sign_in(NORA)
    target = target_in(nora)
    link = await plug(portal, nora, target.client_id)
    assert link
    for minutes, clicks in ((29, 1), (58, 2)):
        portal.move_clock(seconds=minutes * 60)
        await press(link, target)
        assert await recorded(portal, "paid by 1", times=clicks) == ["paid by 1"] * clicks
    portal.move_clock(seconds=87 * 60)
    await link.call("ack", {"client_id": target.client_id, "next_message_id": 0})  # returns when it is dealt with
    portal.move_clock(seconds=88 * 60 + 1)  # half an hour after the last click, a minute after the heartbeat
    assert await until_closed(link)


async def test_events_keep_their_order(portal: Portal) -> None:
    nora = portal.sign_in(NORA)
    target = target_in(nora, mark="order")
    link = await plug(portal, nora, target.client_id)
    assert link
    for number in range(30):
        await press(link, target, number)
    lines = await recorded(portal, "step 29")
    assert lines == [f"step {number}" for number in range(30)]
    await link.disconnect()


async def test_a_flood_of_events_closes_the_socket_and_others_still_work(portal: Portal) -> None:
    nora, omar = portal.sign_in(NORA), portal.sign_in(OMAR)
    target, own = target_in(nora), target_in(omar)
    flooding, good = await plug(portal, nora, target.client_id), await plug(portal, omar, own.client_id)
    assert flooding
    assert good
    for _ in range(2000):
        if not flooding.connected:
            break
        await press(flooding, target)
    assert await until_closed(flooding)
    times = []
    for _ in range(10):
        since = time.monotonic()
        assert omar.get("/trial").status_code == 200
        times.append(time.monotonic() - since)
    await press(good, own)
    lines = await recorded(portal, "paid by 2")
    assert lines.count("paid by 2") == 1
    assert lines.count("paid by 1") <= 45  # two seconds' worth, and what came while it was counted
    assert sorted(times)[-1] < 0.3
    await good.disconnect()


async def test_a_megabyte_a_second_closes_the_socket(portal: Portal) -> None:
    nora = portal.sign_in(NORA)
    target = target_in(nora, mark="order")
    link = await plug(portal, nora, target.client_id)
    assert link
    for _ in range(4):
        if link.connected:
            await press(link, target, "x" * 800_000)
    assert await until_closed(link)


async def test_malformed_messages_change_nothing(portal: Portal, subtests: pytest.Subtests) -> None:
    nora = portal.sign_in(NORA)
    messages: list[Any] = [
        None,
        7,
        [],
        {},
        {"client_id": []},
        {"client_id": "{}"},
        {"client_id": "OWN"},
        {"client_id": "OWN", "id": [], "listener_id": {}},
        {"client_id": "OWN", "id": 1, "args": "x"},
    ]
    for number, message in enumerate(messages, 1):
        with subtests.test(message=message):
            target = target_in(nora)
            link = await plug(portal, nora, target.client_id)  # one each: so many messages would be a flood
            assert link
            if isinstance(message, dict) and message.get("client_id") == "OWN":
                message = {**message, "client_id": target.client_id}
            for name in ("event", "ack", "javascript_response", "log", "handshake"):
                await link.emit(name, message)
            await press(link, target)
            assert await recorded(portal, "paid by 1", times=number) == ["paid by 1"] * number
            assert "Traceback" not in portal.log()
            await link.disconnect()


async def test_the_sign_in_page_has_its_socket_too(portal: Portal) -> None:
    visitor = portal.client()
    link = await plug(portal, visitor, client_id_in(visitor.get("/login").text))
    assert link, "refusing it makes the page reload for ever"
    await link.disconnect()


def test_only_a_websocket_reaches_the_socket(portal: Portal) -> None:
    nora = portal.sign_in(NORA)
    for method in ("GET", "POST"):
        answer = nora.request(method, "/_nicegui_ws/socket.io/?EIO=4&transport=polling")
        assert answer.status_code == 403
