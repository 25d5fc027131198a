"""The watch goes on whatever fails, and deletes what is over as soon as that can be done."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from creos_ui.errors import Busy
from creos_ui.web import session_watch


async def test_one_prune_that_fails_holds_up_no_other_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    turns: dict[str, int] = {"documents": 0, "busy": 0, "wrong": 0, "good": 0}
    enough = asyncio.Event()

    def turn(name: str, failure: Exception | None = None) -> Any:
        async def prune() -> None:
            turns[name] += 1
            if turns["busy"] > 3 and turns["wrong"] > 3:
                enough.set()
            if failure:
                raise failure

        return prune

    async def look() -> None:
        pass

    monkeypatch.setattr(session_watch, "EVERY", 0)
    monkeypatch.setattr(session_watch, "look", look)
    monkeypatch.setattr(session_watch, "_settle_documents", turn("documents"))
    monkeypatch.setattr(session_watch, "PRUNED", (turn("busy", Busy()), turn("wrong", RuntimeError()), turn("good")))
    with caplog.at_level(logging.ERROR):
        task = asyncio.create_task(session_watch.watch())
        try:
            async with asyncio.timeout(10):
                await enough.wait()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    assert (turns["documents"], turns["good"]) == (1, 1)
    (line,) = caplog.messages
    assert line.startswith("unexpected in the watch over sessions")
