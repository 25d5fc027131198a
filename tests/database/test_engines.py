"""One test per repair of creos_ui/database/safe_sqlite.py and safe_asyncpg.py; each fails on the stock engine."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.exceptions import IntegrityError, OperationalError, TransactionManagementError
from tortoise.transactions import in_transaction

from creos_ui.database.config import config, sqlite_url
from creos_ui.database.opening import close_database, opened
from creos_ui.database.safe_asyncpg import Retry
from creos_ui.database.transactions import atomic, execute
from models import Pupil, SchoolClass
from tests.database.interrupting import CUT, interrupted
from tests.databases import fresh_url
from tests.postgres import admin

sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
postgres_only = pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
POOL = 8  # connections of the PostgreSQL pool
PATIENCE = 10  # seconds: never waited for, unless something hangs


@pytest.fixture
async def shared(database_kind: str, tmp_path: Path) -> AsyncIterator[Any]:
    """The portal's connection to a database that others can open too."""
    async with fresh_url(database_kind, tmp_path) as url, opened(url) as connection:
        yield connection


@pytest.fixture
def stranger(database_kind: str, tmp_path: Path) -> Callable[[], sqlite3.Connection]:
    """Another program on the same SQLite file, that does not wait."""

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(tmp_path / "creos.db", isolation_level=None, timeout=0)

    return connect


async def names() -> list[str]:
    found: list[Any] = await SchoolClass.all().order_by("name").values_list("name", flat=True)
    return found


async def two_classes(first: str, second: str) -> None:
    async with in_transaction("default"):
        await SchoolClass.create(name=first)
        await SchoolClass.create(name=second)


async def still_alive() -> None:
    """Twice as many transactions at once as there are connections: all get through."""
    many = [two_classes(f"alive {n}", f"and well {n}") for n in range(2 * POOL)]
    await asyncio.wait_for(asyncio.gather(*many), PATIENCE)


# safe_sqlite 1


@sqlite_only
async def test_a_transaction_holds_the_write_lock_from_its_first_moment(
    shared: Any, stranger: Callable[[], sqlite3.Connection]
) -> None:
    """So reading and then writing never finds that somebody else wrote in between."""
    other = stranger()
    async with in_transaction("default"):
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.close()


# safe_sqlite 2, safe_asyncpg 1


async def test_cancelled_while_entering_nothing_stays_locked_and_no_connection_is_lost(shared: Any) -> None:
    for attempt in range(POOL + 2):
        for suspension in range(1, 9):
            work = two_classes(f"{attempt} {suspension} a", f"{attempt} {suspension} b")
            await asyncio.wait_for(interrupted(work, suspension), PATIENCE)
    await still_alive()


# safe_sqlite 3


@sqlite_only
async def test_the_leftovers_of_a_wreck_are_rolled_back_never_committed(db: Any) -> None:
    await db.execute_query("BEGIN")
    await SchoolClass.create(name="leftover")
    await two_classes("kept", "kept too")
    assert await names() == ["kept", "kept too"]


# safe_sqlite 4


@sqlite_only
async def test_a_commit_that_fails_leaves_nothing_open(shared: Any, stranger: Callable[[], sqlite3.Connection]) -> None:
    async def into_no_class(connection: Any) -> None:
        await connection.execute_query("PRAGMA defer_foreign_keys = ON")
        await Pupil.create(last_name="A", first_name="B", name_key="c", school_class_id=99)

    with pytest.raises(IntegrityError):
        await one_try(into_no_class)
    await SchoolClass.create(name="after")
    other = stranger()
    assert other.execute("SELECT name FROM school_class").fetchall() == [("after",)]
    assert other.execute("SELECT count(*) FROM pupil").fetchone() == (0,)
    other.close()


async def test_cancelled_anywhere_a_transaction_is_whole_or_nothing_and_the_next_one_works(shared: Any) -> None:
    whole = nothing = 0
    for suspension in range(1, 100):
        before = await names()
        outcome = await interrupted(two_classes(f"{suspension} a", f"{suspension} b"), suspension)
        gained = len(await asyncio.wait_for(names(), PATIENCE)) - len(before)
        assert gained in (0, 2)
        whole, nothing = whole + (gained == 2), nothing + (gained == 0)
        await asyncio.wait_for(two_classes(f"{suspension} c", f"{suspension} d"), PATIENCE)
        if outcome is not CUT:
            assert gained == 2
            break
    assert nothing >= 3  # it was cancelled in the beginning,
    assert whole > 0  # and it came to its end


