"""A database that takes no writes is told from a statement of ours that is wrong, and logged once an hour."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tortoise.exceptions import OperationalError

from creos_ui.database import refusing
from creos_ui.database.transactions import atomic, execute
from creos_ui.errors import NotSaved


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch, nothing_refused: None) -> list[float]:
    """The hands of the clock, and nothing refused so far."""
    now = [10_000.0]
    monkeypatch.setattr(refusing, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


@pytest.mark.parametrize("sql", ["UPDATE nowhere SET a = 1", "UPDATE session SET nothing = 1", "UPDATE session SETT"])
async def test_a_wrong_statement_is_our_mistake(db: object, sql: str) -> None:
    async def work(connection: Any) -> None:
        await execute(connection, sql)

    with pytest.raises(OperationalError):
        await atomic(work)


async def test_what_the_database_refuses_is_not_saved_and_logged_once_an_hour(
    db: object, seconds: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    async def work(_: Any) -> None:
        raise OperationalError("database or disk is full\nDETAIL: of whom")

    for _ in range(10):
        with pytest.raises(NotSaved):
            await atomic(work)
        seconds[0] += 359
    (line,) = caplog.messages
    assert line.endswith(": database or disk is full")
    seconds[0] += 10
    with pytest.raises(NotSaved):
        await atomic(work)
    assert len(caplog.messages) == 2


def test_for_a_minute_it_is_remembered(seconds: list[float]) -> None:
    assert not refusing.lately()
    refusing.note(OperationalError("database or disk is full"))
    seconds[0] += 59
    assert refusing.lately()
    seconds[0] += 1
    assert not refusing.lately()
