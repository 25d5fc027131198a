"""A lock that one task of all processes has, until its block or its process ends."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from creos_ui.database import lock, safe_asyncpg
from creos_ui.database.opening import opened
from creos_ui.database.safe_asyncpg import KEPT_FOR_READING
from tests.databases import connected, fresh_url, postgres_database
from tests.stress.processes import Notes, kill, start


async def test_one_task_has_it_and_nobody_waits(database_kind: str, tmp_path: Path) -> None:
    async with fresh_url(database_kind, tmp_path) as url:
        await connected(url)
        async with lock.held("sending") as mine, lock.held("sending") as theirs, lock.held("else") as other:
            assert [mine, theirs, other] == [True, False, True]
        for _ in range(20):  # more often than the pool has connections
            async with lock.held("sending") as again:
                assert again
            with pytest.raises(RuntimeError):
                async with lock.held("sending"):
                    raise RuntimeError


@pytest.mark.postgres
async def test_who_holds_it_takes_no_connection_that_is_kept_for_reading() -> None:
    async with postgres_database() as url:
        client, over = await connected(url), asyncio.Event()
        begun = asyncio.Semaphore(0)

        async def transaction() -> None:
            async with in_transaction("default"):
                begun.release()
                await over.wait()

        async with lock.held("sending") as held:
            assert held
            waiting = [asyncio.create_task(transaction()) for _ in range(client.pool_maxsize)]
            async with asyncio.timeout(10):
                for _ in range(client.pool_maxsize - KEPT_FOR_READING - 1):
                    await begun.acquire()
            async with client.acquire_connection() as one, client.acquire_connection() as two:
                assert [await one.fetchval("SELECT 1"), await two.fetchval("SELECT 2")] == [1, 2]
            over.set()
            await asyncio.gather(*waiting)


@pytest.mark.postgres
async def test_where_all_connections_are_in_use_it_is_not_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    async with postgres_database() as url:
        client = await connected(url)
        taken = [await client.take_for_transaction() for _ in range(client.pool_maxsize - KEPT_FOR_READING)]
        monkeypatch.setattr(safe_asyncpg, "LONGEST_WAIT", 0.05)
        async with lock.held("sending") as held:
            assert not held
        monkeypatch.undo()
        for connection in taken:
            await client.give_back(connection)
        async with lock.held("sending") as held:
            assert held


@pytest.mark.slow
def test_a_process_has_it_until_it_dies(shared_url: str, tmp_path: Path) -> None:
    notes = Notes(tmp_path / "notes")

    async def another_process() -> None:
        async with lock.held("sending") as held:
            notes.write(str(held))
            await asyncio.sleep(60)

    async def here() -> Any:
        async with opened(shared_url), lock.held("sending") as held:
            return held

    pid = start(shared_url, another_process)
    try:
        _until(lambda: notes.lines() == ["True"])
        assert asyncio.run(here()) is False
    finally:
        kill(pid)
    _until(lambda: asyncio.run(here()))


def _until(come: Any) -> None:
    deadline = time.monotonic() + 20
    while not come():
        assert time.monotonic() < deadline
        time.sleep(0.02)
