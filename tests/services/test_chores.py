"""Chores beside the work of a loop: one a round; one that fails holds up no other and is told once."""

from __future__ import annotations

import pytest

from creos_ui.errors import Busy, NotSaved
from creos_ui.services import chores
from creos_ui.services.chores import RESTED, Chores


class Recorder:
    """Chores that write down their turn, and fail as often as they are told to."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.told: list[Exception] = []
        self.failing: dict[str, Exception] = {}
        self.chores = Chores(self.first, self.second, tell=self.told.append)

    async def first(self) -> None:
        self._turn("first")

    async def second(self) -> None:
        self._turn("second")

    def _turn(self, name: str) -> None:
        self.done.append(name)
        if name in self.failing:
            raise self.failing[name]

    async def rounds(self, count: int) -> list[str]:
        """Which had their turn in so many rounds."""
        self.done.clear()
        for _ in range(count):
            await self.chores.next()
        return list(self.done)


async def test_one_a_round_and_none_until_they_are_due() -> None:
    recorder = Recorder()
    assert await recorder.rounds(2) == []
    recorder.chores.begin()
    assert await recorder.rounds(1) == ["first"]
    assert await recorder.rounds(3) == ["second"]
    recorder.chores.begin()
    assert await recorder.rounds(3) == ["first", "second"]


async def test_after_one_that_fails_none_is_tried_for_a_while() -> None:
    recorder = Recorder()
    recorder.failing["first"] = Busy()
    recorder.chores.begin()
    assert await recorder.rounds(1 + RESTED) == ["first"]
    assert await recorder.rounds(1) == ["second"]
    assert await recorder.rounds(1 + RESTED) == ["first"]


async def test_one_that_fails_comes_again_after_the_others_and_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chores, "RESTED", 0)
    recorder = Recorder()
    recorder.failing["first"] = wrong = RuntimeError()
    recorder.chores.begin()
    assert await recorder.rounds(4) == ["first", "second", "first", "first"]
    recorder.chores.begin()
    assert await recorder.rounds(3) == ["first", "second", "first"]
    assert recorder.told == [wrong]
    recorder.failing.clear()
    assert await recorder.rounds(3) == ["first"]
    recorder.failing["first"] = again = RuntimeError()
    recorder.chores.begin()
    await recorder.rounds(4)
    assert recorder.told == [wrong, again], "it had succeeded meanwhile"


async def test_a_database_that_takes_no_writes_was_noted_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chores, "RESTED", 0)
    for refusal in (NotSaved(), Busy()):
        recorder = Recorder()
        recorder.failing["first"] = refusal
        recorder.chores.begin()
        assert await recorder.rounds(3) == ["first", "second", "first"]
        assert recorder.told == []
