"""Which of the pages of a long list is shown, and the way to the others; nothing where there is one page only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pages.elements.buttons import button
from pages.elements.html import box, text
from pages.reader import Reader


class Pager:
    """`turn` is called with -1 or 1."""

    def __init__(self, name: str, reader: Reader, turn: Callable[[int], Awaitable[None]]) -> None:
        self._reader, self._turn = reader, turn
        self._nav = box("nav", "pager", aria_label=name)
        self._nav.set_visibility(False)

    def show(self, *, page: int, last: int, page_size: int, shown: int, total: int) -> None:
        """`page` and `last` from 1; `shown` of `total` lines are on the screen."""
        self._nav.set_visibility(last > 1)
        if last <= 1:
            return
        if not self._nav.default_slot.children:
            self._fill()
        first = (page - 1) * page_size + 1
        words = self._reader.t("pager.range", first=first, last=first + shown - 1, total=total) if shown else ""
        self._range.set_text(words)
        self._previous.set_enabled(page > 1)
        self._next.set_enabled(page < last)

    def _fill(self) -> None:
        with self._nav:
            self._range = text("span", "", "muted num", role="status")
            self._previous = button("‹", "plain", lambda: self._turn(-1), aria_label=self._reader.t("pager.previous"))
            self._next = button("›", "plain", lambda: self._turn(1), aria_label=self._reader.t("pager.next"))
