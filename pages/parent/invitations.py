"""Mes invitations: what the school asks of this family, and what a click on it does."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from nicegui import events, ui

from creos_ui.errors import AlreadyAnswered, AnsweringClosed, DomainError, NotEnoughCredit
from creos_ui.services import automatic, ledger
from creos_ui.services.households import other_guardians
from creos_ui.services.invitation_list import (
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
from creos_ui.services.invitations import MOST_AT_ONCE, Agreed, decline_invitation, pay_invitations
from creos_ui.services.sessions import SignedIn
from creos_ui.texts import t
from creos_ui.web.finishing import to_the_end
from creos_ui.web.serving import settings
from pages.elements import box, button, text
from pages.layout import frame, notify_done, notify_refusal, refusals_shown
from pages.parent.elsewhere import Elsewhere
from pages.parent.invitation_grid import InvitationGrid
from pages.parent.payment_dialogs import confirm_decline, confirm_payment, show_missing_credit
from pages.session import Language, Me

PATH = "/invitations"
# what each tab is sorted by until the parent chooses: what is due first, what was answered last
FIRST = {
    Tab.OPEN: ("due_on", False),
    Tab.PAID: ("paid_on", True),
    Tab.DECLINED: ("declined_on", True),
    Tab.ALL: ("due_on", True),
}


@ui.page(PATH)
async def invitations_page(me: Me, language: Language, tab: str = "") -> None:
    children = await children_of(me.guardian_id)
    balance = await ledger.balance_cents(me.guardian_id)
    with frame(t("invitations.title", language), me, language, path=PATH, balance_cents=balance) as pill:
        view = InvitationsView(me, language, pill.show, balance)
        if tab in list(Tab):  # the calendar leads to one of them
            sort, descending = FIRST[Tab(tab)]
            view.wanted = Wanted(tab=Tab(tab), sort=sort, descending=descending)
        with box("div", "page-head"):
            with box("div"):
                text("h1", t("invitations.title", language))
                view.waiting = text("p", "", "muted", role="status")
            view.search_field()
        with box("div", "filters"):
            view.tabs()
            if len(children) > 1:
                view.child_chips(children)
        view.grid = InvitationGrid(language)
        view.listen()
        view.empty = box("div", "empty")
        view.closed = text("p", t("change.closed", language, contact=settings().school_contact), "muted closed-note")
        view.pager()
        view.selection_bar()
        view.elsewhere = Elsewhere(language)
        pill.changed = view.refresh  # before the first look: nothing that happens after it is missed
        pill.follow(await other_guardians(me.guardian_id))
        await view.load()


class InvitationsView:
    """The state of one open page. Every argument of a handler comes from a browser: the services check it again."""

    def __init__(self, me: SignedIn, language: str, show_balance: Callable[[int], None], balance_cents: int) -> None:
        self.me, self.language = me, language
        self.wanted = Wanted()
        self.lines: list[Line] = []
        self.total = 0
        self.selected: dict[int, Line] = {}
        self.balance_cents = balance_cents
        self._show_balance = show_balance
        self.waiting: Any
        self.grid: InvitationGrid
        self.empty: ui.element
        self.closed: ui.element
        self.elsewhere: Elsewhere

    def t(self, key: str, **values: Any) -> str:
        return t(key, self.language, **values)

    # what is on the screen

    def search_field(self) -> None:
        field = ui.input(placeholder=self.t("invitations.search"), on_change=lambda e: self.find(e.value))
        field.props("outlined dense debounce=300 type=search maxlength=80").classes("search")
        field.props["aria-label"] = self.t("invitations.search_label")

    def tabs(self) -> None:
        self._tabs: dict[Tab, ui.button] = {}
        with box("div", "chips", role="group", aria_label=self.t("invitations.tabs")):
            for tab in Tab:
                self._tabs[tab] = _chip("", partial(self.open_tab, tab))

    def child_chips(self, children: list[tuple[int, str]]) -> None:
        self._children: dict[int | None, ui.button] = {}
        with box("div", "chips", role="group", aria_label=self.t("invitations.children")):
            for pupil_id, name in [(None, self.t("invitations.all_children")), *children]:
                self._children[pupil_id] = _chip(name, partial(self.choose_child, pupil_id)).classes("child")

    def pager(self) -> None:
        with box("nav", "pager", aria_label=self.t("pager.next")) as self._pager:
            self._range = text("span", "", "muted num", role="status")
            self._previous = button("‹", "plain", lambda: self.turn(-1), aria_label=self.t("pager.previous"))
            self._next = button("›", "plain", lambda: self.turn(1), aria_label=self.t("pager.next"))

    def selection_bar(self) -> None:
        with box("div", "selection", role="region", aria_label=self.t("column.select")) as self._bar:
            self._sum = text("span", "", "sum num", role="status")
            self._after = text("span", "", "after num")
            button(self.t("selection.clear"), "plain quiet", self.clear_selection)
            button(self.t("selection.pay"), "primary", lambda: self.pay(list(self.selected)))

    def listen(self) -> None:
        table = self.grid.table
        table.on("pay", lambda e: self.pay([e.args]))
        table.on("decline", lambda e: self.decline(e.args))
        table.on("unwish", lambda e: self.take_back(e.args))
        table.on("why", lambda: ui.notify(self.t("invitation.mandatory_reason"), timeout=5000))
        table.on("pick", self.pick)
        table.on("order", lambda e: self.order(e.args))

    # what a click does

    async def find(self, words: Any) -> None:
        await self.look_at(replace(self.wanted, search=words if isinstance(words, str) else "", page=1))

    async def choose_child(self, pupil_id: int | None) -> None:
        await self.look_at(replace(self.wanted, pupil_id=pupil_id, page=1))

    async def open_tab(self, tab: Tab) -> None:
        sort, descending = FIRST[tab]
        await self.look_at(replace(self.wanted, tab=tab, sort=sort, descending=descending, page=1))

    async def order(self, column: Any) -> None:
        if column in SORTS:
            descending = column == self.wanted.sort and not self.wanted.descending
            await self.look_at(replace(self.wanted, sort=column, descending=descending, page=1))

    async def turn(self, pages: int) -> None:
        await self.look_at(replace(self.wanted, page=self.wanted.page + pages))

    async def look_at(self, wanted: Wanted) -> None:
        self.wanted = wanted
        await self.load()

    async def pick(self, e: events.GenericEventArguments) -> None:
        """Select an invitation to pay, or drop it; only their own, payable ones get in."""
        invitation_id, on = _pair(e.args)
        if not on:
            self.selected.pop(invitation_id, None)
        elif len(self.selected) >= MOST_AT_ONCE:
            ui.notify(self.t("selection.full", most=MOST_AT_ONCE), type="negative")
        else:
            for line in await invitations_of(self.me.guardian_id, [invitation_id]):
                if line.payable:
                    self.selected[line.id] = line
        self.show_lines()  # the browser has ticked already: what counts is what is shown now
        self.show_selection()

    def clear_selection(self) -> None:
        self.selected.clear()
        self.show_lines()
        self.show_selection()

    async def pay(self, ids: list[Any]) -> None:
        key = secrets.token_urlsafe(24)  # one intention, one payment, however often the click arrives
        theirs = await self._theirs(ids)
        lines = [line for line in theirs if line.can_be_paid]
        if not lines or len(lines) < len(set(ids)):
            return await self._look_again(theirs)
        total = sum(line.amount_cents for line in lines)
        self.balance_cents = await ledger.balance_cents(self.me.guardian_id)
        if total > self.balance_cents:
            await self._short(lines, total - self.balance_cents)
            return await self.show_again([])
        if not await confirm_payment(lines, self.balance_cents, self.language):
            return None
        agreed = [Agreed(line.id, line.amount_cents, line.answer_no) for line in lines]
        try:
            await to_the_end(pay_invitations(agreed, debtor_id=self.me.guardian_id, key=key, actor=self.me.actor))
        except NotEnoughCredit as refusal:  # the balance went elsewhere while the dialog was open
            await self._short(lines, refusal.missing_cents)
        except DomainError as refusal:
            notify_refusal(refusal, self.language)
        else:
            if len(lines) == 1:
                notify_done(self.t("done.paid", title=lines[0].title, child=lines[0].pupil_first_name))
            else:
                notify_done(self.t("done.paid_many", number=len(lines)))
        return await self.show_again(ids)

    async def decline(self, invitation_id: Any) -> None:
        # open, or declinable: a mandatory or closed one gets as far as the service, which says why not
        theirs = await self._theirs([invitation_id])
        lines = [line for line in theirs if line.status == "open" or line.declinable]
        if not lines:
            return await self._look_again(theirs)
        (line,) = lines
        self.balance_cents = await ledger.balance_cents(self.me.guardian_id)
        if not await confirm_decline(line, self.balance_cents, self.language):
            return None
        with refusals_shown(self.language):
            await to_the_end(
                decline_invitation(
                    line.id, debtor_id=self.me.guardian_id, answer_no=line.answer_no, actor=self.me.actor
                )
            )
            key = "change.done" if line.paid_on else "done.declined"
            values = {"title": line.title, "child": line.pupil_first_name, "amount_cents": line.amount_cents}
            notify_done(self.t(key, **values))
        return await self.show_again([line.id])

    async def take_back(self, invitation_id: Any) -> None:
        """No longer pay this one by itself."""
        with refusals_shown(self.language):
            for line in await self._theirs([invitation_id]):
                await to_the_end(automatic.wish(line.id, self.me.guardian_id, False))
                notify_done(self.t("wish.taken_back", title=line.title))
        await self.show_again([])

    async def _theirs(self, ids: list[Any]) -> list[Line]:
        return await invitations_of(self.me.guardian_id, [i for i in ids if type(i) is int])

    async def _short(self, lines: list[Line], missing_cents: int) -> None:
        wallet = await ledger.wallet_of(self.me.guardian_id)
        wished = await show_missing_credit(lines, missing_cents, wallet.id, self.language)
        changed = [(line.id, line.amount_cents) for line in lines if line.wish != wished]
        if wished is None or not changed:
            return
        with refusals_shown(self.language):
            await to_the_end(automatic.wish_all(changed, self.me.guardian_id, wished))
            if wished:
                notify_done(self.t("wish.noted"))

    async def _look_again(self, theirs: list[Line]) -> None:
        closed = any(line.too_late for line in theirs)
        notify_refusal(AnsweringClosed() if closed else AlreadyAnswered(), self.language)
        await self.load()

    # showing it

    async def load(self) -> None:
        """The page of invitations that is wanted, and the counts, from the database."""
        page = await page_of_invitations(self.me.guardian_id, self.wanted)
        last = max(1, -(-page.total // self.wanted.page_size))
        self.wanted = replace(self.wanted, page=min(max(self.wanted.page, 1), last))
        self.lines, self.total = page.lines, page.total
        self.show_lines()
        self._show_pager(last)
        await self._show_counts()
        self.show_selection()
        await self.elsewhere.show(self.me.guardian_id)

    async def show_again(self, ids: list[Any]) -> None:
        """After an answer: the rows change where they stand, and leave the tab only when it is opened again."""
        fresh = {line.id: line for line in await invitations_of(self.me.guardian_id, [line.id for line in self.lines])}
        self.lines = [fresh.get(line.id, line) for line in self.lines]
        self.selected = {i: line for i, line in self.selected.items() if i not in ids and fresh.get(i, line).payable}
        self.balance_cents = await ledger.balance_cents(self.me.guardian_id)
        self._show_balance(self.balance_cents)
        self.show_lines()
        await self._show_counts()
        self.show_selection()

    async def refresh(self, balance_cents: int) -> None:
        """Something changed elsewhere: rows change where they stand, new ones come in; what the parent has chosen,
        looked for or opened stays as it is."""
        mine, looked_at = self.me.guardian_id, None
        while looked_at is not self.wanted:  # the parent may turn a page meanwhile
            looked_at = self.wanted
            page = await page_of_invitations(mine, looked_at)
            now = {line.id: line for line in await invitations_of(mine, [line.id for line in self.lines])}
            now |= {line.id: line for line in await invitations_of(mine, list(self.selected))}
        last = max(1, -(-page.total // looked_at.page_size))
        self.wanted = replace(looked_at, page=min(max(looked_at.page, 1), last))
        lines, self.total = with_answered(page.lines, self.lines, now, looked_at.tab), page.total
        selected = {i: now.get(i, line) for i, line in self.selected.items() if now.get(i, line).payable}
        if (lines, selected) != (self.lines, self.selected):
            self.lines, self.selected = lines, selected
            self.show_lines()
        self.balance_cents = balance_cents
        self._show_pager(last)
        await self._show_counts()
        self.show_selection()
        await self.elsewhere.show(mine)

    def show_lines(self) -> None:
        self.grid.show(
            self.lines, selected=set(self.selected), sort=self.wanted.sort, descending=self.wanted.descending
        )
        self.grid.table.set_visibility(bool(self.lines))
        self.empty.set_visibility(not self.lines)
        self.closed.set_visibility(any(line.too_late for line in self.lines))
        if not self.lines:
            kind = "search" if self.wanted.search.strip() or self.wanted.pupil_id else str(self.wanted.tab)
            self.empty.clear()
            with self.empty:
                text("p", self.t(f"empty.{kind}"), "what")
                text("p", self.t(f"empty.{kind}_hint"), "muted")

    async def _show_counts(self) -> None:
        counts = await counts_of(self.me.guardian_id, self.wanted.pupil_id)
        for tab, chip in self._tabs.items():
            chip.set_text(f"{self.t(f'invitations.tab_{tab}')} {_count(counts, tab)}")
            chip.props["aria-pressed"] = str(tab == self.wanted.tab).lower()
            chip.update()
        for pupil_id, chip in getattr(self, "_children", {}).items():
            chip.props["aria-pressed"] = str(pupil_id == self.wanted.pupil_id).lower()
            chip.update()
        if counts.open:
            self.waiting.set_text(self.t("invitations.waiting", count=counts.open, total_cents=counts.open_cents))
        else:
            self.waiting.set_text(self.t("invitations.nothing_waiting"))

    def _show_pager(self, last: int) -> None:
        self._pager.set_visibility(last > 1)
        first = (self.wanted.page - 1) * self.wanted.page_size + 1
        self._range.set_text(
            self.t("pager.range", first=first, last=first + len(self.lines) - 1, total=self.total) if self.lines else ""
        )
        self._previous.set_enabled(self.wanted.page > 1)
        self._next.set_enabled(self.wanted.page < last)

    def show_selection(self) -> None:
        self._bar.set_visibility(bool(self.selected))
        total = sum(line.amount_cents for line in self.selected.values())
        self._sum.set_text(self.t("selection.sum", count=len(self.selected), total_cents=total))
        after = self.balance_cents - total
        self._after.set_text(
            self.t("selection.after", after_cents=after)
            if after >= 0
            else self.t("selection.missing", missing_cents=-after)
        )


def with_answered(fresh: list[Line], shown: list[Line], now: dict[int, Line], tab: Tab) -> list[Line]:
    """The fresh lines, and where they stood those that an answer has just taken out of this tab."""
    there = {line.id for line in fresh}
    lines = list(fresh)
    for position, line in enumerate(shown):
        changed = now.get(line.id)
        if changed and line.id not in there and tab != Tab.ALL and changed.status != tab.value:
            before = next((i for i, one in enumerate(lines) if position and one.id == shown[position - 1].id), None)
            lines.insert(min(position, len(lines)) if before is None else before + 1, changed)
    return lines


def _chip(label: str, on_click: Callable[[], Any]) -> ui.button:
    chip = ui.button(label, on_click=on_click, color=None).classes("chip")
    return chip.props("unelevated no-caps aria-pressed=false")


def _count(counts: Counts, tab: Tab) -> int:
    return {Tab.OPEN: counts.open, Tab.PAID: counts.paid, Tab.DECLINED: counts.declined, Tab.ALL: counts.all}[tab]


def _pair(args: Any) -> tuple[int, bool]:
    """(invitation id, on) of a tick's event; (0, False) for anything else."""
    if isinstance(args, list) and len(args) == 2 and type(args[0]) is int and isinstance(args[1], bool):
        return args[0], args[1]
    return 0, False
