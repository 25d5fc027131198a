"""A database that is busy or gone in the middle of a payment: a sentence, never a duplicate, and it recovers (R58)."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from creos_ui.database import refusing, transactions
from creos_ui.database.opening import opened
from creos_ui.database.safe_sqlite import SafeWrapper
from creos_ui.errors import Busy, NotKnown, NotRecorded
from creos_ui.services.invitations import credit
from creos_ui.services.invitations.listing import Tab, Wanted, page_of_invitations
from creos_ui.services.money import ledger
from models import Transfer
from tests.database.interrupting import disturbed
from tests.databases import fresh_url
from tests.postgres import admin
from tests.school import School, new_key

sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
postgres_only = pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)


@pytest.fixture
async def shared(database_kind: str, tmp_path: Path) -> AsyncIterator[Any]:
    async with fresh_url(database_kind, tmp_path) as url, opened(url) as connection:
        yield connection


@pytest.fixture
async def family(shared: Any) -> School:
    """The cast, in a database that others can reach too."""
    return await School.open()


class Pauses:
    """Stands for the random pauses between two tries: they take no time, and after the n-th something happens."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.then: dict[int, Callable[[], object]] = {}
        monkeypatch.setattr(random, "uniform", self._pause)

    def _pause(self, least: float, most: float) -> float:
        self.count += 1
        if self.count in self.then:
            self.then[self.count]()
        return 0


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> Pauses:
    return Pauses(monkeypatch)


# SQLite: another program holds the write lock


@pytest.fixture
async def holder(shared: Any, tmp_path: Path) -> AsyncIterator[sqlite3.Connection]:
    """Another program on the same file; the portal does not wait long for it."""
    await shared.execute_query("PRAGMA busy_timeout = 10")
    connection = sqlite3.connect(tmp_path / "creos.db", isolation_level=None, timeout=0)
    yield connection
    connection.close()


@sqlite_only
async def test_a_busy_database_is_waited_for(family: School, holder: sqlite3.Connection, pauses: Pauses) -> None:
    invitation = await family.invite(family.lou)
    holder.execute("BEGIN IMMEDIATE")
    pauses.then[3] = lambda: holder.execute("ROLLBACK")
    await family.pay(invitation)
    assert pauses.count == 3
    assert await family.balance_cents(family.nora) == 1_500


@sqlite_only
async def test_a_database_busy_for_too_long_takes_nothing_and_the_same_click_works_later(
    family: School, holder: sqlite3.Connection, pauses: Pauses
) -> None:
    invitation, key = await family.invite(family.lou), new_key()
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(NotRecorded):
        await family.pay(invitation, key=key)
    assert pauses.count == transactions.ATTEMPTS - 1
    page = await page_of_invitations(family.nora.id, Wanted())  # reading goes on
    assert [line.status for line in page.lines] == ["open"]
    assert await family.balance_cents(family.nora) == 2_000

    holder.execute("ROLLBACK")
    assert await family.pay(invitation, key=key) == await family.pay(invitation, key=key)
    assert await family.balance_cents(family.nora) == 1_500


@sqlite_only
async def test_a_writer_that_waits_for_another_program_holds_up_no_reader(
    shared: Any, family: School, holder: sqlite3.Connection
) -> None:
    await shared.execute_query("PRAGMA busy_timeout = 30000")  # the writer's thread stands still in its BEGIN
    invitation = await family.invite(family.lou)
    holder.execute("BEGIN IMMEDIATE")
    paying = asyncio.create_task(family.pay(invitation))
    async with asyncio.timeout(5):
        for _ in range(50):
            page = await page_of_invitations(family.nora.id, Wanted())
            assert [line.status for line in page.lines] == ["open"]
    assert not paying.done()
    holder.execute("ROLLBACK")
    await paying
    page = await page_of_invitations(family.nora.id, Wanted(tab=Tab.ALL))  # the reader sees the commit at once
    assert [line.status for line in page.lines] == ["paid"]


@sqlite_only
async def test_the_connection_for_reading_writes_nothing(shared: Any, family: School) -> None:
    await family.balance_cents(family.nora)
    reader = await shared.open_reader()
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await reader.execute("UPDATE guardian SET last_name = 'x'")


