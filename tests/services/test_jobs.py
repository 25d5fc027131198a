"""Long work: with progress, found again, begun again after its process ended, and never done twice."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

import pytest

from creos_ui import clock
from creos_ui.errors import Busy, NotAllowed, NothingSelected
from creos_ui.services import jobs, keys
from creos_ui.services.jobs import Progress, result_of
from models import Account, AccountRole, Job, JobState, Role
from tests.services.post import MovedClock, moved

__all__ = ["moved"]
RESULT = {"text_key": "office.todo", "values": {"count": 3}, "link": "/office"}


class Letters:
    """The kind of these tests: three letters, which may fail or be held up after the first."""

    def __init__(self) -> None:
        self.raises: Exception | None = None
        self.facts: list[dict[str, Any]] = []
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()
        self.go_on.set()

    async def run(self, facts: dict[str, Any], progress: Progress) -> dict[str, Any]:
        self.facts.append(facts)
        await progress(1, 3)
        self.reached.set()
        await self.go_on.wait()
        if self.raises:
            raise self.raises
        for done in (2, 3):
            await progress(done, 3)
        return RESULT


@pytest.fixture(autouse=True)
async def opened(db: Any) -> None:
    """Who is refused leaves a line in the audit, which its key seals."""
    await keys.open_keys("a secret of the tests, long enough for any")


@pytest.fixture
async def letters(db: Any, monkeypatch: pytest.MonkeyPatch) -> Letters:
    letters = Letters()
    monkeypatch.setattr(jobs, "_kinds", {})
    monkeypatch.setattr(jobs, "_wake", None)
    jobs.register("letters", letters.run)
    return letters


async def begun(key: str = "letters-1") -> Job:
    return await jobs.begin("letters", {"class": 7}, None, key)


async def now(job: Job) -> Job:
    return await Job.get(id=job.id)


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_done_with_progress_and_its_result(letters: Letters) -> None:
    letters.go_on.clear()
    job = await begun()
    working = asyncio.create_task(jobs.work_through())
    await letters.reached.wait()
    half = await now(job)
    assert (half.state, half.done_count, half.total_count, half.starts) == (JobState.RUNNING, 1, 3, 1)
    letters.go_on.set()
    await working
    done = await now(job)
    assert (done.state, done.done_count, result_of(done)) == (JobState.DONE, 3, RESULT)
    assert done.ended_at
    await jobs.work_through()
    assert letters.facts == [{"class": 7}]


async def test_the_same_key_is_the_same_job_also_at_once_and_afterwards(letters: Letters) -> None:
    first, second = await asyncio.gather(begun(), begun())
    await jobs.work_through()
    assert first.id == second.id == (await begun()).id != (await begun("letters-2")).id
    await jobs.work_through()
    assert len(letters.facts) == 2


async def test_the_worker_is_woken(letters: Letters, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "EVERY", 3600)
    working = asyncio.create_task(jobs.work())
    try:
        async with asyncio.timeout(20):
            await begun("letters-1")
            await letters.reached.wait()
            letters.reached.clear()
            await begun("letters-2")
            await letters.reached.wait()
    finally:
        await ended(working)


async def test_what_fails_says_so_with_a_reference_and_names_nobody(
    letters: Letters, caplog: pytest.LogCaptureFixture
) -> None:
    letters.raises = ValueError("Peeters Nora")
    job, other = await begun(), await begun("letters-2")
    with caplog.at_level(logging.ERROR, "creos_ui"):
        await jobs.work_through()
    failed = await now(job)
    result = result_of(failed)
    assert (failed.state, result["text_key"]) == (JobState.FAILED, "jobs.failed")
    assert result["values"]["reference"] in caplog.text
    assert "Nora" not in caplog.text
    assert (await now(other)).state == JobState.FAILED  # its turn came all the same


async def test_a_refusal_is_its_result(letters: Letters) -> None:
    letters.raises = NothingSelected()
    job = await begun()
    await jobs.work_through()
    assert result_of(await now(job))["text_key"] == NothingSelected.text_key


async def test_where_the_database_is_in_the_way_it_waits(letters: Letters) -> None:
    letters.raises, job = Busy(), await begun()
    for _ in range(jobs.MOST_STARTS + 1):
        await jobs.work_through()
    assert ((await now(job)).state, (await now(job)).starts) == (JobState.WAITING, 0)
    letters.raises = None
    await jobs.work_through()
    assert (await now(job)).state == JobState.DONE


async def test_stopped_in_the_middle_it_is_begun_again_five_times_at_most(letters: Letters) -> None:
    letters.go_on.clear()
    job = await begun()
    for starts in range(1, jobs.MOST_STARTS + 1):
        letters.reached.clear()
        working = asyncio.create_task(jobs.work_through())
        await letters.reached.wait()
        await ended(working)
        assert ((await now(job)).state, (await now(job)).starts) == (JobState.RUNNING, starts)
    await jobs.work_through()
    given_up = await now(job)
    assert (given_up.state, result_of(given_up)["text_key"]) == (JobState.FAILED, "jobs.given_up")


async def test_two_workers_at_once_do_it_once(letters: Letters) -> None:
    await begun()
    await asyncio.gather(jobs.work_through(), jobs.work_through())
    assert len(letters.facts) == 1


async def test_everybody_in_the_office_finds_it_for_a_day_and_it_goes_after_ninety(
    letters: Letters, moved: MovedClock
) -> None:
    clerk, teacher = [await Account.create(identifier=name, last_name=name) for name in ("clerk", "teacher")]
    for account, role in ((clerk, Role.SECRETARY), (teacher, Role.TEACHER)):
        await AccountRole.create(account_id=account.id, role=role, given_at=clock.now())
    job = await begun()
    assert await jobs.open_jobs(clerk.id) == [job]
    with pytest.raises(NotAllowed):
        await jobs.open_jobs(teacher.id)
    await jobs.work_through()
    assert await jobs.open_jobs(clerk.id) == [job]
    moved.move(days=1, minutes=1)
    assert await jobs.open_jobs(clerk.id) == []
    waiting = await begun("letters-2")
    assert await jobs.open_jobs(clerk.id) == [waiting]
    await jobs.prune()
    assert await Job.all().count() == 2
    moved.move(days=89)
    await jobs.prune()
    assert await Job.all() == [waiting]
