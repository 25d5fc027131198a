"""Another program holds a whole table on PostgreSQL: pages say so within seconds, and the operator is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from creos_ui.texts import t
from tests.databases import postgres_database
from tests.portal import NORA, Portal, running_portal
from tests.web.sockets import plug, press, target_in

pytestmark = [pytest.mark.served, pytest.mark.slow]
SAID = t("fault.503_text", "fr")
AT_ONCE = 14  # more than the pool has connections
LONGEST = 8.0  # seconds until each is answered; six at most on a quiet machine


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with postgres_database() as found:
        yield found


@pytest.fixture
async def portal(url: str, tmp_path: Path) -> AsyncIterator[Portal]:
    with running_portal(tmp_path, modules=["tests.web.trial_pages"], CREOS_DATABASE_URL=url) as portal:
        yield portal


@pytest.mark.parametrize(("table", "path"), [("invitation", "/invitations"), ("account", "/profile")])
async def test_pages_that_read_a_held_table_say_so_and_the_operator_is_told_once(
    portal: Portal, url: str, table: str, path: str
) -> None:
    nora = portal.sign_in(NORA)
    holder = await asyncpg.connect(url)
    await holder.execute(f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    begun = time.monotonic()
    async with httpx.AsyncClient(base_url=portal.url, cookies=dict(nora.cookies), timeout=30) as many:
        answers = await asyncio.gather(*(many.get(path) for _ in range(AT_ONCE)))
    assert time.monotonic() - begun < LONGEST
    assert {(answer.status_code, SAID in answer.text) for answer in answers} == {(503, True)}
    health = portal.client().get("/healthz")
    assert (health.status_code, health.text) == (503, "read-only")
    await holder.execute("ROLLBACK")
    await holder.close()
    assert nora.get(path).status_code == 200
    log = portal.log()
    assert "Traceback" not in log
    assert log.count("the database refuses what it is asked") == 1, log


async def test_whose_session_it_is_cannot_be_read_and_that_is_said(portal: Portal, url: str) -> None:
    nora = portal.sign_in(NORA)
    target = target_in(nora, "/trial/faults", "busy")
    holder = await asyncpg.connect(url)
    await holder.execute("BEGIN; LOCK TABLE session IN ACCESS EXCLUSIVE MODE")
    answer = await asyncio.to_thread(nora.get, "/invitations")
    assert (answer.status_code, SAID in answer.text) == (503, True)
    assert await plug(portal, nora, target.client_id) is None
    await holder.execute("ROLLBACK")
    await holder.close()
    socket = await plug(portal, nora, target.client_id)
    assert socket, "the browser came back"
    await socket.disconnect()
    log = portal.log()
    assert "unexpected in http" not in log
    assert "unexpected in websocket" not in log


async def test_a_database_too_busy_for_a_page_is_a_sentence(portal: Portal) -> None:
    nora = portal.sign_in(NORA)
    for path in ("/trial/busy", "/trial/busy-route"):
        answer = nora.get(path)
        assert answer.status_code == 503
        assert "Le portail est momentanément indisponible" in answer.text
    assert "Traceback" not in portal.log()


async def test_a_click_that_the_database_does_not_let_through_says_so(portal: Portal) -> None:
    nora = portal.sign_in(NORA)
    target = target_in(nora, "/trial/faults", "busy")
    socket = await plug(portal, nora, target.client_id)
    assert socket
    said: asyncio.Queue[Any] = asyncio.Queue()
    socket.on("notify", said.put)
    await press(socket, target)
    notice = await asyncio.wait_for(said.get(), 10)
    assert notice["message"] == t("error.busy", "fr")
    await socket.disconnect()
    assert "Traceback" not in portal.log()