@sqlite_only
async def test_a_top_up_during_that_time_can_be_sent_again(
    family: School, holder: sqlite3.Connection, pauses: Pauses
) -> None:
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy):
        await credit.top_up(family.nora.id, 100, key="bank-line-number-1", actor="test")
    holder.execute("ROLLBACK")
    for _ in range(2):
        await credit.top_up(family.nora.id, 100, key="bank-line-number-1", actor="test")
    assert await family.balance_cents(family.nora) == 2_100


@sqlite_only
async def test_a_lock_that_is_not_let_go_is_told_to_the_operator(
    family: School,
    holder: sqlite3.Connection,
    pauses: Pauses,
    nothing_refused: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    invitation = await family.invite(family.lou)
    holder.execute("BEGIN IMMEDIATE")
    for _ in range(2):
        with pytest.raises(Busy):
            await family.decline(invitation)
    assert refusing.lately()
    (line,) = [message for message in caplog.messages if "refuses" in message]
    assert line.endswith(": database is locked")


# PostgreSQL: the connection breaks


@postgres_only
async def test_the_connection_breaks_at_any_moment_of_a_payment(family: School, shared: Any) -> None:
    """Whatever the parent is told is true, the same click succeeds at once, and there is one payment."""
    (row,) = await shared.execute_query_dict("SELECT current_database() AS name")

    async def restart() -> None:
        await admin(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{row['name']}'")

    told_no = told_yes = 0
    for moment in range(1, 30):
        happened = asyncio.Event()

        async def fault(happened: asyncio.Event = happened) -> None:
            happened.set()
            await restart()

        invitation, key = await family.invite(family.lou, price_cents=1), new_key()
        try:
            await disturbed(family.pay(invitation, key=key), moment, fault)
            told_yes += 1
            assert await Transfer.filter(key=key).count() == 1
        except NotRecorded:
            told_no += 1
            assert await Transfer.filter(key=key).count() == 0
        await family.pay(invitation, key=key)
        assert await family.balance_cents(family.nora) == 2_000 - moment
        if not happened.is_set():
            break
    assert not happened.is_set()
    assert told_no > 0
    assert told_yes > 1


async def test_a_commit_whose_answer_is_lost_is_found_by_its_key(
    family: School, monkeypatch: pytest.MonkeyPatch, database_kind: str
) -> None:
    """The database has committed, but its answer never arrives: the parent is told that it is paid, for it is."""
    invitation = await family.invite(family.lou)
    lost = asyncio.Event()
    if database_kind == "sqlite":
        commit = SafeWrapper.commit

        async def commit_and_break(transaction: SafeWrapper) -> None:
            await commit(transaction)
            if not lost.is_set():
                lost.set()
                raise sqlite3.OperationalError("disk I/O error")

        monkeypatch.setattr(SafeWrapper, "commit", commit_and_break)
    else:
        execute = asyncpg.Connection.execute

        async def execute_and_break(connection: Any, query: str, *args: Any, **options: Any) -> Any:
            result = await execute(connection, query, *args, **options)
            if query.startswith("COMMIT") and not lost.is_set():
                lost.set()
                raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
            return result

        monkeypatch.setattr(asyncpg.Connection, "execute", execute_and_break)

    (transfer,) = await family.pay(invitation)

    assert lost.is_set()
    assert transfer.amount_cents == 500
    assert await family.balance_cents(family.nora) == 1_500


async def test_nothing_answers_any_more_and_nobody_is_told_that_it_is_paid_or_that_it_is_not(
    family: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the payment nor the look for its key get through."""
    invitation, key = await family.invite(family.lou), new_key()

    async def gone(*_: Any, **__: Any) -> Any:
        raise ConnectionRefusedError

    with monkeypatch.context() as outage:
        outage.setattr(ledger, "atomic", gone)
        outage.setattr(ledger, "_done", gone)
        with pytest.raises(NotKnown):
            await family.pay(invitation, key=key)
    await family.pay(invitation, key=key)
    assert await family.balance_cents(family.nora) == 1_500