# safe_sqlite 5, safe_asyncpg 2


@pytest.mark.parametrize("nested", [False, True], ids=["plain", "nested"])
async def test_a_task_that_outlives_its_transaction_writes_nowhere(shared: Any, nested: bool) -> None:
    over = asyncio.Event()

    async def later() -> None:
        await over.wait()
        await SchoolClass.create(name="stray")

    async with in_transaction("default"):
        if nested:
            async with in_transaction("default"):
                task = asyncio.create_task(later())
        else:
            task = asyncio.create_task(later())
    over.set()
    with pytest.raises(TransactionManagementError):
        await task
    assert await names() == []


# safe_sqlite 6


@sqlite_only
async def test_a_cancelled_bulk_create_leaves_no_transaction_open(
    shared: Any, stranger: Callable[[], sqlite3.Connection]
) -> None:
    other = stranger()
    for suspension in range(1, 30):
        outcome = await interrupted(
            SchoolClass.bulk_create([SchoolClass(name=f"{suspension} {n}") for n in range(50)]), suspension
        )
        await asyncio.wait_for(SchoolClass.create(name=f"after {suspension}"), PATIENCE)
        seen = "SELECT count(*) FROM school_class WHERE name = ?"
        assert other.execute(seen, (f"after {suspension}",)).fetchone() == (1,)
        if outcome is not CUT:
            break
    assert suspension > 3
    assert outcome is None
    other.close()


# safe_sqlite 7


async def test_the_row_count_is_the_statements_own(db: Any, database_kind: str) -> None:
    await SchoolClass.create(name="3e primaire A")
    if database_kind == "sqlite":
        await db.execute_query("CREATE TABLE noise (n INT)")
        await db.execute_query(
            "CREATE TRIGGER noisy AFTER UPDATE ON school_class BEGIN INSERT INTO noise VALUES (1), (2); END"
        )
    assert await SchoolClass.filter(name="3e primaire A").update(name="3e primaire B") == 1
    assert await SchoolClass.filter(name="nowhere").update(name="3e primaire C") == 0
    assert await atomic(lambda c: execute(c, "UPDATE school_class SET name = $1", "3e primaire D")) == 1


# safe_sqlite 8


@sqlite_only
async def test_a_first_connection_that_fails_can_be_tried_again_with_all_its_pragmas(
    database_kind: str, tmp_path: Path, stranger: Callable[[], sqlite3.Connection]
) -> None:
    other = stranger()
    other.execute("CREATE TABLE x (y)")
    other.execute("BEGIN EXCLUSIVE")
    settings = config(sqlite_url(tmp_path))
    settings["connections"]["default"]["credentials"]["busy_timeout"] = 10
    await Tortoise.init(config=settings, _enable_global_fallback=True)
    try:
        connection = get_connection("default")
        for _ in range(2):
            with pytest.raises(OperationalError, match="locked"):
                await asyncio.wait_for(connection.execute_query("SELECT * FROM x"), PATIENCE)
            with pytest.raises(OperationalError, match="locked"):
                async with asyncio.timeout(PATIENCE), in_transaction("default"):
                    pass
        other.close()
        for pragma, value in (("foreign_keys", 1), ("synchronous", 2), ("journal_mode", "wal")):
            rows = (await asyncio.wait_for(connection.execute_query(f"PRAGMA {pragma}"), PATIENCE))[1]
            assert rows[0][0] == value
    finally:
        await close_database()


# safe_asyncpg 3


class Meeting:
    """Two who wait for each other, the first time they come."""

    def __init__(self) -> None:
        self.visits, self._both_there = 0, asyncio.Event()

    async def both(self) -> None:
        self.visits += 1
        if self.visits == 2:
            self._both_there.set()
        await self._both_there.wait()


