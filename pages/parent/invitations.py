"""Mes invitations: what the school asks of this family; answering.py is what a click on one of them does."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from markupsafe import Markup
from nicegui import ui

from creos_ui.services.invitations.listing import (
    SORTS,
    Counts,
    Line,
    Tab,
    Wanted,
    children_of,
    counts_of,
    invitations_of,
    page_of_invitations,
)
from creos_ui.services.invitations.other_household import answered_elsewhere
from creos_ui.services.money import ledger
from creos_ui.services.people.households import other_guardians
from creos_ui.services.school import school
from pages.elements.chips import Chips
from pages.elements.html import box, fixed, rewrite, text
from pages.elements.notices import notify
from pages.elements.pager import Pager
from pages.parent.answering import Answering
from pages.parent.elsewhere import Elsewhere
from pages.parent.invitation_grid import InvitationGrid
from pages.parent.parent_frame import WalletPill, parent_frame
from pages.parent.selection import Selection
from pages.reader import Me, Parent

PATH = "/invitations"
EVERYBODY = 0  # no child's id
_EMPTY = Markup('<div class="empty"><p class="what">{}</p><p class="muted">{}</p></div>')
_CLOSED = Markup('<p class="muted closed-note">{}</p>')
# what each tab is sorted by until the parent chooses: what is due first, what was answered last
FIRST = {
    Tab.OPEN: ("due_on", False),
    Tab.PAID: ("paid_on", True),
    Tab.DECLINED: ("declined_on", True),
    Tab.ALL: ("due_on", True),
}


@ui.page(PATH)
async def invitations_page(me: Me, tab: str = "") -> None:
    children = await children_of(me.guardian_id)
    balance = await ledger.balance_cents(me.guardian_id)
    with parent_frame(me.t("invitations.title"), me, path=PATH, balance_cents=balance) as pill:
        view = InvitationsView(me, pill)
        if tab in list(Tab):  # the calendar leads to one of them
            sort, descending = FIRST[Tab(tab)]
            view.wanted = Wanted(tab=Tab(tab), sort=sort, descending=descending)
        with box("div", "page-head with-search"):
            text("h1", me.t("invitations.title"))
            view.waiting = text("p", "", "muted", role="status")
            view.search_field()
        with box("div", "filters"):
            view.tabs = Chips(me.t("invitations.tabs"), view.open_tab)
            if len(children) > 1:
                view.child_chips(children)
        view.grid = InvitationGrid(me)
        view.listen()
        view.below = fixed(Markup(""))
        view.pager = Pager(me.t("pager.next"), me, view.turn)
        view.selection = Selection(me, pay=view.answering.pay, changed=view.show_lines)
        view.elsewhere = Elsewhere(me)
        pill.changed = view.look  # before the first look: nothing that happens after it is missed
        pill.follow(await other_guardians(me.guardian_id))
        await view.look()


class InvitationsView:
    """The state of one open page. Every argument of a handler comes from a browser: the services check it again."""

    def __init__(self, me: Parent, pill: WalletPill) -> None:
        self.me, self.pill = me, pill
        self.answering = Answering(me, pill)
        self.wanted = self.shown = Wanted()  # what was chosen, and what the screen shows: the same, after a look
        self.lines: list[Line] = []
        self._looking = asyncio.Lock()  # one look after the other: an older reading never covers a newer one
        self.waiting: Any
        self.tabs: Chips
        self.children: Chips | None = None
        self.grid: InvitationGrid
        self.pager: Pager
        self.selection: Selection
        self.below: ui.element
        self.elsewhere: Elsewhere

    # what is on the screen

    def search_field(self) -> None:
        field = ui.input(placeholder=self.me.t("invitations.search"), on_change=lambda e: self.find(e.value))
        field.props("outlined dense debounce=300 type=search maxlength=80").classes("search")
        field.props["aria-label"] = self.me.t("invitations.search_label")

    def child_chips(self, children: list[tuple[int, str]]) -> None:
        self._names = [(EVERYBODY, self.me.t("invitations.all_children")), *children]
        self.children = Chips(self.me.t("invitations.children"), self.choose_child, look="child")

    def listen(self) -> None:
        table = self.grid.table
        table.on("pay", lambda e: self.answering.pay([e.args]))
        table.on("decline", lambda e: self.answering.decline(e.args))
        table.on("unwish", lambda e: self.answering.unwish(e.args))
        table.on("why", lambda: notify(self.me.t("invitation.mandatory_reason")))
        table.on("pick", lambda e: self.selection.pick(e.args, self.lines))
        table.on("order", lambda e: self.order(e.args))

    # what may be chosen

    async def find(self, words: Any) -> None:
        await self.look_at(replace(self.wanted, search=words if isinstance(words, str) else "", page=1))

    async def choose_child(self, pupil_id: Any) -> None:
        chosen = pupil_id if type(pupil_id) is int and pupil_id != EVERYBODY else None
        await self.look_at(replace(self.wanted, pupil_id=chosen, page=1))

    async def open_tab(self, tab: Any) -> None:
        if tab in list(Tab):
            sort, descending = FIRST[Tab(tab)]
            await self.look_at(replace(self.wanted, tab=Tab(tab), sort=sort, descending=descending, page=1))

    async def order(self, column: Any) -> None:
        if column in SORTS:
            descending = column == self.wanted.sort and not self.wanted.descending
            await self.look_at(replace(self.wanted, sort=column, descending=descending, page=1))

    async def turn(self, pages: int) -> None:
        await self.look_at(replace(self.wanted, page=self.wanted.page + pages))

    async def look_at(self, wanted: Wanted) -> None:
        self.wanted = wanted
        await self.look()

    # showing it

    async def look(self) -> None:
        """Read what is wanted and show it: when the page opens, when something else is chosen, and after each change.

        Until something else is chosen, rows that an answer has taken out of the tab stay where they stood.
        """
        async with self._looking:
            mine, wanted = self.me.guardian_id, self.wanted
            page = await page_of_invitations(mine, wanted)
            now = {line.id: line for line in page.lines}
            stood = self.lines if wanted is self.shown else []
            ticked = list(self.selection.lines)
            for ids in ([line.id for line in stood], ticked):
                now |= {line.id: line for line in await invitations_of(mine, [i for i in ids if i not in now])}
            counts = await counts_of(mine, wanted.pupil_id)
            elsewhere = await answered_elsewhere(mine)
            if wanted is not self.wanted:
                return  # something else was chosen meanwhile: the look for it is waiting
            last = max(1, -(-page.total // wanted.page_size))
            self.wanted = self.shown = replace(wanted, page=min(max(wanted.page, 1), last))
            self.lines = with_answered(page.lines, stood, now, wanted.tab)
            self.selection.keep(ticked, now)
            self.show_lines()
            self.pager.show(
                page=self.shown.page, last=last, page_size=wanted.page_size, shown=len(self.lines), total=page.total
            )
            self._show_counts(counts)
            self.elsewhere.show(elsewhere)

    def show_lines(self) -> None:
        """The lines, and which of them are ticked."""
        self.grid.show(
            self.lines, selected=set(self.selection.lines), sort=self.shown.sort, descending=self.shown.descending
        )
        self.grid.table.set_visibility(bool(self.lines))
        rewrite(self.below, self._under_the_grid())
        self.selection.show(self.pill.balance_cents)

    def _under_the_grid(self) -> Markup:
        if not self.lines:
            kind = "search" if self.shown.search.strip() or self.shown.pupil_id else str(self.shown.tab)
            return _EMPTY.format(self.me.t(f"empty.{kind}"), self.me.t(f"empty.{kind}_hint"))
        if any(line.too_late for line in self.lines):
            return _CLOSED.format(self.me.t("change.closed", contact=school().contact))
        return Markup("")

    def _show_counts(self, counts: Counts) -> None:
        tabs = [(str(tab), f"{self.me.t(f'invitations.tab_{tab}')} {_count(counts, tab)}") for tab in Tab]
        self.tabs.show(tabs, str(self.shown.tab))
        if self.children:
            self.children.show(self._names, self.shown.pupil_id or EVERYBODY)
        said = []
        if counts.due or not counts.old:
            key = "invitations.waiting" if counts.due else "invitations.nothing_waiting"
            said.append(self.me.t(key, count=counts.due, total_cents=counts.due_cents))
        if counts.old:
            key = "invitations.old" if counts.due else "invitations.only_old"
            said.append(self.me.t(key, count=counts.old, total_cents=counts.old_cents))
        self.waiting.set_text(". ".join(said))


def with_answered(fresh: list[Line], stood: list[Line], now: dict[int, Line], tab: Tab) -> list[Line]:
    """The fresh lines, and where they stood those that an answer has just taken out of this tab."""
    there = {line.id for line in fresh}
    lines = list(fresh)
    for position, line in enumerate(stood):
        changed = now.get(line.id)
        if changed and line.id not in there and tab != Tab.ALL and changed.status != tab.value:
            before = next((i for i, one in enumerate(lines) if position and one.id == stood[position - 1].id), None)
            lines.insert(min(position, len(lines)) if before is None else before + 1, changed)
    return lines


def _count(counts: Counts, tab: Tab) -> int:
    return {Tab.OPEN: counts.open, Tab.PAID: counts.paid, Tab.DECLINED: counts.declined, Tab.ALL: counts.all}[tab]
