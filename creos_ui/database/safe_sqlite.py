"""Tortoise engine for SQLite that a ledger can stand on.

What the stock tortoise.backends.sqlite (1.1.9) gets wrong for money, and this repairs; each has a test in
tests/database/test_engines.py, and the upstream issue where there is one:
 1. BEGIN is deferred: read-then-write fails at once with "database is locked" under two processes (#1675).
 2. A task cancelled inside __aenter__ keeps the connection lock for ever: every later query hangs (#1152).
 3. begin() first runs COMMIT: leftovers of a failed transaction become permanent.
 4. A failed or cancelled COMMIT/ROLLBACK leaves the shared connection inside a transaction.
 5. A task born inside a transaction keeps its finished client and writes into strangers' ones (#743, #1938).
 6. bulk_create outside a transaction, when cancelled, leaves BEGIN open on the shared connection (#1757).
 7. The affected-row count is total_changes, which also counts rows touched by triggers.
 8. A first connect that fails (file locked) keeps the lock for ever, or leaves a connection without its PRAGMAs.
 9. There is one connection and one thread: a writer that waits for another process's lock stops every reader. Here a
    second connection, which can only read, answers each SELECT outside a transaction; WAL shows it every commit.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, TypeVar

import aiosqlite
from tortoise.backends.base.client import ConnectionWrapper, NestedTransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
    translate_exceptions,
)
from tortoise.connection import get_connections
from tortoise.exceptions import IntegrityError, OperationalError, TransactionManagementError

T = TypeVar("T")


async def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end even if we are cancelled meanwhile; then let the cancellation through."""
    task, cancelled = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as exc:
            cancelled = exc
        except BaseException:
            break
    result = task.result()
    if cancelled is not None:
        raise cancelled
    return result


def _fetch(connection: sqlite3.Connection, sql: str, values: Any) -> tuple[int, list[Any]]:
    cursor = connection.execute(sql, values)
    rows = cursor.fetchall()
    # rowcount: the rows of this statement only (no trigger, no cascade); -1 for SELECT
    return (cursor.rowcount if cursor.rowcount >= 0 else len(rows)), rows


class _SafeAcquire(ConnectionWrapper[Any]):
    __slots__ = ()

    async def __aenter__(self) -> Any:
        await self._lock.acquire()
        try:
            await self.ensure_connection()
        except BaseException:
            self._lock.release()
            raise
        return self.connection


class _AcquireReader(ConnectionWrapper[Any]):
    """The connection beside, for one SELECT."""

    __slots__ = ()
    client: Any

    async def __aenter__(self) -> Any:
        await self._lock.acquire()
        try:
            return await self.client.open_reader()
        except BaseException:
            self._lock.release()
            raise


