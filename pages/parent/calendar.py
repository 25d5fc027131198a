"""Mon calendrier: one month of the family's activities and due dates, and the address to subscribe to it."""

from __future__ import annotations

from datetime import date

from babel.lists import format_list
from nicegui import ui

from creos_ui import clock
from creos_ui.money import LOCALES
from creos_ui.services.invitations.calendar import (
    Entry,
    children_of_family,
    days_of,
    last_of,
    month_beside,
    month_named,
    next_day_after,
)
from creos_ui.services.money import ledger
from creos_ui.services.people.households import other_guardians
from pages.elements.buttons import button
from pages.elements.html import box, text
from pages.parent.calendar_subscription import subscribe
from pages.parent.month_grid import by_day, day_name, fill_day, month_grid, month_name
from pages.parent.parent_frame import parent_frame
from pages.reader import Me, Parent

PATH = "/calendar"


@ui.page(PATH)
async def calendar_page(me: Me, month: str = "") -> None:
    children = await children_of_family(me.guardian_id)
    balance = await ledger.balance_cents(me.guardian_id)
    with parent_frame(me.t("calendar.title"), me, path=PATH, balance_cents=balance) as pill:
        view = CalendarView(me, month_named(month, clock.today()))
        view.head(children)
        view.days = box("div", "month")
        pill.changed = view.refresh  # before the first look: nothing that happens after it is missed
        pill.follow(await other_guardians(me.guardian_id))
        await view.show()


class CalendarView:
    """The month one open page shows."""

    def __init__(self, me: Parent, month: date) -> None:
        self.me, self.month = me, month
        self._subscribing = False
        self.days: ui.element
        self._entries: dict[date, list[Entry]] = {}
        self._shown: date | None = None
        self._cells: dict[date, ui.element] = {}

    def head(self, children: list[str]) -> None:
        with box("div", "page-head calendar-head"):
            with box("div"):
                self._name = text("h1", "")
                names = format_list(children, locale=LOCALES[self.me.language]) if children else ""
                text(
                    "p", self.me.t("calendar.of", children=names) if names else self.me.t("calendar.of_nobody"), "muted"
                )
                self._status = text("p", "", "quiet-only", role="status")
            with box("div", "moves"):
                with box("div", "months", role="group", aria_label=self.me.t("calendar.move")):
                    button("‹", "plain", lambda: self.turn(-1), aria_label=self.me.t("calendar.previous"))
                    button(self.me.t("calendar.today"), "plain", self.go_to_today)
                    button("›", "plain", lambda: self.turn(1), aria_label=self.me.t("calendar.next"))
                button(self.me.t("calendar.subscribe"), "primary", self.subscribe)

    async def turn(self, months: int) -> None:
        await self.go_to(month_beside(self.month, months))

    async def go_to_today(self) -> None:
        await self.go_to(clock.today().replace(day=1))

    async def go_to(self, month: date) -> None:
        self.month = month
        ui.navigate.history.replace(f"{PATH}?month={month:%Y-%m}")
        await self.show()

    async def subscribe(self) -> None:
        if not self._subscribing:  # a double click is one dialog
            self._subscribing = True
            try:
                await subscribe(self.me)
            finally:
                self._subscribing = False

    async def show(self) -> None:
        """The month from the database; the buttons, and the focus on them, stay where they are."""
        month, name = self.month, month_name(self.month, self.me.language)
        days = await days_of(self.me.guardian_id, month, last_of(month))
        later = None if days.entries else await next_day_after(self.me.guardian_id, last_of(month))
        if month != self.month:
            return  # two clicks: the later month is being read
        self._name.set_text(name)
        count = len(days.entries)
        self._status.set_text(
            self.me.t("calendar.shown", month=name, count=count)
            if count
            else self.me.t("calendar.shown_none", month=name)
        )
        self._shown, self._entries = month, by_day(days.entries)
        self.days.clear()
        with self.days:
            if not days.whole:
                text("p", self.me.t("calendar.cut"), "note")
            if not days.entries:
                self._nothing(later)
            self._cells = month_grid(month, self._entries, self.me)

    async def refresh(self) -> None:
        """Something changed elsewhere: only the days it concerns are drawn again."""
        month = self.month
        now = by_day((await days_of(self.me.guardian_id, month, last_of(month))).entries)
        if not self.month == month == self._shown:
            return  # it is being drawn anyway
        if bool(now) != bool(self._entries):
            await self.show()
            return
        for day in now.keys() | self._entries.keys():
            if now.get(day) != self._entries.get(day):
                fill_day(self._cells[day], day, now.get(day, []), self.me)
        self._entries = now

    def _nothing(self, later: date | None) -> None:
        with box("div", "empty"):
            text("p", self.me.t("calendar.empty"), "what")
            if later is None:
                text("p", self.me.t("calendar.empty_hint"), "muted")
            else:
                label = self.me.t("calendar.next_day", day=f"{day_name(later, self.me.language)} {later.year}")
                button(label, "quiet", lambda: self.go_to(later.replace(day=1)))
