"""Mon portefeuille: what is in it, what moved, how to top it up, and what the next 30 days ask of it."""

from __future__ import annotations

from datetime import timedelta

from markupsafe import Markup
from nicegui import ui

from creos_ui import clock
from creos_ui.services.invitations.due import Due, DueLine, due_next
from creos_ui.services.money import ledger
from creos_ui.services.money.wallet import PAGE_SIZE, Movements, balance_over_time, movements
from pages.elements.buttons import button
from pages.elements.facts import Fact, facts
from pages.elements.html import box, fixed, rewrite, text
from pages.elements.pager import Pager
from pages.parent.balance_chart import BalanceChart
from pages.parent.movement_grid import MovementGrid
from pages.parent.parent_frame import parent_frame
from pages.parent.top_up import TopUpCard
from pages.reader import Me, Parent

PATH = "/wallet"
DAYS = 30


@ui.page(PATH)
async def wallet_page(me: Me) -> None:
    wallet = await ledger.wallet_of(me.guardian_id)
    title = me.t("wallet.title")
    with parent_frame(title, me, path=PATH, balance_cents=wallet.balance_cents) as pill:
        with box("div", "page-head wallet-head"), box("div"):
            text("h1", title)
            text("p", me.t("wallet.about"), "muted")
        view = WalletView(me, wallet.id)
        pill.changed = view.load  # before the first look: nothing that happens after it is missed
        await view.load()


class WalletView:
    """The state of one open page; everything in it comes from the database at each look."""

    def __init__(self, me: Parent, wallet_id: int) -> None:
        self.me = me
        self.page = 1
        self._shown_due: Due | None = None
        with box("div", "wallet"):
            with box("div", "wallet-side"):
                self._balance_card()
                self._movements_card()
            with box("div", "wallet-side"):
                with box("section", "card", id="top-up", aria_labelledby="top-up-title"):
                    self.top_up = TopUpCard(wallet_id, me)
                self._next_card()

    # what is on the screen

    def _balance_card(self) -> None:
        with box("section", "card balance", aria_labelledby="balance-title"):
            with box("div", "balance-now"):
                text("h2", self.me.t("wallet.balance"), "muted", id="balance-title")
                self._balance = text("p", "", "balance-amount num")
                self._balance.props["data-testid"] = "wallet-balance"
                self._waiting = text("p", "", "muted", role="status")
                self._missing = text("p", "", "missing", role="status")
            self.chart = BalanceChart(self.me)
            self._top_up_all = self._top_up_button()

    def _movements_card(self) -> None:
        with box("section", "card flush", aria_labelledby="movements-title"):
            with box("div", "card-title"):
                text("h2", self.me.t("wallet.movements"), id="movements-title")
                self._export = text("a", self.me.t("wallet.export"), "link", href="/wallet/movements.csv", download="")
            self.grid = MovementGrid(self.me)
            self._none = text("p", self.me.t("wallet.no_movements"), "muted none")
            self.pager = Pager(self.me.t("wallet.pages"), self.me, self.turn)

    def _next_card(self) -> None:
        with box("section", "card next", aria_labelledby="next-title"):
            text("h2", self.me.t("wallet.next", days=DAYS), id="next-title")
            self._due = fixed(Markup(""), "due-list")

    def _top_up_button(self) -> ui.button:
        """Asks for what is missing and goes to the card that says how."""
        made = button("", "primary wide", self._ask_for_missing)
        made.on(
            "click",
            js_handler="""() => { const card = document.getElementById("top-up");
                card.scrollIntoView({block: "start", behavior: "smooth"});
                document.getElementById("top-up-title").focus({preventScroll: true}); }""",
        )
        return made

    # what a click does

    async def turn(self, pages: int) -> None:
        self.page += pages
        self._show_movements(await movements(self.me.guardian_id, page=self.page))

    def _ask_for_missing(self) -> None:
        if self._shown_due and self._shown_due.missing_cents:
            self.top_up.ask_for(self._shown_due.missing_cents)

    # showing it

    async def load(self) -> None:
        """Everything anew; what has not changed is not sent again, and nothing chosen or typed is lost."""
        guardian_id = self.me.guardian_id
        waiting = await due_next(guardian_id, days=None)
        due = await due_next(guardian_id, days=DAYS)
        self._show_movements(await movements(guardian_id, page=self.page))
        self.chart.show(await balance_over_time(guardian_id))
        self._balance.set_text(self.me.money(waiting.balance_cents))
        self._waiting.set_text(
            self.me.t("wallet.waiting", total_cents=waiting.total_cents)
            if waiting.count
            else self.me.t("wallet.nothing_waiting")
        )
        self.top_up.suggest(waiting)
        self._show_due(due)

    def _show_movements(self, found: Movements) -> None:
        self.page = found.page
        self.grid.show(found.lines)
        self._none.set_visibility(not found.lines)
        self._export.set_visibility(bool(found.lines))
        self.pager.show(
            page=found.page, last=found.last, page_size=PAGE_SIZE, shown=len(found.lines), total=found.total
        )

    def _show_due(self, due: Due) -> None:
        if due == self._shown_due:
            return
        self._shown_due = due
        until = clock.today() + timedelta(days=DAYS)
        missing = due.missing_cents
        self._missing.set_text(self.me.t("wallet.missing", missing_cents=missing, until=until) if missing else "")
        self._missing.set_visibility(bool(missing))
        self._top_up_all.set_text(self.me.t("wallet.top_up_amount", amount_cents=missing))
        self._top_up_all.set_visibility(bool(missing))
        rewrite(self._due, self._due_list(due))

    def _due_list(self, due: Due) -> Markup:
        if not due.count:
            return Markup('<p class="muted">{}</p>').format(self.me.t("wallet.next_nothing"))
        listed = Markup("<ul>{}</ul>").format(Markup("").join(map(self._due_line, due.lines)))
        if due.count > len(due.lines):
            more = self.me.t("wallet.next_more", count=due.count - len(due.lines))
            listed += Markup('<a class="link" href="/invitations">{}</a>').format(more)
        left = due.balance_cents - due.total_cents
        name, cents = ("wallet.next_missing", due.missing_cents) if due.missing_cents else ("wallet.next_left", left)
        return listed + facts(
            [
                Fact(self.me.t("wallet.next_total", count=due.count), self.me.money(due.total_cents), "num"),
                Fact(self.me.t("wallet.balance"), self.me.money(due.balance_cents), "num"),
                Fact(self.me.t(name), self.me.money(cents), "num sum"),
            ]
        )

    def _due_line(self, line: DueLine) -> Markup:
        late = Markup('<span class="badge late">{}</span>').format(self.me.t("invitation.late")) if line.late else ""
        return Markup(
            '<li><div><div class="what">{title}</div><div class="muted">{child} · {due}</div>{late}</div>'
            '<div class="num amount">{amount}</div></li>'
        ).format(
            title=line.title,
            child=line.child,
            due=self.me.t("invitation.due", due=line.due_on),
            late=late,
            amount=self.me.money(line.amount_cents),
        )
