"""Jobs and real processes: two at once do each job once, and what a killed one left is done by the next."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from creos_ui.database.opening import opened
from creos_ui.services import jobs
from creos_ui.services.jobs import Progress
from models import Job, JobState
from tests.stress.processes import Notes, ended, kill, start

JOBS = 12
pytestmark = pytest.mark.slow


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Notes:
    """What was begun; as long as there is a file named endless, a job that begins never ends."""
    notes = Notes(tmp_path / "notes")

    async def run(facts: dict[str, Any], progress: Progress) -> dict[str, Any]:
        endless = (tmp_path / "endless").exists()
        notes.write(f"begun {facts['number']}")
        await progress(1, 2)
        if endless:
            await asyncio.Event().wait()
        return {"text_key": "office.todo", "values": {}}

    monkeypatch.setattr(jobs, "_kinds", {})
    monkeypatch.setattr(jobs, "_wake", None)
    jobs.register("numbered", run)
    return notes


def here(url: str, work: Callable[[], Awaitable[Any]]) -> Any:
    async def opened_for_work() -> Any:
        async with opened(url):
            return await work()

    return asyncio.run(opened_for_work())


async def begin_all(how_many: int = JOBS) -> None:
    for number in range(how_many):
        await jobs.begin("numbered", {"number": number}, None, f"number-{number}")


async def work_until_all_done() -> None:
    async with asyncio.timeout(40):
        while await Job.exclude(state=JobState.DONE).exists():
            await jobs.work_through()


def test_two_processes_do_each_job_once(shared_url: str, notes: Notes) -> None:
    here(shared_url, begin_all)
    pids = [start(shared_url, work_until_all_done) for _ in range(2)]
    assert [ended(pid) for pid in pids] == [0, 0]
    assert sorted(notes.lines()) == sorted(f"begun {number}" for number in range(JOBS))


def test_killed_in_the_middle_it_is_done_by_the_next_and_not_while_it_lives(
    shared_url: str, notes: Notes, tmp_path: Path
) -> None:
    here(shared_url, lambda: begin_all(1))
    (tmp_path / "endless").touch()
    pid = start(shared_url, jobs.work_through)
    try:
        deadline = time.monotonic() + 20
        while not notes.lines():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        (tmp_path / "endless").unlink()
        here(shared_url, jobs.work_through)  # the other one lives, and has it
        assert notes.lines() == ["begun 0"]
    finally:
        kill(pid)
    here(shared_url, work_until_all_done)
    assert notes.lines() == ["begun 0", "begun 0"]
    job = here(shared_url, lambda: Job.get(key="number-0"))
    assert (job.state, job.starts) == (JobState.DONE, 2)
