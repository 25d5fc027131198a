"""Cancellation injected at every await, one after the other, without leaving the moment to chance."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any


@types.coroutine
def _cancelled_at(work: Coroutine[Any, Any, Any], suspension: int) -> Generator[Any, Any, Any]:
    """Step through `work`; where it waits for the n-th time, its task is cancelled."""
    task = asyncio.current_task()
    assert task is not None
    error: BaseException | None = None
    count = 0
    while True:
        try:
            waiting_for = work.throw(error) if error else work.send(None)
        except StopIteration as done:
            return done.value
        error, count = None, count + 1
        if count == suspension:
            task.cancel()
        try:
            yield waiting_for
        except BaseException as exc:
            error = exc


async def interrupted(work: Coroutine[Any, Any, Any], suspension: int) -> Any:
    """Run `work` in a task of its own, cancelled where it waits for the n-th time.

    Returns the CancelledError or other error it ended with, or else its result: perhaps it never waits that often.
    """

    async def run() -> Any:
        return await _cancelled_at(work, suspension)

    (outcome,) = await asyncio.gather(asyncio.create_task(run()), return_exceptions=True)
    return outcome
