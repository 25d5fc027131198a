"""Work that takes longer than a click may: it outlives the page and the process that began it, and is never done twice.

Each kind registers what it runs. That must bear being begun again from the start, because a process may end in the
middle. One job after the other in each process; of several processes, one works on a job.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from tortoise.exceptions import OperationalError
from tortoise.expressions import Q

from creos_ui import clock
from creos_ui.database import lock, refusing
from creos_ui.database.transactions import atomic, one_at_a_time, update
from creos_ui.errors import DomainError, NotSaved
from creos_ui.services import roles
from creos_ui.services.roles import Act
from models import Job, JobState

EVERY = 2.0  # seconds; for what another process was asked, or left
WRITTEN_EVERY = 1.0  # seconds between two lines of progress
MOST_STARTS = 5
SHOWN = timedelta(days=1)  # after its end
KEPT = timedelta(days=90)
OPEN = (JobState.WAITING, JobState.RUNNING)
Progress = Callable[[int, int], Awaitable[None]]  # how many of how many are done
Run = Callable[[dict[str, Any], Progress], Awaitable[dict[str, Any]]]
log = logging.getLogger("creos_ui")

_kinds: dict[str, Run] = {}
_here: set[int] = set()  # what this process works on
_wake: asyncio.Event | None = None


class _Overtaken(Exception):
    """Another process has begun it anew, because this one lost its lock."""


def register(kind: str, run: Run) -> None:
    """`run(facts, progress)` returns what is shown at its end: text_key, values, link."""
    assert kind not in _kinds, kind
    _kinds[kind] = run


async def begin(kind: str, facts: dict[str, Any], by: int | None, key: str) -> Job:
    """The job of this key, new or known already, whatever became of it. The key has 100 characters at most; `by` is
    the account that asked, None the portal itself."""
    assert kind in _kinds, kind

    async def work(connection: Any) -> Job:
        await one_at_a_time(connection, f"job {key}")
        known = await Job.get_or_none(key=key, using_db=connection)
        return known or await Job.create(
            key=key,
            kind=kind,
            facts=json.dumps(facts, ensure_ascii=False),
            asked_by_id=by,
            asked_at=clock.now(),
            using_db=connection,
        )

    job = await atomic(work)
    if _wake:
        _wake.set()
    return job


async def open_jobs(account_id: int) -> list[Job]:
    """What waits, runs, or ended within a day, the newest first, for everybody in the office (O1). Raises
    NotAllowed."""
    await roles.require(account_id, Act.SEE_OFFICE)
    return await Job.filter(Q(state__in=OPEN) | Q(ended_at__gt=clock.now() - SHOWN)).order_by("-id")


def result_of(job: Job) -> dict[str, Any]:
    """What its last sentence is written from; nothing before its end."""
    result: dict[str, Any] = json.loads(job.result or "{}")
    return result


async def prune() -> None:
    """Delete what ended 90 days ago."""
    old = Job.filter(ended_at__lte=clock.now() - KEPT)
    if not await old.exists():
        return

    async def work(connection: Any) -> None:
        await Job.filter(ended_at__lte=clock.now() - KEPT).using_db(connection).delete()

    await atomic(work)


async def work() -> None:
    """Runs until it is cancelled; what it was at then is begun again by the next process."""
    global _wake
    _wake = wake = asyncio.Event()
    while True:
        wake.clear()
        try:
            await work_through()
        except Exception as exc:
            if not _is_blocked(exc):
                log.error("jobs: %s", type(exc).__name__)  # its words may name somebody
        with suppress(TimeoutError):
            async with asyncio.timeout(EVERY):
                await wake.wait()


async def work_through() -> None:
    """Do what waits now, and what a process that ended left, the oldest first."""
    found = Job.filter(state__in=OPEN, kind__in=list(_kinds)).order_by("id")
    for job in await found.only("id"):
        if job.id in _here:
            continue
        _here.add(job.id)
        try:
            async with lock.held(f"job-{job.id}") as held:
                if held:
                    await _do(job.id)
        finally:
            _here.discard(job.id)


async def _do(job_id: int) -> None:
    job = await Job.get_or_none(id=job_id)
    if job is None or job.state not in OPEN:  # done while the lock was waited for
        return
    if job.starts >= MOST_STARTS:
        await _end(job, JobState.FAILED, {"text_key": "jobs.given_up", "values": {}})
        return
    mine = Job.filter(id=job.id, starts=job.starts, state__in=OPEN)
    begun = {"state": JobState.RUNNING, "starts": job.starts + 1, "started_at": clock.now()}
    if not await update(mine, **begun, done_count=0, total_count=0):
        return
    job.starts += 1
    counted = _Counted(job)
    try:
        result = await _kinds[job.kind](json.loads(job.facts), counted.progress)
    except _Overtaken:
        return
    except DomainError as exc:
        if _is_blocked(exc):
            await _put_back(job)
            return
        await _end(job, JobState.FAILED, {"text_key": exc.text_key, "values": exc.values})
    except Exception as exc:
        if _is_blocked(exc):
            await _put_back(job)
            return
        reference = secrets.token_hex(4)
        log.error("job %s, reference %s: %s", job.kind, reference, type(exc).__name__)  # its words may name somebody
        await _end(job, JobState.FAILED, {"text_key": "jobs.failed", "values": {"reference": reference}})
    else:
        await _end(job, JobState.DONE, result, done_count=counted.done, total_count=counted.total)


class _Counted:
    """How far a job is: written now and then, because each line costs a transaction."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.done = self.total = 0
        self.written_at = float("-inf")

    async def progress(self, done: int, total: int) -> None:
        self.done, self.total = done, total
        if time.monotonic() - self.written_at < WRITTEN_EVERY:
            return
        self.written_at = time.monotonic()
        with suppress(NotSaved):  # it is for looking at only
            if not await update(_still(self.job), done_count=done, total_count=total):
                raise _Overtaken


def _still(job: Job) -> Any:
    """The job, as long as nobody else has begun it again."""
    return Job.filter(id=job.id, starts=job.starts, state__in=OPEN)


async def _end(job: Job, state: JobState, result: dict[str, Any], **counts: int) -> None:
    text = json.dumps(result, ensure_ascii=False, default=str)
    await update(_still(job), state=state, ended_at=clock.now(), result=text, **counts)


async def _put_back(job: Job) -> None:
    """The database is in the way, not the job: later, and it does not count as a start."""
    await update(_still(job), state=JobState.WAITING, starts=job.starts - 1)


def _is_blocked(exc: Exception) -> bool:
    return isinstance(exc, NotSaved) or (isinstance(exc, OperationalError) and refusing.is_refusal(exc))
