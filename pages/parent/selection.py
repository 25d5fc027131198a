"""The invitations ticked to be paid together, and the bar that says their sum."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any

from nicegui import ui

from creos_ui.services.invitations.answering import MOST_AT_ONCE
from creos_ui.services.invitations.listing import Line
from pages.elements.buttons import button
from pages.elements.html import box, text
from pages.reader import Parent


class Selection:
    """`pay` is called with the ids; `changed` after each tick, so that the grid shows what counts."""

    def __init__(
        self,
        me: Parent,
        *,
        pay: Callable[[list[Any]], Awaitable[None]],
        changed: Callable[[], None],
    ) -> None:
        self._me, self._pay, self._changed = me, pay, changed
        self.lines: dict[int, Line] = {}
        self._bar = box("div", "selection", role="region", aria_label=me.t("column.select"))
        self._bar.set_visibility(False)

    def pick(self, args: Any, on_screen: Iterable[Line]) -> None:
        """Tick one of the lines on the screen or drop it, as a browser says; whatever else it may say changes nothing.

        Nothing is awaited here: « Payer la sélection », clicked right after, would otherwise overtake the tick.
        """
        invitation_id, on = _pair(args)
        if not on:
            self.lines.pop(invitation_id, None)
        elif len(self.lines) >= MOST_AT_ONCE:
            ui.notify(self._me.t("selection.full", most=MOST_AT_ONCE), type="negative")
        else:
            self.lines |= {line.id: line for line in on_screen if line.id == invitation_id and line.payable}
        self._changed()  # the browser has ticked already

    def keep(self, asked: Collection[int], now: dict[int, Line]) -> None:
        """Each as it is `now`, if it can still be paid; what was `asked` for and is not there is no longer theirs."""
        lines = {i: now.get(i, line) for i, line in self.lines.items() if i in now or i not in asked}
        self.lines = {i: line for i, line in lines.items() if line.payable}

    def show(self, balance_cents: int) -> None:
        self._bar.set_visibility(bool(self.lines))
        if not self.lines:
            return
        if not self._bar.default_slot.children:  # most visits tick nothing
            self._fill()
        total = sum(line.amount_cents for line in self.lines.values())
        self._sum.set_text(self._me.t("selection.sum", count=len(self.lines), total_cents=total))
        after = balance_cents - total
        self._after.set_text(
            self._me.t("selection.after", after_cents=after)
            if after >= 0
            else self._me.t("selection.missing", missing_cents=-after)
        )

    def _fill(self) -> None:
        with self._bar:
            self._sum = text("span", "", "sum num", role="status")
            self._after = text("span", "", "after num")
            button(self._me.t("selection.clear"), "plain quiet", self._clear)
            button(self._me.t("selection.pay"), "primary", lambda: self._pay(list(self.lines)))

    def _clear(self) -> None:
        self.lines.clear()
        self._changed()


def _pair(args: Any) -> tuple[int, bool]:
    """(invitation id, on) of a tick's event; (0, False) for anything else."""
    if isinstance(args, list) and len(args) == 2 and type(args[0]) is int and isinstance(args[1], bool):
        return args[0], args[1]
    return 0, False
