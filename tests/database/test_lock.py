"""A lock that one task of all processes has, until its block or its process ends."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from creos_ui.database import lock
from creos_ui.database.opening import opened
from tests.databases import connected, fresh_url
from tests.stress.processes import Notes, kill, start


async def test_one_task_has_it_and_nobody_waits(database_kind: str, tmp_path: Path) -> None:
    async with fresh_url(database_kind, tmp_path) as url:
        await connected(url)
        async with lock.held("sending") as mine, lock.held("sending") as theirs, lock.held("else") as other:
            assert [mine, theirs, other] == [True, False, True]
        for _ in range(20):  # more often than the pool has connections
            async with lock.held("sending") as again:
                assert again
            with pytest.raises(RuntimeError):
                async with lock.held("sending"):
                    raise RuntimeError


@pytest.mark.slow
def test_a_process_has_it_until_it_dies(shared_url: str, tmp_path: Path) -> None:
    notes = Notes(tmp_path / "notes")

    async def another_process() -> None:
        async with lock.held("sending") as held:
            notes.write(str(held))
            await asyncio.sleep(60)

    async def here() -> Any:
        async with opened(shared_url), lock.held("sending") as held:
            return held

    pid = start(shared_url, another_process)
    try:
        _until(lambda: notes.lines() == ["True"])
        assert asyncio.run(here()) is False
    finally:
        kill(pid)
    _until(lambda: asyncio.run(here()))


def _until(come: Any) -> None:
    deadline = time.monotonic() + 20
    while not come():
        assert time.monotonic() < deadline
        time.sleep(0.02)
