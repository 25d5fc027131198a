"""Letters about the wallet: what was paid, and that it holds less than what is due."""

from __future__ import annotations

from datetime import date

from creos_ui.services.mail.invitation_letters import line_of, rows_of, unanswered
from creos_ui.services.mail.letter import MOST_LINES, Letter, Writer, Writing
from creos_ui.services.money import ledger
from creos_ui.texts import day
from models import Invitation, MailKind


async def _receipt(w: Writing) -> Letter:
    cents = {int(i): int(amount) for i, amount in w.facts["lines"]}
    paid = await Invitation.filter(id__in=list(cents)).select_related("activity", "pupil")
    paid.sort(key=lambda i: (i.activity.starts_on, i.activity.title_key, i.pupil.name_key))
    if len(paid) == 1:
        only = paid[0]
        values = {"child": only.pupil.first_name, "title": only.activity.title, "on": w.day(only.activity.starts_on)}
        paragraphs = [w.t("mail.receipt_one", **values)]
        rows = [(w.t("mail.amount"), w.money(cents[only.id]))]
    else:
        paragraphs = [w.t("mail.receipt_many", number=len(cents))]
        rows = [(line_of(i), w.money(cents[i.id])) for i in paid[:MOST_LINES]]
        rows.append((w.t("mail.total"), w.money(sum(cents.values()))))
    if w.facts["automatic"]:
        paragraphs.append(w.t("mail.receipt_automatic"))
    rows.append((w.t("mail.paid_on"), day(date.fromisoformat(w.facts["paid_on"]))))
    rows.append((w.t("mail.balance"), w.money(int(w.facts["balance_cents"]))))
    return Letter(
        title=w.t("mail.receipt_title"),
        paragraphs=paragraphs,
        rows=rows,
        button=(w.t("mail.button_invitations"), w.link("/invitations")),
        why=w.t("mail.why_receipt"),
    )


async def _low_credit(w: Writing) -> Letter | None:
    waiting = await unanswered(w)
    due_cents = sum(invitation.amount_cents for invitation in waiting)
    assert w.account.guardian_id, "only who has a wallet is written to about it"
    balance_cents = await ledger.balance_cents(w.account.guardian_id)
    if due_cents <= balance_cents:
        return None
    return Letter(
        title=w.t("mail.low_credit_title"),
        paragraphs=[w.t("mail.low_credit_text")],
        rows=[
            *rows_of(w, waiting),
            (w.t("mail.total"), w.money(due_cents)),
            (w.t("mail.balance"), w.money(balance_cents)),
            (w.t("mail.missing"), w.money(due_cents - balance_cents)),
        ],
        button=(w.t("mail.button_wallet"), w.link("/wallet")),
        why=w.t("mail.why_low_credit"),
    )


WRITERS: dict[MailKind, Writer] = {MailKind.RECEIPT: _receipt, MailKind.LOW_CREDIT: _low_credit}