class _OwnRowCount:
    @translate_exceptions
    async def execute_query(self: Any, query: str, values: list[Any] | None = None) -> tuple[int, list[Any]]:
        query = query.replace("\x00", "'||CHAR(0)||'")
        async with self.acquire_for(query) as connection:
            self.log.debug("%s: %s", query, values)
            result: tuple[int, list[Any]] = await connection._execute(_fetch, connection._conn, query, values or [])
            return result

    async def execute_query_dict(self: Any, query: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
        return [dict(row) for row in (await self.execute_query(query, values))[1]]

    def acquire_for(self: Any, query: str) -> Any:
        """Inside a transaction everything is its own connection's."""
        return self.acquire_connection()


class SafeWrapper(_OwnRowCount, SqliteTransactionWrapper):
    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self._root: Any = getattr(connection, "_root", self)
        self._at_commit: list[Callable[[sqlite3.Connection], None]] = []

    def at_commit(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Run `work(driver's connection)` as the last thing of the outermost transaction, in the database's own thread
        and in one step with the commit: another step to that thread and back would cost more than a statement does."""
        self._root._at_commit.append(work)

    async def commit(self) -> None:
        connection: Any = self._connection
        await connection._execute(self._finish_and_commit)
        self._finalized = True

    def _finish_and_commit(self) -> None:
        database = self._connection._conn
        for work in self._at_commit:
            work(database)
        database.commit()

    def acquire_connection(self) -> Any:
        if self._root._finalized:
            raise TransactionManagementError(
                "this task was started inside a transaction that has ended; "
                "start it after the transaction, or in a fresh contextvars.Context"
            )
        return super().acquire_connection()

    def _in_transaction(self) -> Any:
        return NestedTransactionContext(SafeWrapper(self))

    async def begin(self) -> None:
        connection: Any = self._connection
        try:
            if connection.in_transaction:  # somebody's wreck: never commit it
                self.log.error("rolled back an abandoned transaction")
                await connection.rollback()
            await connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as exc:
            raise OperationalError(exc) from exc


class SafeContext(SqliteTransactionContext):
    connection: Any

    async def _abort(self) -> None:
        connection = self.connection._connection
        self.connection._finalized = True
        if connection is not None:
            # queued behind whatever statement is still running in the sqlite thread
            await connection._execute(lambda: connection._conn.in_transaction and connection._conn.rollback())

    async def __aenter__(self) -> Any:
        await self._trxlock.acquire()
        try:
            await self.ensure_connection()
            await self.connection.begin()
        except BaseException:
            try:
                await finish(self._abort())
            finally:
                self._trxlock.release()
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        return self.connection

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        try:
            if not self.connection._finalized:
                if exc_type:
                    await finish(self._abort())
                else:
                    await finish(self._commit())
        finally:
            get_connections().reset(self.token)
            self._trxlock.release()

    async def _commit(self) -> None:
        try:
            await self.connection.commit()
        except BaseException as exc:  # disk full, busy, I/O error: not committed
            await self._abort()
            if isinstance(exc, sqlite3.OperationalError):
                raise OperationalError(exc) from exc
            if isinstance(exc, sqlite3.IntegrityError):  # a deferred foreign key
                raise IntegrityError(exc) from exc
            raise


class SafeSqliteClient(_OwnRowCount, SqliteClient):
    def __init__(self, file_path: str, **kwargs: Any) -> None:
        super().__init__(file_path, **kwargs)
        self._reader: aiosqlite.Connection | None = None
        self._reader_lock = asyncio.Lock()

    def acquire_connection(self) -> Any:
        return _SafeAcquire(self._lock, self)

    def acquire_for(self, query: str) -> Any:
        """A database in memory is its one connection's."""
        reads = query.lstrip()[:6].upper() == "SELECT" and self.filename != ":memory:"
        return _AcquireReader(self._reader_lock, self) if reads else self.acquire_connection()

    async def open_reader(self) -> aiosqlite.Connection:
        """The connection that only reads, made at its first use; after the writer, which may make the file."""
        if self._reader is None:
            async with self.acquire_connection():
                pass
            reader = await aiosqlite.connect(self.filename, isolation_level=None)
            reader._conn.row_factory = sqlite3.Row
            try:
                for pragma in ("busy_timeout", "cache_size"):
                    await reader.execute(f"PRAGMA {pragma} = {self.pragmas[pragma]}")
                await reader.execute("PRAGMA query_only = ON")
            except BaseException:
                await finish(reader.close())
                raise
            self._reader = reader
        return self._reader

    async def close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            await reader.close()
        await super().close()

    async def create_connection(self, with_db: bool) -> None:
        try:
            # a file that cannot be opened fails here; in aiosqlite its thread would die with a traceback of its own
            sqlite3.connect(self.filename).close()
            await super().create_connection(with_db)
        except BaseException as exc:
            connection, self._connection = self._connection, None
            if connection is not None:
                await finish(connection.close())
            if isinstance(exc, sqlite3.OperationalError):
                raise OperationalError(exc) from exc
            raise

    def _in_transaction(self) -> Any:
        return SafeContext(SafeWrapper(self), self._lock)

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        async with self._in_transaction() as transaction:
            await transaction.execute_many(query, values)


client_class = SafeSqliteClient
