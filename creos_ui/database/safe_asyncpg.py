"""Tortoise engine for PostgreSQL (asyncpg): the repairs of safe_sqlite.py, as far as they apply.

1. A task cancelled (or an error) inside __aenter__ leaks one pool connection; as many such accidents as the pool
   has connections, and every query waits for ever (#1152).
2. A task born inside a transaction keeps using a connection that went back to the pool (#1938).
3. Deadlock and serialization errors come out as raw asyncpg exceptions.
4. So do a lost connection, a server that shuts down and a full disk; and the rollback that then fails hides the cause.
5. A connection is waited for without end; and transactions that wait for a lock leave none to read with.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import NestedTransactionContext, PoolConnectionWrapper, TransactionContextPooled
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError, TransactionManagementError

from creos_ui.database.safe_sqlite import finish

LONGEST_WAIT = 2.0  # seconds for a connection; then come those for a lock (config.py)
KEPT_FOR_READING = 2  # connections of the pool that no transaction takes


class Retry(OperationalError):
    """The database undid the transaction, or never began it, and asks for another try."""


class AnswerLost(OperationalError):
    """The connection broke with the commit on its way: done, still to be done, or never; the error does not tell. (On
    SQLite no answer gets lost: a commit that fails there is undone.)"""


UNDONE = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError)
_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the first use of a connection that died while it lay in the pool
    asyncpg.OperatorInterventionError,
    asyncpg.CannotConnectNowError,
    asyncpg.InsufficientResourcesError,
    OSError,
)
_REFUSED = (asyncpg.QueryCanceledError, asyncpg.InsufficientResourcesError)  # of those the server's own answer: undone


class _Translated:
    async def _translate_exceptions(self: Any, func: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return await super()._translate_exceptions(func, *args, **kwargs)  # type: ignore[misc]
        except UNDONE as exc:
            raise Retry(exc) from exc
        except _LOST as exc:
            raise OperationalError(exc) from exc


class SafeWrapper(_Translated, TransactionWrapper):
    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self._root: Any = getattr(connection, "_root", self)

    def _in_transaction(self) -> Any:
        return NestedTransactionContext(SafeWrapper(self))

    def acquire_connection(self) -> Any:
        if self._root._finalized:
            raise TransactionManagementError("this task was started inside a transaction that has ended")
        return super().acquire_connection()


class _Acquire(PoolConnectionWrapper[Any]):
    """A connection of the pool, for one statement."""

    client: Any

    async def __aenter__(self) -> Any:
        await self.ensure_connection()
        self.connection = await self.client.take()
        return self.connection


class SafeContext(TransactionContextPooled):
    client: Any

    async def __aenter__(self) -> Any:
        await self.ensure_connection()
        try:
            self.client._connection = await self.client._parent.take_for_transaction()
        except _LOST as exc:
            raise OperationalError(exc) from exc
        try:
            await self.client.begin()
        except BaseException as exc:
            self.client._finalized = True
            await finish(self._give_back())
            if isinstance(exc, OperationalError):  # a connection that died in the pool; the next one may live
                raise Retry(exc) from exc
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        try:
            if not self.client._finalized:
                if exc_type:
                    with suppress(*_LOST):  # then the server has rolled back by itself
                        await finish(self.client.rollback())
                else:
                    await self._commit()
        finally:
            self.client._finalized = True
            try:
                await finish(self._give_back())
            finally:
                get_connections().reset(self.token)

    async def _give_back(self) -> None:
        await self.client._parent.give_back(self.client._connection)

    async def _commit(self) -> None:
        try:
            await finish(self.client.commit())
        except UNDONE as exc:
            raise Retry(exc) from exc
        except _REFUSED as exc:
            raise OperationalError(exc) from exc
        except _LOST as exc:
            raise AnswerLost(exc) from exc


class SafeAsyncpgClient(_Translated, AsyncpgDBClient):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.for_transactions = asyncio.Semaphore(max(1, self.pool_maxsize - KEPT_FOR_READING))

    def acquire_connection(self) -> Any:
        return _Acquire(self, self._pool_init_lock)

    async def take(self) -> Any:
        """A connection of the pool. Raises Retry where none is free for too long."""
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                return await self._pool.acquire()  # type: ignore[union-attr]
        except TimeoutError as exc:
            raise Retry("no connection is free") from exc

    async def take_for_transaction(self) -> Any:
        """The same, and leave some to others; it is to be given back."""
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                await self.for_transactions.acquire()
        except TimeoutError as exc:
            raise Retry("too many transactions at once") from exc
        try:
            return await self.take()
        except BaseException:
            self.for_transactions.release()
            raise

    async def give_back(self, connection: Any) -> None:
        try:
            await self._pool.release(connection)  # type: ignore[union-attr]  # which resets the session
        finally:
            self.for_transactions.release()

    def _in_transaction(self) -> Any:
        return SafeContext(SafeWrapper(self), self._pool_init_lock)


client_class = SafeAsyncpgClient
