"""A database that several processes share, with the cast in it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tortoise.backends.base.executor import EXECUTOR_CACHE

from creos_ui.database import refusing
from creos_ui.database.config import sqlite_url
from tests.databases import fresh_url
from tests.postgres import admin, postgres_url


@pytest.fixture
def shared_url(database_kind: str, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database; no event loop runs and no connection is open, so processes may be forked."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        yield runner.run(stack.enter_async_context(fresh_url(database_kind, tmp_path)))
        runner.run(stack.aclose())


@pytest.fixture
def empty_url(database_kind: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table; no event loop runs, so processes may be forked."""
    EXECUTOR_CACHE.clear()  # keyed by table, not by dialect
    if database_kind == "sqlite":
        yield sqlite_url(tmp_path)
        return
    name = f"test_{uuid.uuid4().hex[:12]}"
    asyncio.run(admin(f"CREATE DATABASE {name}"))
    yield postgres_url(name)
    asyncio.run(admin(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def nothing_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database has refused nothing so far, and nothing was logged."""
    for name in ("_refused_at", "_logged_at"):
        monkeypatch.setattr(refusing, name, float("-inf"))
