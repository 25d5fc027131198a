"""Two households: whether my child takes part in what the other one was asked, and nothing else of it."""

from __future__ import annotations

from nicegui import ui
from nicegui.element import Element

from creos_ui.services.invitations.other_household import TakingPart
from creos_ui.texts import day
from pages.elements.html import box, text
from pages.reader import Parent


class Elsewhere:
    """The last section under the invitations, made where there is another household."""

    def __init__(self, me: Parent) -> None:
        self._me = me
        self._page = ui.context.slot.parent
        self._section: Element | None = None

    def show(self, found: list[TakingPart]) -> None:
        if self._section is None:
            if not found:
                return
            with self._page:
                self._section = box("section", "elsewhere", aria_labelledby="elsewhere")
        self._section.set_visibility(bool(found))
        self._section.clear()
        with self._section:
            text("h2", self._me.t("elsewhere.title"), id="elsewhere")
            text("p", self._me.t("elsewhere.text"), "muted")
            with box("ul"):
                for one in found:
                    self._item(one)

    def _item(self, one: TakingPart) -> None:
        look, key = {
            True: ("paid", "elsewhere.takes_part"),
            False: ("declined", "elsewhere.takes_no_part"),
            None: ("closed", "elsewhere.awaited"),
        }[one.takes_part]
        with box("li"):
            with box("div", "grow"):
                text("div", one.title, "what")
                text("div", f"{one.child} · {day(one.starts_on)}", "muted num")
            text("span", self._me.t(key), f"badge {look}")