def crossing(first: int, second: int, met: Meeting) -> Callable[[Any], Awaitable[None]]:
    """Lock two rows, and between them meet the one who locks them the other way round."""

    async def work(connection: Any) -> None:
        await execute(connection, "SET LOCAL deadlock_timeout = '20ms'")
        await execute(connection, "UPDATE school_class SET name = name WHERE id = $1", first)
        await met.both()
        await execute(connection, "UPDATE school_class SET name = name WHERE id = $1", second)

    return work


async def one_try(work: Callable[[Any], Awaitable[None]]) -> None:
    async with in_transaction("default") as connection:
        await work(connection)


@postgres_only
async def test_a_deadlock_asks_for_another_try(db: Any) -> None:
    one, two = [(await SchoolClass.create(name=name)).id for name in ("a", "b")]
    met = Meeting()
    outcomes = await asyncio.gather(
        one_try(crossing(one, two, met)), one_try(crossing(two, one, met)), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "Retry"]


@postgres_only
async def test_a_deadlock_is_tried_again_by_atomic(db: Any) -> None:
    one, two = [(await SchoolClass.create(name=name)).id for name in ("a", "b")]
    met = Meeting()
    await asyncio.gather(atomic(crossing(one, two, met)), atomic(crossing(two, one, met)))
    assert met.visits == 3  # one of them came back


@postgres_only
async def test_a_serialization_failure_at_commit_asks_for_another_try(db: Any) -> None:
    async def count_then_add(name: str, met: Meeting) -> None:
        async with in_transaction("default") as connection:
            await connection.execute_query("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
            await SchoolClass.all().count()
            await SchoolClass.create(name=name)
            await met.both()

    met = Meeting()
    outcomes = await asyncio.gather(count_then_add("a", met), count_then_add("b", met), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "Retry"]


@postgres_only
async def test_a_lock_that_is_not_to_be_had_asks_for_another_try(db: Any) -> None:
    row = await SchoolClass.create(name="a")
    touch = "UPDATE school_class SET name = name WHERE id = $1"

    async def impatient(connection: Any) -> None:
        await execute(connection, "SET LOCAL lock_timeout = '10ms'")
        await execute(connection, touch, row.id)

    locked, over = asyncio.Event(), asyncio.Event()

    async def holder(connection: Any) -> None:
        await execute(connection, touch, row.id)
        locked.set()
        await over.wait()

    holding = asyncio.create_task(one_try(holder))
    await locked.wait()
    with pytest.raises(Retry):
        await one_try(impatient)
    over.set()
    await holding


# safe_asyncpg 4


@postgres_only
@pytest.mark.parametrize("moment", ["in between", "at commit"])
async def test_a_lost_connection_is_an_operational_error_and_the_next_one_works(db: Any, moment: str) -> None:
    async def work(connection: Any) -> None:
        await SchoolClass.create(name="lost")
        await cut(connection)
        if moment == "in between":
            await SchoolClass.create(name="lost as well")

    with pytest.raises(OperationalError) as failure:
        await one_try(work)
    assert not isinstance(failure.value, Retry)  # nobody knows what a commit did: not to be repeated blindly
    assert await names() == []
    await still_alive()


@postgres_only
async def test_a_refusal_is_not_hidden_by_the_connection_lost_after_it(db: Any) -> None:
    async def refuse(connection: Any) -> None:
        await cut(connection)
        raise LookupError

    with pytest.raises(LookupError):
        await one_try(refuse)
    await still_alive()


@postgres_only
async def test_connections_that_died_in_the_pool_are_replaced(db: Any) -> None:
    await still_alive()
    await db.execute_query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid()"
    )
    await asyncio.wait_for(asyncio.gather(*[atomic(nothing) for _ in range(POOL)]), PATIENCE)


async def nothing(connection: Any) -> None:
    await execute(connection, "SELECT 1")


async def cut(connection: Any) -> None:
    """The server ends this transaction's connection, as it does when it is restarted."""
    (row,) = await connection.execute_query_dict("SELECT pg_backend_pid() AS pid")
    await admin(f"SELECT pg_terminate_backend({row['pid']}, 5000)")  # waits until it is gone
