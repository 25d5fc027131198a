"""Mes invitations: what the school asks of this family, and what a click on it does."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from markupsafe import Markup
from nicegui import ui

from creos_ui.errors import AlreadyAnswered, AnsweringClosed, DomainError, NotEnoughCredit
from creos_ui.services.accounts.sessions import SignedIn
from creos_ui.services.invitations import automatic
from creos_ui.services.invitations.answering import decline_invitation, pay_invitations
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
from creos_ui.services.money import ledger
from creos_ui.services.people.households import other_guardians
from creos_ui.texts import t
from creos_ui.web.finishing import to_the_end
from creos_ui.web.serving import settings
from pages.elements import box, fixed, rewrite, text
from pages.layout import frame, notify_done, notify_refusal, refusals_shown
from pages.parent.chips import Chips
from pages.parent.elsewhere import Elsewhere
from pages.parent.invitation_grid import InvitationGrid
from pages.parent.pager import Pager
from pages.parent.payment_dialogs import confirm_decline, confirm_payment, show_missing_credit
from pages.parent.selection import Selection
from pages.session import Language, Me

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
async def invitations_page(me: Me, language: Language, tab: str = "") -> None:
    children = await children_of(me.guardian_id)
    balance = await ledger.balance_cents(me.guardian_id)
    with frame(t("invitations.title", language), me, language, path=PATH, balance_cents=balance) as pill:
        view = InvitationsView(me, language, pill.show, balance)
        if tab in list(Tab):  # the calendar leads to one of them
            sort, descending = FIRST[Tab(tab)]
            view.wanted = Wanted(tab=Tab(tab), sort=sort, descending=descending)
        with box("div", "page-head with-search"):
            text("h1", t("invitations.title", language))
            view.waiting = text("p", "", "muted", role="status")
            view.search_field()
        with box("div", "filters"):
            view.tabs = Chips(t("invitations.tabs", language), view.open_tab)
            if len(children) > 1:
                view.child_chips(children)
        view.grid = InvitationGrid(language)
        view.listen()
        view.below = fixed(Markup(""))
        view.pager = Pager(t("pager.next", language), language, view.turn)
        view.selection = Selection(language, pay=view.pay, changed=view.show_ticks)
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
        self.balance_cents = balance_cents
        self._show_balance = show_balance
        self.waiting: Any
        self.tabs: Chips
        self.children: Chips | None = None
        self.grid: InvitationGrid
        self.pager: Pager
        self.selection: Selection
        self.below: ui.element
        self.elsewhere: Elsewhere

    def t(self, key: str, **values: Any) -> str:
        return t(key, self.language, **values)

    # what is on the screen

    def search_field(self) -> None:
        field = ui.input(placeholder=self.t("invitations.search"), on_change=lambda e: self.find(e.value))
        field.props("outlined dense debounce=300 type=search maxlength=80").classes("search")
        field.props["aria-label"] = self.t("invitations.search_label")

    def child_chips(self, children: list[tuple[int, str]]) -> None:
        self._names = [(EVERYBODY, self.t("invitations.all_children")), *children]
        self.children = Chips(self.t("invitations.children"), self.choose_child, look="child")

    def listen(self) -> None:
        table = self.grid.table
        table.on("pay", lambda e: self.pay([e.args]))
        table.on("decline", lambda e: self.decline(e.args))
        table.on("unwish", lambda e: self.take_back(e.args))
        table.on("why", lambda: ui.notify(self.t("invitation.mandatory_reason"), timeout=5000))
        table.on("pick", lambda e: self.selection.pick(e.args, self.lines))
        table.on("order", lambda e: self.order(e.args))

    # what a click does

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
        await self.load()

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
        agreed = [line.agreed for line in lines]
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
                await to_the_end(automatic.wish_all([line.agreed], self.me.guardian_id, False))
                notify_done(self.t("wish.taken_back", title=line.title))
        await self.show_again([])

    async def _theirs(self, ids: list[Any]) -> list[Line]:
        return await invitations_of(self.me.guardian_id, [i for i in ids if type(i) is int])

    async def _short(self, lines: list[Line], missing_cents: int) -> None:
        wallet = await ledger.wallet_of(self.me.guardian_id)
        wished = await show_missing_credit(lines, missing_cents, wallet.id, self.language)
        changed = [line.agreed for line in lines if line.wish != wished]
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
        self.selection.show(self.balance_cents)
        await self.elsewhere.show(self.me.guardian_id)

    async def show_again(self, ids: list[Any]) -> None:
        """After an answer: the rows change where they stand, and leave the tab only when it is opened again."""
        fresh = {line.id: line for line in await invitations_of(self.me.guardian_id, [line.id for line in self.lines])}
        self.lines = [fresh.get(line.id, line) for line in self.lines]
        self.selection.keep(fresh, without=ids)
        self.balance_cents = await ledger.balance_cents(self.me.guardian_id)
        self._show_balance(self.balance_cents)
        self.show_lines()
        await self._show_counts()
        self.selection.show(self.balance_cents)

    async def refresh(self, balance_cents: int) -> None:
        """Something changed elsewhere: rows change where they stand, new ones come in; what the parent has chosen,
        looked for or opened stays as it is."""
        mine, looked_at = self.me.guardian_id, None
        while looked_at is not self.wanted:  # the parent may turn a page meanwhile
            looked_at = self.wanted
            page = await page_of_invitations(mine, looked_at)
            now = {line.id: line for line in await invitations_of(mine, [line.id for line in self.lines])}
            now |= {line.id: line for line in await invitations_of(mine, list(self.selection.lines))}
        last = max(1, -(-page.total // looked_at.page_size))
        self.wanted = replace(looked_at, page=min(max(looked_at.page, 1), last))
        lines, self.total = with_answered(page.lines, self.lines, now, looked_at.tab), page.total
        ticked = self.selection.lines
        self.selection.keep(now)
        if (lines, self.selection.lines) != (self.lines, ticked):
            self.lines = lines
            self.show_lines()
        self.balance_cents = balance_cents
        self._show_pager(last)
        await self._show_counts()
        self.selection.show(self.balance_cents)
        await self.elsewhere.show(mine)

    def show_lines(self) -> None:
        self.grid.show(
            self.lines, selected=set(self.selection.lines), sort=self.wanted.sort, descending=self.wanted.descending
        )
        self.grid.table.set_visibility(bool(self.lines))
        rewrite(self.below, self._under_the_grid())

    def _under_the_grid(self) -> Markup:
        if not self.lines:
            kind = "search" if self.wanted.search.strip() or self.wanted.pupil_id else str(self.wanted.tab)
            return _EMPTY.format(self.t(f"empty.{kind}"), self.t(f"empty.{kind}_hint"))
        if any(line.too_late for line in self.lines):
            return _CLOSED.format(self.t("change.closed", contact=settings().school_contact))
        return Markup("")

    async def _show_counts(self) -> None:
        counts = await counts_of(self.me.guardian_id, self.wanted.pupil_id)
        tabs = [(str(tab), f"{self.t(f'invitations.tab_{tab}')} {_count(counts, tab)}") for tab in Tab]
        self.tabs.show(tabs, str(self.wanted.tab))
        if self.children:
            self.children.show(self._names, self.wanted.pupil_id or EVERYBODY)
        if counts.open:
            self.waiting.set_text(self.t("invitations.waiting", count=counts.open, total_cents=counts.open_cents))
        else:
            self.waiting.set_text(self.t("invitations.nothing_waiting"))

    def _show_pager(self, last: int) -> None:
        page, size = self.wanted.page, self.wanted.page_size
        self.pager.show(page=page, last=last, page_size=size, shown=len(self.lines), total=self.total)

    def show_ticks(self) -> None:
        self.show_lines()
        self.selection.show(self.balance_cents)


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


def _count(counts: Counts, tab: Tab) -> int:
    return {Tab.OPEN: counts.open, Tab.PAID: counts.paid, Tab.DECLINED: counts.declined, Tab.ALL: counts.all}[tab]
