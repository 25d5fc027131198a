"""A fault injected at every await of some work, one after the other, without leaving the moment to chance."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

CUT = object()


async def interrupted(work: Awaitable[Any], suspension: int) -> Any:
    """Run `work` in a task of its own, cancelled where it waits for the n-th time.

    Returns CUT if that ended it, else its result: perhaps it never waits that often.
    """

    async def cancel() -> None:
        task.cancel()

    task = asyncio.create_task(disturbed(work, suspension, cancel))
    try:
        return await task
    except asyncio.CancelledError:
        return CUT


async def disturbed(work: Awaitable[Any], suspension: int, fault: Callable[[], Coroutine[Any, Any, None]]) -> Any:
    """Run `work`; where it waits for the n-th time, `fault` happens first."""

    async def whole() -> Any:
        return await work

    return await _stepped(whole(), suspension, fault)


@types.coroutine
def _stepped(
    work: Coroutine[Any, Any, Any], suspension: int, fault: Callable[[], Coroutine[Any, Any, None]]
) -> Generator[Any, Any, Any]:
    error: BaseException | None = None
    count = 0
    while True:
        try:
            waiting_for = work.throw(error) if error else work.send(None)
        except StopIteration as done:
            return done.value
        error, count = None, count + 1
        try:
            if count == suspension:
                yield from fault().__await__()
            yield waiting_for
        except BaseException as exc:
            error = exc
