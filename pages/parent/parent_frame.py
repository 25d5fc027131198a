"""The frame of a parent's pages: their menu, and the wallet's balance beside the name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractContextManager

from creos_ui.services.money import ledger
from creos_ui.services.roles import Act, may
from creos_ui.web.page_changes import Following
from pages.elements.html import box, text
from pages.frame import TO_OFFICE, MenuPage, frame
from pages.reader import Parent

MENU = [
    MenuPage("/invitations", "menu.invitations", "menu.invitations_short"),
    MenuPage("/wallet", "menu.wallet", "menu.wallet_short"),
    MenuPage("/calendar", "menu.calendar", "menu.calendar_short"),
    MenuPage("/profile", "menu.profile", "menu.profile_short"),
]


def parent_frame(title: str, me: Parent, *, path: str, balance_cents: int) -> AbstractContextManager[WalletPill]:
    """Around a whole page; `balance_cents` is the wallet's, in integer euro cents."""
    menu = [*MENU, TO_OFFICE] if may(me.roles, Act.SEE_OFFICE) else MENU
    return frame(title, me, path=path, menu=menu, beside_name=lambda: WalletPill(balance_cents, me))


class WalletPill:
    """The wallet's balance in the header, which leads to the wallet; after each change it and the page look again."""

    def __init__(self, balance_cents: int, me: Parent) -> None:
        self._me = me
        self.balance_cents = balance_cents
        self.changed: Callable[[], Awaitable[None]] | None = None  # what else the page then shows
        with box("a", "wallet-pill", href="/wallet"):
            text("span", me.t("wallet.label") + " ", "label")
            # live, but no role=status: its words are the link's name
            self._amount = text("span", me.money(balance_cents), "num", aria_live="polite", aria_atomic="true")
        self._amount.props["data-testid"] = "balance"
        self._following = Following(self._look)
        self._following.follow(me.guardian_id)

    def follow(self, guardian_ids: Iterable[int]) -> None:
        """Whose changes else this page shows."""
        self._following.follow(*guardian_ids)

    def look(self) -> None:
        """As after a change, where none was announced."""
        self._following.changed()

    async def _look(self) -> None:
        self.balance_cents = await ledger.balance_cents(self._me.guardian_id)
        self._amount.set_text(self._me.money(self.balance_cents))
        if self.changed:
            await self.changed()
