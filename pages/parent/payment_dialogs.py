"""What a parent is asked before money moves or an activity is declined, and what is shown when credit is short."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from nicegui import ui

from creos_ui.services.invitations.listing import Line
from creos_ui.texts import day
from pages.elements.buttons import button
from pages.elements.dialogs import answer_buttons, asked, dialog_card
from pages.elements.facts import Fact, facts
from pages.elements.html import box, fixed, text
from pages.parent.transfer_block import TransferBlock
from pages.reader import Parent


async def confirm_payment(lines: Sequence[Line], balance_cents: int, me: Parent) -> bool:
    """« Êtes-vous sûr de vouloir payer cette invitation ? », with the balance before and after (euro cents)."""
    total = sum(line.amount_cents for line in lines)
    with dialog_card(me.t("confirm.title")) as dialog:
        if len(lines) == 1:
            text("p", me.t("confirm.pay"))
            due = Fact(me.t("confirm.due"), day(lines[0].due_on), "num")
            listed, total_name = [*_about(lines[0], me), due], "confirm.amount"
        else:
            text("p", me.t("confirm.pay_many", number=len(lines)))
            listed = [Fact(f"{line.title} · {line.pupil}", me.money(line.amount_cents), "num") for line in lines]
            total_name = "confirm.total"
        fixed(
            facts(
                [
                    *listed,
                    Fact(me.t("confirm.balance"), me.money(balance_cents), "num"),
                    Fact(me.t(total_name), "− " + me.money(total), "num"),
                    Fact(me.t("confirm.after"), me.money(balance_cents - total), "num sum"),
                ]
            )
        )
        for line in lines:
            if line.declined_on:
                text("p", me.t("change.was_declined", day=line.declined_on, child=line.pupil_first_name), "note")
            if line.for_good:
                text("p", me.t("change.for_good", title=line.title), "note")
        answer_buttons(dialog, me, yes=me.t("action.pay_amount", amount_cents=total))
    return await asked(dialog)


async def confirm_decline(line: Line, balance_cents: int, me: Parent) -> bool:
    """« Êtes-vous sûr de vouloir décliner cette invitation ? », what it means for the child, and until when.

    What is paid comes back: with the balance before and after (euro cents).
    """
    child, amount_cents = line.pupil_first_name, line.amount_cents
    listed = _about(line, me)
    if line.paid_on:
        listed += [
            Fact(me.t("confirm.balance"), me.money(balance_cents), "num"),
            Fact(me.t("change.back"), "+ " + me.money(amount_cents), "num"),
            Fact(me.t("change.after"), me.money(balance_cents + amount_cents), "num sum"),
        ]
        meaning = me.t("change.no_longer_enrolled", child=child, amount_cents=amount_cents)
        yes = me.t("change.decline_back", amount_cents=amount_cents)
    else:
        meaning, yes = me.t("confirm.not_enrolled", child=child), me.t("action.decline")
    if line.answers_until:
        meaning += " " + me.t("change.until", day=line.answers_until)
    with dialog_card(me.t("confirm.title")) as dialog:
        text("p", me.t("confirm.decline"))
        fixed(facts(listed))
        text("p", meaning, "note")
        answer_buttons(dialog, me, yes=yes, kind="danger")
    return await asked(dialog)


async def show_missing_credit(lines: Sequence[Line], missing_cents: int, wallet_id: int, me: Parent) -> bool | None:
    """Never a dead end: exactly what is missing (euro cents), as a QR code and as lines to copy.

    Returns whether all of `lines` shall be paid as soon as credit arrives; None: the parent chose neither.
    """
    with dialog_card(me.t("credit.title"), wide=True) as dialog:
        with box("p"):
            text("span", me.t("credit.before") + " ")
            text("strong", me.money(missing_cents), "num")
            one = len(lines) == 1
            key = "credit.after_one" if one else "credit.after_many"
            text("span", " " + me.t(key, title=lines[0].title, number=len(lines)))
        TransferBlock(wallet_id, missing_cents, me, how=me.t("credit.how"))
        mandatory = [line for line in lines if line.mandatory]
        if mandatory:
            text("p", me.t("credit.still_enrolled", child=mandatory[0].pupil_first_name), "note")
        wish = _wish(lines, me) if all(line.payable for line in lines) else None
        if wish is None:
            text("p", me.t("credit.nothing_taken"), "muted")
        with box("div", "buttons"):
            button(me.t("action.understood"), "primary", partial(_submit, dialog, wish), autofocus="")
    answer: bool | None = await dialog
    return answer


def _submit(dialog: ui.dialog, wish: ui.checkbox | None) -> None:
    dialog.submit(None if wish is None else bool(wish.value))


def _wish(lines: Sequence[Line], me: Parent) -> ui.checkbox:
    """« Payer cette invitation automatiquement dès que le crédit arrive », and what happens then.

    Ticked for one: that is what the parent has just asked for. For several it stays theirs to tick: the wish pays
    them one by one, where the selection was all or none.
    """
    one = len(lines) == 1

    def say() -> None:
        note.set_text(me.t(("wish.will_be_paid" if one else "wish.will_be_paid_many") if wish.value else before))

    before = "credit.nothing_taken"
    with box("div", "note wish"):
        label = me.t("wish.one" if one else "wish.many")
        wish = ui.checkbox(label, value=one or all(line.wish for line in lines), on_change=say)
    note = text("p", "", "muted", role="status")
    say()
    return wish


def _about(line: Line, me: Parent) -> list[Fact]:
    return [Fact(me.t("confirm.activity"), line.title), Fact(me.t("confirm.child"), line.pupil)]
