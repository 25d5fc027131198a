"""How money comes into a wallet: the QR code for an amount, and the lines of the transfer to copy."""

from __future__ import annotations

from nicegui.elements.mixins.text_element import TextElement

from creos_ui.bank.epc_qr import epc_qr_svg
from creos_ui.bank.structured_communication import shown, wallet_communication
from creos_ui.texts import t
from creos_ui.web.serving import settings
from pages.elements.html import box, button, text


class TransferBlock:
    """QR code, amount, payee, account and this wallet's own communication; `show` for another amount."""

    def __init__(
        self, wallet_id: int, amount_cents: int, language: str, *, how: str = "", stacked: bool = False
    ) -> None:
        self._communication, self._language = wallet_communication(wallet_id), language
        payee, iban = settings().payee_name, settings().payee_iban
        communication = shown(self._communication)
        with box("div", "transfer stacked" if stacked else "transfer"):
            self._code = box("img", "qr", width="170", height="170")
            with box("div"):
                if how:
                    text("p", how)
                with box("dl", "facts"):
                    self._amount, self._copy_amount = _copyable("credit.amount", "", "", language)
                    _copyable("credit.payee", payee, payee, language)
                    _copyable("credit.account", _grouped(iban), iban, language, "mono")
                    _copyable("credit.communication", communication, communication, language, "mono")
        self.show(amount_cents)

    def show(self, amount_cents: int) -> None:
        """Ask for exactly this amount, in integer euro cents."""
        self._code.props["src"] = epc_qr_svg(
            payee_name=settings().payee_name,
            iban=settings().payee_iban,
            amount_cents=amount_cents,
            communication=self._communication,
        )
        self._code.props["alt"] = t("credit.qr", self._language, missing_cents=amount_cents)
        self._code.update()
        self._amount.set_text(t("money", self._language, amount_cents=amount_cents))
        # as banking apps take it
        self._copy_amount.props["data-text"] = f"{amount_cents // 100},{amount_cents % 100:02d}"
        self._copy_amount.update()


def _copyable(key: str, value: str, copied: str, language: str, look: str = "num") -> tuple[TextElement, TextElement]:
    """A line of the transfer and the button that copies it; the browser does it, no socket is asked."""
    name = t(key, language)
    text("dt", name)
    with box("dd"):
        line = text("span", value, look)
        copy = button(t("credit.copy", language), "quiet", aria_label=t("credit.copy_label", language, what=name))
    copy.props["data-copied"] = t("credit.copied", language)
    copy.props["data-text"] = copied
    copy.on(
        "click",
        js_handler="""(e) => {
            const b = e.currentTarget, word = b.querySelector(".block"), before = word.textContent;
            navigator.clipboard.writeText(b.dataset.text).then(() => {
                word.textContent = b.dataset.copied; setTimeout(() => word.textContent = before, 2000); });
        }""",
    )
    return line, copy


def _grouped(iban: str) -> str:
    return " ".join(iban[i : i + 4] for i in range(0, len(iban), 4))
