"""A fresh database per test, on both databases, and the cast."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import fast_folder, fresh_database, start_postgres
from tests.school import School

_session: dict[str, Any] = {}


def pytest_configure(config: pytest.Config) -> None:
    """One PostgreSQL server for the run, started by the controller; xdist's workers inherit its address."""
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        _session["folder"] = tempfile.TemporaryDirectory(prefix="creos-pg-", dir=fast_folder())
        _session["server"] = start_postgres(Path(_session["folder"].name) / "data")


def pytest_unconfigure(config: pytest.Config) -> None:
    if "server" in _session:
        _session.pop("server").cleanup()
        _session.pop("folder").cleanup()


@pytest.fixture(params=["sqlite", "postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Every test that uses this, or `db`, or `school`, runs on both databases."""
    return str(request.param)


@pytest.fixture
async def db(database_kind: str) -> AsyncIterator[Any]:
    """The open connection of a fresh, migrated database."""
    async with fresh_database(database_kind) as connection:
        yield connection


@pytest.fixture
async def school(db: Any) -> School:
    """The cast: Nora with 20,00 €, her children Lou and Tim; Omar with 5,00 € and his daughter Mia."""
    return await School.open()
