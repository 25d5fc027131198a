"""How money comes into a wallet: the QR code for an amount, and the lines of the transfer to copy."""

from __future__ import annotations

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from creos_ui.bank.epc_qr import epc_qr_svg
from creos_ui.bank.structured_communication import shown, wallet_communication
from creos_ui.services.school import school
from pages.elements.buttons import copy_button, set_copied_value
from pages.elements.facts import in_fours
from pages.elements.html import box, text
from pages.reader import Parent


class TransferBlock:
    """QR code, amount, payee, account and this wallet's own communication; `show` for another amount."""

    def __init__(self, wallet_id: int, amount_cents: int, me: Parent, *, how: str = "", stacked: bool = False) -> None:
        self._communication, self._me = wallet_communication(wallet_id), me
        payee, iban = school().payee_name, school().payee_iban
        communication = shown(self._communication)
        with box("div", "transfer stacked" if stacked else "transfer"):
            self._code = box("img", "qr", width="170", height="170")
            with box("div"):
                if how:
                    text("p", how)
                with box("dl", "facts"):
                    self._amount, self._copy_amount = self._copyable("credit.amount", "", "")
                    self._copyable("credit.payee", payee, payee)
                    self._copyable("credit.account", in_fours(iban), iban, "mono")
                    self._copyable("credit.communication", communication, communication, "mono")
        self.show(amount_cents)

    def show(self, amount_cents: int) -> None:
        """Ask for exactly this amount, in integer euro cents."""
        code = epc_qr_svg(
            payee_name=school().payee_name,
            iban=school().payee_iban,
            amount_cents=amount_cents,
            communication=self._communication,
        )
        self._code.props.update({"src": code, "alt": self._me.t("credit.qr", missing_cents=amount_cents)})
        self._amount.set_text(self._me.money(amount_cents))
        set_copied_value(
            self._copy_amount, f"{amount_cents // 100},{amount_cents % 100:02d}"
        )  # as banking apps take it

    def _copyable(self, key: str, value: str, copied: str, look: str = "num") -> tuple[TextElement, ui.button]:
        """A line of the transfer: its value as it is shown, and the button that copies it as banking apps take it."""
        name = self._me.t(key)
        text("dt", name)
        with box("dd"):
            line = text("span", value, look)
            label = self._me.t("credit.copy_label", what=name)
            done = self._me.t("credit.copied")
            copy = copy_button(self._me.t("credit.copy"), "quiet", copied, copied=done, name=label)
        return line, copy
