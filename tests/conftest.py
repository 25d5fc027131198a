"""A fresh database per test, on both databases, and the cast."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests import postgres
from tests.databases import fresh_database
from tests.school import School


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # the controller; xdist's workers use its folder
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # a run that is ended cleans up as well
        config.add_cleanup(postgres.make_folder().cleanup)
        config.add_cleanup(postgres.stop)  # before the folder goes


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make unit` leaves out, where the fixtures say it; other tests bear their marks themselves."""
    for item in items:
        if "portal" in getattr(item, "fixturenames", ()):
            item.add_marker("served")
        callspec = getattr(item, "callspec", None)
        if callspec and callspec.params.get("database_kind") == "postgres":
            item.add_marker("postgres")


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
