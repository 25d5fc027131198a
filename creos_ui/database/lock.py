"""A lock for what takes longer than a transaction may: one task of all processes has it, whatever the clocks say.

Nobody waits for it, and a process that dies has lost it: PostgreSQL and the operating system see to that.
"""

from __future__ import annotations

import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from creos_ui.database.safe_asyncpg import Retry
from creos_ui.database.safe_sqlite import finish
from creos_ui.database.transactions import default_connection


@asynccontextmanager
async def held(what: str) -> AsyncIterator[bool]:
    """Whether the lock of this name is had, as long as the block runs; not inside a transaction."""
    connection = default_connection()
    if connection.capabilities.dialect == "postgres":
        # it may be held for long, as no connection that is kept for reading may
        try:
            session = await connection.take_for_transaction()
        except Retry:  # all are in use: this is not the time
            yield False
            return
        try:
            # the session's, which the pool clears of locks when it gets it back
            yield bool(await session.fetchval("SELECT pg_try_advisory_lock(hashtext($1))", what))
        finally:
            await finish(connection.give_back(session))
    elif connection.filename == ":memory:":  # nobody else's
        yield True
    else:
        with open(f"{connection.filename}-{what}", "ab") as file:  # noqa: ASYNC230 - nothing is read, nothing waits
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True
