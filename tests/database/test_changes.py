"""What one process changes, another one hears of: NOTIFY on PostgreSQL, a table of notices on SQLite."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from creos_ui import live
from creos_ui.database import changes
from creos_ui.database.opening import opened
from creos_ui.database.transactions import atomic, update
from creos_ui.services.invitations import credit
from creos_ui.services.invitations.answering import set_amount
from creos_ui.services.money import ledger
from models import Guardian, SchoolClass
from tests.databases import postgres_database
from tests.postgres import address, postgres_url
from tests.school import School
from tests.stress.processes import ended, start

pytestmark = pytest.mark.slow
SOON = 2.0  # seconds: what a person who looks at two screens is promised


class Ears:
    """Hears of one guardian's changes in this process."""

    def __init__(self, guardian_id: int) -> None:
        self.heard = asyncio.Event()
        self.stop = live.subscribe(guardian_id, self.heard.set)

    async def hear(self, within: float = SOON) -> None:
        await asyncio.wait_for(self.heard.wait(), within)
        self.heard.clear()


async def appear(file: Path) -> None:
    """The parent says go: both processes are ready."""

    def wait() -> None:
        while not file.exists():
            time.sleep(0.01)

    await asyncio.to_thread(wait)


async def prepared(url: str) -> School:
    async with opened(url):
        return await School.open()


@asynccontextmanager
async def watching(url: str) -> AsyncIterator[None]:
    async with opened(url):
        task = asyncio.create_task(changes.watch(url))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def ready(url: str, ears: Ears) -> None:
    """The watch has begun: PostgreSQL's says so to everyone; SQLite's has looked once."""
    if url.startswith("sqlite:"):
        await asyncio.sleep(0)
        await asyncio.to_thread(time.sleep, 0.05)
    else:
        await ears.hear(10)


def test_a_top_up_by_another_process_is_heard(shared_url: str, tmp_path: Path) -> None:
    school, go = asyncio.run(prepared(shared_url)), tmp_path / "go"

    async def the_command_line() -> None:
        await appear(go)
        await credit.top_up(school.nora.id, 300, key="from-another-process", actor="test")

    pid = start(shared_url, the_command_line)

    async def the_portal() -> int:
        async with watching(shared_url):
            nora = Ears(school.nora.id)
            await ready(shared_url, nora)
            go.touch()
            await nora.hear()
            nora.stop()
            return await ledger.balance_cents(school.nora.id)

    try:
        assert asyncio.run(the_portal()) == 2_300, "what is heard has been committed"
    finally:
        go.touch()
        assert ended(pid) == 0


def test_of_another_process_only_those_hear_who_are_named(shared_url: str, tmp_path: Path) -> None:
    """Not of what it undoes, nor of what concerns nobody's page."""
    school, go = asyncio.run(prepared(shared_url)), tmp_path / "go"

    async def the_command_line() -> None:
        async def work(_: Any) -> None:
            live.announce([school.nora.id])
            raise KeyError

        await appear(go)
        with suppress(KeyError):
            await atomic(work)
        await update(Guardian.filter(id=school.nora.id), first_name="Nora")
        await SchoolClass.create(name="3e primaire A")
        await credit.top_up(school.omar.id, 300, key="from-another-process", actor="test")

    pid = start(shared_url, the_command_line)

    async def the_portal() -> bool:
        async with watching(shared_url):
            nora, omar = Ears(school.nora.id), Ears(school.omar.id)
            await ready(shared_url, nora)
            nora.heard.clear()
            omar.heard.clear()
            go.touch()
            await omar.hear()
            return nora.heard.is_set()

    try:
        assert not asyncio.run(the_portal())
    finally:
        go.touch()
        assert ended(pid) == 0


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_who_missed_notices_that_are_gone_looks_for_themselves(
    shared_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "KEPT", 5)
    monkeypatch.setattr(changes, "EVERY", 0.02)
    school, go = asyncio.run(prepared(shared_url)), tmp_path / "go"

    async def the_command_line() -> None:
        await appear(go)
        for number in range(23):
            await credit.top_up(school.omar.id, 1, key=f"from-another-process-{number}", actor="test")

    pid = start(shared_url, the_command_line)

    async def the_portal() -> None:
        async with watching(shared_url):
            await ready(shared_url, Ears(school.omar.id))
            monkeypatch.setattr(live, "has_subscribers", lambda: False)  # nobody has a page open for a while
            go.touch()
            assert await asyncio.to_thread(ended, pid) == 0
            nora = Ears(school.nora.id)
            monkeypatch.undo()
            await nora.hear()
            nora.stop()

    asyncio.run(the_portal())
    with sqlite3.connect(shared_url.removeprefix("sqlite:")) as file:
        ((kept, newest),) = file.execute("SELECT count(*), max(id) FROM change_notice")
    assert newest > 23
    assert 5 <= kept <= 10


def test_what_this_process_changes_is_not_heard_twice(shared_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "EVERY", 0.02)
    school = asyncio.run(prepared(shared_url))

    async def the_portal() -> None:
        async with watching(shared_url):
            nora = Ears(school.nora.id)
            await ready(shared_url, nora)
            invitation = await school.invite(school.lou)
            nora.heard.clear()
            await set_amount(invitation.id, 900)
            await nora.hear()
            with pytest.raises(TimeoutError):
                await nora.hear(0.5)
            nora.stop()

    asyncio.run(the_portal())


@pytest.mark.postgres
def test_a_lost_listener_comes_back_and_everyone_looks_again(tmp_path: Path) -> None:
    async def the_portal() -> None:
        async with postgres_database() as url:
            school = await prepared(url)
            nora = Ears(school.nora.id)
            async with watching(url):
                await ready(url, nora)
                await lose_the_listener(url, school, nora)
            nora.stop()

    async def lose_the_listener(url: str, school: School, nora: Ears) -> None:
        server = await asyncpg.connect(address())
        try:
            name = urlsplit(url).path.lstrip("/")
            ended_ = await server.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = $1 AND application_name = $2",
                name,
                changes.NAME,
            )
            assert ended_ == 1
            await nora.hear()  # whoever might have missed something
            other = await asyncpg.connect(postgres_url(name))
            await other.execute("SELECT pg_notify('creos_changes', $1)", f"somebody:{school.nora.id}")
            await nora.hear()
            for odd in ("", "nonsense", "a:b", "a:1,,2", f"a:{2**70}", ":"):
                await other.execute("SELECT pg_notify('creos_changes', $1)", odd)
            await nora.hear()
            await other.close()
        finally:
            await server.close()

    asyncio.run(the_portal())


@pytest.mark.postgres
def test_a_large_change_says_everyone(tmp_path: Path) -> None:
    async def both() -> None:
        async with postgres_database() as url, opened(url):
            heard: list[str] = []
            listening = await asyncpg.connect(url)
            await listening.add_listener(changes.CHANNEL, lambda *said: heard.append(said[3]))

            async def work(_: Any) -> None:
                live.announce(range(1, 12_001))

            await atomic(work)
            await listening.execute("SELECT 1")
            assert heard == [f"{changes.me()}:{live.EVERYONE}"]
            await listening.close()

    asyncio.run(both())
