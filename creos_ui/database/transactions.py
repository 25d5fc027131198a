"""One short transaction, tried again only where the database itself asks for it; and fixed SQL for both dialects."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any, TypeVar

from tortoise.connection import get_connection
from tortoise.exceptions import OperationalError
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction

from creos_ui import live
from creos_ui.database import changes, refusing
from creos_ui.database.safe_asyncpg import AnswerLost, Retry
from creos_ui.errors import Busy, NotKnown, NotSaved

T = TypeVar("T")
ATTEMPTS = 8
PATIENCE = 2.5  # seconds after which no other try begins; the last one may still wait for a lock (config.py)

_queues: dict[str, asyncio.Lock] = {}  # as long as somebody stands in them
_standing: Counter[str] = Counter()


async def atomic(work: Callable[[Any], Awaitable[T]], *, queue: str | None = None) -> T:
    """Run `work(connection)` in one transaction; again after a lock time-out, deadlock or serialization failure.
    Raises Busy where the database asks for another try for too long: nothing is written then. Raises NotSaved where it
    takes no writes at all, NotKnown where it may have committed.

    `queue` names what all of its works lock, such as a wallet: in this process they follow each other, and whoever
    waits for a turn takes no connection from others.

    What `work` announces (creos_ui.live) is delivered when the transaction has ended; after a failure as well, since
    the answer to a commit may be what got lost.
    """
    if live.gathering.get() is not None:  # part of another transaction, which will deliver it, and tries again
        async with in_transaction("default") as connection:
            return await work(connection)
    changed: set[int] = set()
    gathering = live.gathering.set(changed)

    async def announced(connection: Any) -> T:
        result = await work(connection)
        if changed:
            await changes.notify(connection, changed)
        return result

    deadline = asyncio.get_running_loop().time() + PATIENCE
    try:
        async with _turn(queue, deadline):
            return await _tried(announced, deadline)
    except AnswerLost as exc:
        raise NotKnown from exc
    except OperationalError as exc:
        if not refusing.is_refusal(exc):
            raise
        refusing.note(exc)
        raise NotSaved from exc
    finally:
        live.gathering.reset(gathering)
        live.deliver(changed)


async def _tried(work: Callable[[Any], Awaitable[T]], deadline: float) -> T:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with in_transaction("default") as connection:
                return await work(connection)
        except OperationalError as exc:
            if not (isinstance(exc, Retry) or "database is locked" in str(exc)):
                raise
            if attempt == ATTEMPTS or asyncio.get_running_loop().time() > deadline:
                if not refusing.is_of_some_rows(exc):
                    refusing.note(exc)
                raise Busy from exc
        await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 - spreads retries, guards nothing
    raise AssertionError("unreachable")


@asynccontextmanager
async def _turn(queue: str | None, deadline: float) -> AsyncIterator[None]:
    if queue is None:
        yield
        return
    lock = _queues.setdefault(queue, asyncio.Lock())
    _standing[queue] += 1
    try:
        if _standing[queue] == 1:  # nobody else: the ordinary case, without a timer
            await lock.acquire()
        else:
            await _acquire(lock, deadline)
        try:
            yield
        finally:
            lock.release()
    finally:
        _standing[queue] -= 1
        if not _standing[queue]:
            del _standing[queue], _queues[queue]


async def _acquire(lock: asyncio.Lock, deadline: float) -> None:
    try:
        async with asyncio.timeout_at(deadline):
            await lock.acquire()
    except TimeoutError as exc:
        raise Busy from exc


async def update(found: QuerySet[Any], **values: Any) -> int:
    """One UPDATE in a transaction of its own, as `atomic` runs it; returns the number of rows it changed."""

    async def work(connection: Any) -> int:
        return await found.using_db(connection).update(**values)

    return await atomic(work)


async def one_at_a_time(connection: Any, what: str) -> None:
    """Hold this lock until the transaction ends: what was looked at before writing holds. SQLite needs none, its
    transactions follow each other."""
    if connection.capabilities.dialect == "postgres":
        await connection.execute_query("SELECT pg_advisory_xact_lock(hashtext($1))", [what])


async def execute(connection: Any, sql: str, *values: Any) -> int:
    """Run one fixed statement written with $1, $2 ...; returns the number of rows an UPDATE or DELETE changed itself.

    (For an INSERT, Tortoise answers 0 on PostgreSQL: it reads the wrong word of "INSERT 0 1".)
    """
    count, rows = await connection.execute_query(*_for(connection, sql, values))
    return int(count) if not isinstance(count, list) else len(rows)


async def rows(connection: Any, sql: str, *values: Any) -> list[dict[str, Any]]:
    """The rows of one fixed statement written with $1, $2 ..., as dictionaries of what the driver returns."""
    result: list[dict[str, Any]] = await connection.execute_query_dict(*_for(connection, sql, values))
    return result


def default_connection() -> Any:
    """The connection in force: the open transaction's, else the pool."""
    return get_connection("default")


def _for(connection: Any, sql: str, values: tuple[Any, ...]) -> tuple[str, list[Any]]:
    if connection.capabilities.dialect != "sqlite":
        return sql, list(values)
    return sql.replace("$", "?"), [_as_text(value) for value in values]


def _as_text(value: Any) -> Any:
    """SQLite keeps dates as text, in the very form Tortoise writes them."""
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else value
