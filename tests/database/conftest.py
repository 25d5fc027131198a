"""A database that several processes share, with the cast in it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from creos_ui.database import refusing
from tests.databases import fresh_url


@pytest.fixture
def shared_url(database_kind: str, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database; no event loop runs and no connection is open, so processes may be forked."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        yield runner.run(stack.enter_async_context(fresh_url(database_kind, tmp_path)))
        runner.run(stack.aclose())


@pytest.fixture
def nothing_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database has refused nothing so far, and nothing was logged."""
    for name in ("_refused_at", "_logged_at"):
        monkeypatch.setattr(refusing, name, float("-inf"))
