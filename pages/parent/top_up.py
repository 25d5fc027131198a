"""« Recharger »: suggested amounts, one's own, and the transfer that brings exactly it."""

from __future__ import annotations

import re
from typing import Any

from nicegui import ui

from creos_ui.money import parse_cents
from creos_ui.services.invitations.due import LARGEST_TOP_UP, LEAST_TOP_UP, Due, suggested_amounts
from pages.elements.chips import Chips
from pages.elements.html import box, text
from pages.parent.transfer_block import TransferBlock
from pages.reader import Parent

SMALL, LARGE = 1_000, 5_000  # the amounts there are before anything is known
LONGEST_AMOUNT = 20  # characters
OTHER = "other"


class TopUpCard:
    """Shows how to bring an amount into the wallet; nothing moves here, so nothing can be done twice."""

    def __init__(self, wallet_id: int, me: Parent) -> None:
        self._me = me
        self._chosen = "all"  # small, all, large or OTHER
        self._amounts = {"small": SMALL, "large": LARGE}
        text("h2", me.t("wallet.top_up"), id="top-up-title", tabindex="-1")
        text("p", me.t("wallet.top_up_how"), "muted")
        self._chips = Chips(me.t("wallet.amounts"), self.choose, look="child")
        with box("div", "own-amount") as self._own:
            text("label", me.t("wallet.own_amount"), "field-label", for_="own-amount")
            self._field = ui.input(on_change=lambda e: self._typed(e.value))
            self._field.props(
                f"outlined dense debounce=300 inputmode=decimal for=own-amount maxlength={LONGEST_AMOUNT}"
            )
            self._field.props["aria-describedby"] = "own-amount-fault"
            self._fault = text("p", "", "field-fault", id="own-amount-fault", role="status")
        with box("div") as self._how:
            self._transfer = TransferBlock(wallet_id, SMALL, me, stacked=True)
        self._own_cents: int | None = None
        self._show()

    def suggest(self, due: Due) -> None:
        """Other amounts on the chips, for other things are due; what was chosen stays so where it is still there."""
        self._amounts = {}
        for suggestion in suggested_amounts(due):
            name = "all" if suggestion.pays_all else "small" if suggestion.amount_cents == SMALL else "large"
            self._amounts[name] = suggestion.amount_cents
        self._show()

    async def choose(self, name: Any) -> None:
        if name in (*self._amounts, OTHER):
            self._chosen = name
            self._show()
            if name == OTHER:
                self._field.run_method("focus")

    def ask_for(self, amount_cents: int) -> None:
        """Exactly this amount, as if typed; the chip that has it where one does."""
        same = next((name for name, cents in self._amounts.items() if cents == amount_cents), None)
        self._chosen = same or OTHER
        if same is None:
            self._own_cents = amount_cents
            self._field.set_value(f"{amount_cents // 100},{amount_cents % 100:02d}")
        self._show()

    def _typed(self, words: Any) -> None:
        self._own_cents = _amount(words)
        self._show()

    def _show(self) -> None:
        own = self._chosen == OTHER
        # « tout payer » when nothing is due: the first of the others, until something is
        chosen = self._chosen if own or self._chosen in self._amounts else next(iter(self._amounts))
        amounts = [(name, self._label(name)) for name in self._amounts]
        self._chips.show([*amounts, (OTHER, self._me.t("wallet.own"))], chosen)
        cents = self._own_cents if own else self._amounts[chosen]
        self._own.set_visibility(own)
        empty = not str(self._field.value or "").strip()
        self._fault.set_text(self._me.t("wallet.amount_wrong") if own and cents is None and not empty else "")
        self._how.set_visibility(cents is not None)  # never a code for another amount than the one that stands there
        if cents is not None:
            self._transfer.show(cents)

    def _label(self, name: str) -> str:
        amount = self._whole_euros(self._amounts[name])
        return self._me.t("wallet.pay_all", amount=amount) if name == "all" else amount

    def _whole_euros(self, cents: int) -> str:
        """10 €, but 21,50 €."""
        shown = self._me.money(cents)
        return re.sub(r"[.,]00(?!\d)", "", shown) if cents % 100 == 0 else shown


def _amount(words: Any) -> int | None:
    """What was typed, in cents, if it is an amount a transfer can carry."""
    if not isinstance(words, str) or len(words) > LONGEST_AMOUNT:
        return None
    try:
        cents = parse_cents(words)
    except ValueError:
        return None
    return cents if LEAST_TOP_UP <= cents <= LARGEST_TOP_UP else None
