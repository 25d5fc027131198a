"""What a parent is asked before money moves or an activity is declined, and what is shown when credit is short."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from nicegui import ui

from creos_ui.services.invitations.listing import Line
from creos_ui.texts import day, t
from pages.elements.html import box, button, text
from pages.frame import answer_buttons, asked, dialog_card
from pages.parent.transfer_block import TransferBlock


async def confirm_payment(lines: Sequence[Line], balance_cents: int, language: str) -> bool:
    """« Êtes-vous sûr de vouloir payer cette invitation ? », with the balance before and after (euro cents)."""
    total = sum(line.amount_cents for line in lines)
    with dialog_card(t("confirm.title", language)) as dialog:
        if len(lines) == 1:
            text("p", t("confirm.pay", language))
        else:
            text("p", t("confirm.pay_many", language, number=len(lines)))
        with box("dl", "facts"):
            if len(lines) == 1:
                _fact(t("confirm.activity", language), lines[0].title)
                _fact(t("confirm.child", language), lines[0].pupil)
                _fact(t("confirm.due", language), day(lines[0].due_on), "num")
            else:
                for line in lines:
                    _fact(f"{line.title} · {line.pupil}", t("money", language, amount_cents=line.amount_cents), "num")
            _fact(t("confirm.balance", language), t("money", language, amount_cents=balance_cents), "num")
            name = "confirm.amount" if len(lines) == 1 else "confirm.total"
            _fact(t(name, language), "− " + t("money", language, amount_cents=total), "num")
            _fact(t("confirm.after", language), t("money", language, amount_cents=balance_cents - total), "num sum")
        for line in lines:
            if line.declined_on:
                said = t("change.was_declined", language, day=line.declined_on, child=line.pupil_first_name)
                text("p", said, "note")
        answer_buttons(dialog, language, yes=t("action.pay_amount", language, amount_cents=total))
    return await asked(dialog)


async def confirm_decline(line: Line, balance_cents: int, language: str) -> bool:
    """« Êtes-vous sûr de vouloir décliner cette invitation ? », what it means for the child, and until when.

    What is paid comes back: with the balance before and after (euro cents).
    """
    child, amount_cents, yes = line.pupil_first_name, line.amount_cents, t("action.decline", language)
    with dialog_card(t("confirm.title", language)) as dialog:
        text("p", t("confirm.decline", language))
        with box("dl", "facts"):
            _fact(t("confirm.activity", language), line.title)
            _fact(t("confirm.child", language), line.pupil)
            if line.paid_on:
                _fact(t("confirm.balance", language), t("money", language, amount_cents=balance_cents), "num")
                _fact(t("change.back", language), "+ " + t("money", language, amount_cents=amount_cents), "num")
                after = t("money", language, amount_cents=balance_cents + amount_cents)
                _fact(t("change.after", language), after, "num sum")
        said = t("confirm.not_enrolled", language, child=child)
        if line.paid_on:
            said = t("change.no_longer_enrolled", language, child=child, amount_cents=amount_cents)
            yes = t("change.decline_back", language, amount_cents=amount_cents)
        if line.closes_on:
            said += " " + t("change.until", language, day=line.closes_on)
        text("p", said, "note")
        answer_buttons(dialog, language, yes=yes, kind="danger")
    return await asked(dialog)


async def show_missing_credit(lines: Sequence[Line], missing_cents: int, wallet_id: int, language: str) -> bool | None:
    """Never a dead end: exactly what is missing (euro cents), as a QR code and as lines to copy.

    Returns whether all of `lines` shall be paid as soon as credit arrives; None: nothing was said about it.
    """
    missing = t("money", language, amount_cents=missing_cents)
    with dialog_card(t("credit.title", language), wide=True) as dialog:
        with box("p"):
            text("span", t("credit.before", language) + " ")
            text("strong", missing, "num")
            one = len(lines) == 1
            key = "credit.after_one" if one else "credit.after_many"
            text("span", " " + t(key, language, title=lines[0].title, number=len(lines)))
        TransferBlock(wallet_id, missing_cents, language, how=t("credit.how", language))
        mandatory = [line for line in lines if line.mandatory]
        if mandatory:
            text("p", t("credit.still_enrolled", language, child=mandatory[0].pupil_first_name), "note")
        wish = _wish(lines, language) if all(line.payable for line in lines) else None
        if wish is None:
            text("p", t("credit.nothing_taken", language), "muted")
        with box("div", "buttons"):
            answer = partial(_submit, dialog, wish)
            button(t("action.understood", language), "primary", answer, autofocus="")
    said: bool | None = await dialog
    return said


def _submit(dialog: ui.dialog, wish: ui.checkbox | None) -> None:
    dialog.submit(None if wish is None else bool(wish.value))


def _wish(lines: Sequence[Line], language: str) -> ui.checkbox:
    """« Payer cette invitation automatiquement dès que le crédit arrive », and what happens then.

    Ticked for one: that is what the parent has just asked for. For several it stays theirs to tick: the wish pays
    them one by one, where the selection was all or none.
    """
    one = len(lines) == 1

    def say() -> None:
        note.set_text(t(("wish.will_be_paid" if one else "wish.will_be_paid_many") if wish.value else before, language))

    before = "credit.nothing_taken"
    with box("div", "note wish"):
        label = t("wish.one" if one else "wish.many", language)
        wish = ui.checkbox(label, value=one or all(line.wish for line in lines), on_change=say)
    note = text("p", "", "muted", role="status")
    say()
    return wish


def _fact(name: str, value: str, look: str = "") -> None:
    text("dt", name, "sum" if "sum" in look else "")
    text("dd", value, look)
