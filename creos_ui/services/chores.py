"""What is done now and then, beside the work of a loop: one chore a round, so that none holds the loop up for long.

One that fails holds up no other: it comes again after them. Nothing is tried for a while then, because where a database
lets nobody write, whoever wants to waits behind the one that tries. That is noted where it is refused; any other
failure is told once, until that chore has succeeded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable

from creos_ui.errors import NotSaved

RESTED = 30  # rounds
Chore = Callable[[], Awaitable[object]]


class Chores:
    def __init__(self, *chores: Chore, tell: Callable[[Exception], object]) -> None:
        self._all, self._tell = chores, tell
        self._due: deque[Chore] = deque()
        self._failing: set[Chore] = set()
        self._rest = 0

    def begin(self) -> None:
        """All of them are due."""
        self._due = deque(self._all)

    async def next(self) -> None:
        """Do the one that comes next, if any is due."""
        if self._rest:
            self._rest -= 1
            return
        if not self._due:
            return
        chore = self._due.popleft()
        try:
            await chore()
        except Exception as exc:
            self._due.append(chore)
            self._rest = RESTED
            if not isinstance(exc, NotSaved) and chore not in self._failing:
                self._failing.add(chore)
                self._tell(exc)
        else:
            self._failing.discard(chore)
