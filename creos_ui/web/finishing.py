"""Work that must be finished once it has begun: a payment is not dropped because its page closes or the server stops
(R56)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from creos_ui.errors import DomainError

T = TypeVar("T")
log = logging.getLogger("creos_ui")
LONGEST = 15.0  # seconds a stopping server waits

_running: set[asyncio.Task[Any]] = set()


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Await `work` in a task of its own: it goes on if the caller is cancelled, and a stopping server waits for it."""
    task = asyncio.create_task(work)
    _running.add(task)
    task.add_done_callback(_done)
    return await asyncio.shield(task)


async def all_done() -> None:
    """Wait for what is running, 15 seconds at most; called before NiceGUI shuts down and the database closes."""
    if _running:
        await asyncio.wait(set(_running), timeout=LONGEST)
    if _running:
        log.error("stopped while %s payments were still running", len(_running))


async def cancelled(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel these until they have ended. Once is not enough: Python 3.11's wait_for, which sending mail uses, swallows
    a cancellation that comes at the very moment its own work is done."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=1)


def _done(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if task.cancelled():
        return
    exception = task.exception()  # read here, because perhaps nothing awaits the task any more
    if exception is not None and not isinstance(exception, DomainError):
        log.error("work that had to end has failed: %s", type(exception).__name__)
