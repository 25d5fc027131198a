"""A fresh database for each test: SQLite in memory or in a file, or one of the run's PostgreSQL server.

The schema is built once: on SQLite into bytes, which each test reads in; on PostgreSQL into a template database, which
each test copies. A wrapping transaction rolled back instead would hide every commit, lock and retry under test.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tortoise import Tortoise
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.connection import get_connection
from tortoise.migrations.executor import MigrationExecutor

from creos_ui.database.config import config, sqlite_url
from creos_ui.database.opening import close_database, open_database, verify
from tests.postgres import admin, copy_database, postgres_url

_built: dict[str, Any] = {}


async def connected(url: str) -> Any:
    """As open_database, without migrating or verifying."""
    EXECUTOR_CACHE.clear()  # keyed by alias and table, not by dialect: '?' would reach PostgreSQL
    await Tortoise.init(config=config(url), _enable_global_fallback=True)
    connection = get_connection("default")
    await connection.execute_query("SELECT 1")
    return connection


async def sqlite_image() -> bytes:
    """What the file of an empty, migrated SQLite database holds; built once."""
    if "sqlite" not in _built:
        connection = await connected("sqlite::memory:")
        # migrate() would open a connection of its own, and so another memory
        await MigrationExecutor(connection, config("sqlite::memory:")["apps"]).migrate()
        await verify(connection)
        _built["sqlite"] = await connection._connection._execute(connection._connection._conn.serialize)
        await close_database()
    return bytes(_built["sqlite"])


async def postgres_template() -> str:
    """The name of an empty, migrated PostgreSQL database; built once."""
    if "postgres" not in _built:
        name = f"template_{uuid.uuid4().hex[:12]}"
        await admin(f"CREATE DATABASE {name}")
        EXECUTOR_CACHE.clear()
        await open_database(postgres_url(name))
        await close_database()
        _built["postgres"] = name
    return str(_built["postgres"])


@asynccontextmanager
async def postgres_database() -> AsyncIterator[str]:
    """The address of a migrated PostgreSQL database of this test alone; dropped afterwards."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    await copy_database(await postgres_template(), name)
    EXECUTOR_CACHE.clear()
    try:
        yield postgres_url(name)
    finally:
        await close_database()
        await admin(f"DROP DATABASE {name} WITH (FORCE)")


@asynccontextmanager
async def fresh_database(kind: str) -> AsyncIterator[Any]:
    """An open, empty, migrated database: "sqlite" (in memory: the reader is the writer's connection) or "postgres"."""
    if kind == "postgres":
        async with postgres_database() as url:
            yield await connected(url)
        return
    image = await sqlite_image()
    try:
        connection = await connected("sqlite::memory:")
        await connection._connection._execute(connection._connection._conn.deserialize, image)
        yield connection
    finally:
        await close_database()


@asynccontextmanager
async def fresh_url(kind: str, folder: Path) -> AsyncIterator[str]:
    """The address of an empty, migrated database that several processes can open: a file, or one of the server."""
    if kind == "postgres":
        async with postgres_database() as url:
            yield url
        return
    (folder / "creos.db").write_bytes(await sqlite_image())
    EXECUTOR_CACHE.clear()
    try:
        yield sqlite_url(folder)
    finally:
        await close_database()  # a connection left open would keep the process from ending
