"""Several processes that start on a database at once: one brings it up to date, the others wait and find it done."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tortoise.connection import get_connection
from tortoise.migrations.api import migrate

from creos_ui.commands.data_folder import with_database
from creos_ui.database import migrating
from creos_ui.database.config import SERVER_SETTINGS, connect
from creos_ui.database.opening import opened
from models import SchoolClass
from tests.stress.processes import Notes, ended, start

STARTS = 4


@asynccontextmanager
async def held(url: str, folder: Path) -> AsyncIterator[None]:
    """Another process is bringing it up to date."""
    if url.startswith("sqlite:"):
        descriptor = os.open(folder, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
        os.close(descriptor)
        return
    connection = await connect(url, "test")
    await connection.execute(f"SELECT pg_advisory_lock({migrating.LOCK})")
    yield
    await connection.close()


class Monitor(logging.Handler):
    """Sets `said` when something is logged."""

    def __init__(self, said: asyncio.Event) -> None:
        super().__init__()
        self.said = said

    def emit(self, record: logging.LogRecord) -> None:
        self.said.set()


@pytest.mark.slow
def test_of_first_starts_at_once_one_makes_the_tables_and_all_serve(empty_url: str, tmp_path: Path) -> None:
    names = Notes(tmp_path / "names")

    async def use() -> None:
        names.write((await SchoolClass.create(name=f"class of {os.getpid()}")).name)

    pids = [start(empty_url, use) for _ in range(STARTS)]
    assert [ended(pid) for pid in pids] == [0] * STARTS

    async def all_there() -> None:
        async with opened(empty_url):
            assert {one.name for one in await SchoolClass.all()} == set(names.lines())

    asyncio.run(all_there())
    assert len(names.lines()) == STARTS


def test_who_waits_says_so_and_then_opens(empty_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def open_while_held() -> None:
        said = asyncio.Event()
        monitor = Monitor(said)
        migrating.log.addHandler(monitor)
        try:
            async with held(empty_url, tmp_path):
                opening = asyncio.create_task(use())
                await asyncio.wait_for(said.wait(), 30)
                assert not opening.done()
            await opening
        finally:
            migrating.log.removeHandler(monitor)

    async def use() -> None:
        async with opened(empty_url):
            await SchoolClass.create(name="3e primaire A")

    asyncio.run(open_while_held())
    assert [record.message for record in caplog.records if "waiting" in record.message] == [
        "another process is bringing the database up to date: waiting for it"
    ]


@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_migrations_and_commands_have_limits_of_their_own_and_the_portal_its_own(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, str]] = []

    async def limits() -> dict[str, str]:
        connection = get_connection("default")
        return {
            name: (await connection.execute_query_dict(f"SHOW {name}"))[0][name]
            for name in ("lock_timeout", "statement_timeout")
        }

    async def watched(**options: Any) -> None:
        await migrate(**options)
        seen.append(await limits())

    async def open_once() -> None:
        async with opened(empty_url):
            seen.append(await limits())

    monkeypatch.setattr(migrating, "migrate", watched)
    asyncio.run(open_once())
    patient = {"lock_timeout": "1min", "statement_timeout": "0"}
    assert seen == [patient, SERVER_SETTINGS]
    assert with_database(empty_url, limits()) == patient
