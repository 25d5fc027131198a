"""Starting and stopping: exit statuses, a payment under way, open pages after a restart (R56, R66, R67)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import socket
import time
from pathlib import Path

import httpx
import pytest

from creos_ui.keyed_hash import keyed_hash
from tests.portal import NORA, free_port, running_portal, start_portal
from tests.services.signing_in import secret
from tests.web.sockets import plug, press, record, recorded, target_in

__all__ = ["secret"]  # the portal's own, for what it hashes
TRIAL = ["tests.web.trial_pages"]
pytestmark = pytest.mark.served


def fails(folder: Path, **settings: str) -> tuple[int, str]:
    with pytest.raises(AssertionError, match="did not start") as failure:
        start_portal(folder, **settings)
    process = failure.value.args[1]
    return process.returncode, str(failure.value.args[0]).partition("\n")[2]


def test_a_taken_port_is_one_sentence_and_status_2(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        status, said = fails(tmp_path, CREOS_PORT=str(taken.getsockname()[1]))
    assert status == 2
    assert len(said.splitlines()) == 1
    assert "in use" in said


def test_a_database_that_fails_while_starting_is_one_sentence_and_status_3(tmp_path: Path) -> None:
    url = f"postgres://nobody:secret@127.0.0.1:{free_port()}/none"
    status, said = fails(tmp_path, seed="none", CREOS_DATABASE_URL=url)
    assert status == 3
    assert len(said.splitlines()) == 1
    assert "database" in said
    assert "secret" not in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_stops_soon_and_well(tmp_path: Path, number: signal.Signals) -> None:
    portal = start_portal(tmp_path)
    try:
        since = time.monotonic()
        portal.process.send_signal(number)
        assert portal.process.wait(10) == 0
        assert time.monotonic() - since < 5
        assert portal.log() == ""
    finally:
        portal.stop()


async def test_a_payment_under_way_is_booked_before_the_process_ends(tmp_path: Path) -> None:
    portal = start_portal(tmp_path, modules=TRIAL)
    try:
        nora = portal.sign_in(NORA)
        target = target_in(nora, "/trial/payment")
        link = await plug(portal, nora, target.client_id)
        assert link
        await press(link, target)
        assert await recorded(portal, "payment begun") == ["payment begun"]
        portal.process.terminate()
        assert await asyncio.to_thread(portal.process.wait, 10) == 0
        assert record(portal) == ["payment begun", "payment booked"]
        await link.disconnect()
    finally:
        portal.stop()


async def test_after_a_restart_the_session_is_still_there(tmp_path: Path) -> None:
    port = free_port()
    settings = {"CREOS_PORT": str(port), "CREOS_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    portal = start_portal(tmp_path, modules=TRIAL, **settings)
    cookies = dict(portal.sign_in(NORA).cookies)
    assert portal.stop() == 0
    again = start_portal(tmp_path, modules=TRIAL, **settings)
    try:
        with contextlib.closing(httpx.Client(base_url=again.url, cookies=cookies)) as nora:
            assert nora.get("/trial").status_code == 200
            target = target_in(nora)
            link = await plug(again, nora, target.client_id)
            assert link
            await press(link, target)
            assert await recorded(again, "paid by 1") == ["paid by 1"]
            await link.disconnect()
    finally:
        again.stop()


def test_only_the_trusted_proxy_says_where_a_visitor_comes_from(tmp_path: Path, subtests: pytest.Subtests) -> None:
    proxy, second_proxy, stranger, visitor = "127.0.0.3", "127.0.0.4", "127.0.0.5", "198.51.100.7"
    with running_portal(tmp_path, CREOS_TRUSTED_PROXY=f"{proxy},{second_proxy}") as portal:

        def counted_for(peer: str, *forwarded: str) -> str:
            """The address a wrong password is counted for, as the table has it."""
            transport = httpx.HTTPTransport(local_address=peer)
            headers = [("Origin", portal.url), *(("X-Forwarded-For", one) for one in forwarded)]
            with httpx.Client(base_url=portal.url, transport=transport, headers=headers) as client:
                client.post("/login", data={"identifier": "nobody.here", "password": "wrong"})
            ((address_hash,),) = portal.query("SELECT address_hash FROM sign_in_attempt")
            portal.query("DELETE FROM sign_in_attempt")
            return str(address_hash)

        for peer, forwarded, expected in (
            (proxy, [visitor], visitor),
            (proxy, [f"::ffff:{visitor}"], visitor),
            (proxy, [f"{visitor}:4711"], visitor),
            (proxy, [f"203.0.113.9, {visitor}"], visitor),  # the first is what the visitor wrote
            (proxy, ["203.0.113.9", visitor], visitor),
            (proxy, [f"203.0.113.9, {visitor}, {second_proxy}"], visitor),
            (proxy, [f"{visitor}, ::ffff:{second_proxy}"], visitor),
            (proxy, [], proxy),
            (stranger, [visitor], stranger),
            (stranger, [f"{visitor}, {proxy}"], stranger),
            ("127.0.0.1", [visitor], "127.0.0.1"),  # another proxy was set
        ):
            with subtests.test(peer=peer, forwarded=forwarded):
                assert counted_for(peer, *forwarded) == keyed_hash("address", expected)


def test_what_an_import_left_that_was_killed_goes_at_the_start(tmp_path: Path) -> None:
    documents = tmp_path / "data" / "documents" / "arriving"
    documents.mkdir(parents=True)
    orphan, young = documents / f"{'x' * 43}.pdf", documents / f"{'y' * 43}.pdf"
    for path in (orphan, young):
        path.write_bytes(b"%PDF-")
    os.utime(orphan, (0, 0))
    with running_portal(tmp_path) as portal:
        deadline = time.monotonic() + 10
        while orphan.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not orphan.exists()
        assert young.exists()
        assert "removed 1 files" in portal.log()


def test_it_starts_quickly(tmp_path: Path) -> None:
    start_portal(tmp_path).stop()  # creates and seeds the database
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start_portal(tmp_path).stop()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # the processor's time, start and stop: the clock on the wall would also measure what else this machine does
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 3
