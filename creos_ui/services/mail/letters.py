"""What each message says: what happened, one button, why you got it, and how to switch it off.

The words are in creos_ui/texts/*/mail.json, the two templates in creos_ui/mails. A message that has nothing left to
say (its invitations are answered by now) is not sent.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, partial
from typing import Any

from babel.dates import format_date, format_datetime
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from creos_ui import clock
from creos_ui.money import LOCALES, money
from creos_ui.services.accounts import links
from creos_ui.services.money import ledger
from creos_ui.texts import DEFAULT, LANGUAGES, QUASAR, t
from models import Account, Invitation, InvitationStatus, LinkPurpose, MailKind, MailMessage

MOST_LINES = 30  # of a message; the rest is on the page its button opens


@dataclass(frozen=True)
class Portal:
    """What a message says of the school and where its button leads; from the settings, never from a request."""

    school: str
    url: str
    sender: str
    contact: str


@dataclass
class Letter:
    subject: str
    title: str
    why: str
    greeting: str = ""
    paragraphs: list[str] = field(default_factory=list)
    rows: list[tuple[str, str]] = field(default_factory=list)
    button: tuple[str, str] | None = None  # label, address
    after: list[str] = field(default_factory=list)
    switch: tuple[str, str] | None = None


@dataclass(frozen=True)
class Rendered:
    subject: str
    text: str
    html: str


@dataclass
class _Writing:
    """One message being written."""

    message: MailMessage
    account: Account
    facts: dict[str, Any]
    language: str
    portal: Portal

    def t(self, text_key: str, **values: Any) -> str:
        return t(text_key, self.language, **values)

    def day(self, day: date) -> str:
        """mercredi 19 juin"""
        form = "EEEE d. MMMM" if self.language == "de" else "EEEE d MMMM"
        return format_date(day, form, LOCALES[self.language])

    def money(self, cents: int) -> str:
        return money(cents, self.language)

    def link(self, path: str) -> str:
        return f"{self.portal.url}{path}"


async def render(message: MailMessage, portal: Portal) -> Rendered | None:
    """The message as it is sent, a working link included; None where nothing is left to say.

    Raises LinkNotUsable where a newer message replaced its link.
    """
    account = await Account.get(id=message.account_id).select_related("guardian")
    language = account.language if account.language in LANGUAGES else DEFAULT
    writing = _Writing(message, account, json.loads(message.facts), language, portal)
    letter = await _WRITERS[message.kind](writing)
    if letter is None:
        return None
    first_name = account.guardian.first_name or account.guardian.last_name
    letter.greeting = writing.t("mail.greeting", first_name=first_name)
    words = {
        "letter": letter,
        "school": portal.school,
        "never": writing.t("mail.never"),
        "named": partial(writing.t, "mail.named"),
        "language": QUASAR[language],
    }
    text, html = (_templates().get_template(name).render(words) for name in ("letter.txt", "letter.html"))
    return Rendered(" ".join(letter.subject.split()), text, html)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("creos_ui", "mails"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )


async def _password_link(w: _Writing) -> Letter:
    token = await links.mint(w.message.message_id, w.account.id, LinkPurpose.PASSWORD, sent=bool(w.message.sent_at))
    minutes = int(links.VALID[LinkPurpose.PASSWORD].total_seconds() // 60)
    return Letter(
        subject=w.t("mail.password_link_title"),
        title=w.t("mail.password_link_title"),
        paragraphs=[
            w.t("mail.password_link_text"),
            w.t("mail.password_link_identifier", identifier=w.account.identifier),
        ],
        button=(w.t("mail.password_link_button"), w.link(f"/reset/{token}")),
        after=[w.t("mail.password_link_valid", minutes=minutes), w.t("mail.not_you_ignore")],
        why=w.t("mail.why_password_link"),
    )


async def _password_changed(w: _Writing) -> Letter:
    at = datetime.fromisoformat(w.facts["at"]).astimezone(clock.SCHOOL_ZONE)
    return Letter(
        subject=w.t("mail.password_changed_title"),
        title=w.t("mail.password_changed_title"),
        paragraphs=[w.t("mail.password_changed_text", identifier=w.account.identifier)],
        rows=[(w.t("mail.when"), format_datetime(at, "dd/MM/yyyy HH:mm", locale=LOCALES[w.language]))],
        after=[w.t("mail.not_you_contact", contact=w.portal.contact)],
        why=w.t("mail.why_security"),
    )


async def _email_link(w: _Writing) -> Letter:
    sent = bool(w.message.sent_at)
    token = await links.mint(w.message.message_id, w.account.id, LinkPurpose.EMAIL, w.facts["address"], sent=sent)
    hours = int(links.VALID[LinkPurpose.EMAIL].total_seconds() // 3600)
    return Letter(
        subject=w.t("mail.email_link_title"),
        title=w.t("mail.email_link_title"),
        paragraphs=[w.t("mail.email_link_text", address=w.facts["address"])],
        button=(w.t("mail.email_link_button"), w.link(f"/confirm-email/{token}")),
        after=[w.t("mail.email_link_valid", hours=hours), w.t("mail.not_you_ignore")],
        why=w.t("mail.why_email_link"),
    )


async def _email_changed(w: _Writing) -> Letter:
    title, text = {
        "asked": ("mail.email_asked_title", "mail.email_asked_text"),
        "left": ("mail.email_changed_title", "mail.email_left_text"),
        "confirmed": ("mail.email_changed_title", "mail.email_confirmed_text"),
    }[w.facts["stage"]]
    return Letter(
        subject=w.t(title),
        title=w.t(title),
        paragraphs=[w.t(text)],
        after=[w.t("mail.not_you_contact", contact=w.portal.contact)],
        why=w.t("mail.why_security"),
    )


async def _second_factor(w: _Writing) -> Letter:
    title, text = {
        "on": ("mail.second_factor_on_title", "mail.second_factor_on_text"),
        "off": ("mail.second_factor_off_title", "mail.second_factor_off_text"),
        "codes": ("mail.second_factor_codes_title", "mail.second_factor_codes_text"),
    }[w.facts["change"]]
    return Letter(
        subject=w.t(title),
        title=w.t(title),
        paragraphs=[w.t(text)],
        button=(w.t("mail.button_profile"), w.link("/profile")),
        after=[w.t("mail.not_you_contact", contact=w.portal.contact)],
        why=w.t("mail.why_security"),
    )


async def _invitations(w: _Writing) -> Letter | None:
    waiting = await _still_open(w)
    if not waiting:
        return None
    return Letter(
        subject=w.t("mail.invitations_title", count=len(waiting)),
        title=w.t("mail.invitations_title", count=len(waiting)),
        paragraphs=[w.t("mail.invitations_text", count=len(waiting))],
        rows=_rows(w, waiting),
        button=(w.t("mail.button_invitations"), w.link("/invitations")),
        why=w.t("mail.why_invitations"),
        switch=_switch(w),
    )


async def _reminder(w: _Writing) -> Letter | None:
    waiting = [i for i in await _still_open(w) if i.activity.due_on >= clock.today()]
    if not waiting:
        return None
    return Letter(
        subject=w.t("mail.reminder_title", count=len(waiting)),
        title=w.t("mail.reminder_title", count=len(waiting)),
        paragraphs=[w.t("mail.reminder_text", count=len(waiting))],
        rows=_rows(w, waiting),
        button=(w.t("mail.button_invitations"), w.link("/invitations")),
        why=w.t("mail.why_reminder"),
        switch=_switch(w),
    )


async def _receipt(w: _Writing) -> Letter:
    cents = {int(i): int(amount) for i, amount in w.facts["lines"]}
    paid = await Invitation.filter(id__in=list(cents)).select_related("activity", "pupil")
    paid.sort(key=lambda i: (i.activity.starts_on, i.activity.title_key, i.pupil.name_key))
    automatic = w.t("mail.receipt_automatic") if w.facts["automatic"] else ""
    if len(paid) == 1:
        only = paid[0]
        values = {"child": only.pupil.first_name, "title": only.activity.title, "on": w.day(only.activity.starts_on)}
        paragraphs = [w.t("mail.receipt_one", **values)]
        rows = [(w.t("mail.amount"), w.money(cents[only.id]))]
    else:
        paragraphs = [w.t("mail.receipt_many", number=len(cents))]
        rows = [(_line(i), w.money(cents[i.id])) for i in paid[:MOST_LINES]]
        rows.append((w.t("mail.total"), w.money(sum(cents.values()))))
    rows.append((w.t("mail.paid_on"), f"{date.fromisoformat(w.facts['paid_on']):%d/%m/%Y}"))
    rows.append((w.t("mail.balance"), w.money(int(w.facts["balance_cents"]))))
    return Letter(
        subject=w.t("mail.receipt_title"),
        title=w.t("mail.receipt_title"),
        paragraphs=paragraphs + ([automatic] if automatic else []),
        rows=rows,
        button=(w.t("mail.button_invitations"), w.link("/invitations")),
        why=w.t("mail.why_receipt"),
        switch=_switch(w),
    )


async def _low_credit(w: _Writing) -> Letter | None:
    waiting = await _still_open(w)
    due_cents = sum(invitation.amount_cents for invitation in waiting)
    balance_cents = await ledger.balance_cents(w.account.guardian_id)
    if due_cents <= balance_cents:
        return None
    rows = _rows(w, waiting)
    rows.append((w.t("mail.total"), w.money(due_cents)))
    rows.append((w.t("mail.balance"), w.money(balance_cents)))
    rows.append((w.t("mail.missing"), w.money(due_cents - balance_cents)))
    return Letter(
        subject=w.t("mail.low_credit_title"),
        title=w.t("mail.low_credit_title"),
        paragraphs=[w.t("mail.low_credit_text")],
        rows=rows,
        button=(w.t("mail.button_wallet"), w.link("/wallet")),
        why=w.t("mail.why_low_credit"),
        switch=_switch(w),
    )


_WRITERS: dict[MailKind, Callable[[_Writing], Awaitable[Letter | None]]] = {
    MailKind.PASSWORD_LINK: _password_link,
    MailKind.PASSWORD_CHANGED: _password_changed,
    MailKind.EMAIL_LINK: _email_link,
    MailKind.EMAIL_CHANGED: _email_changed,
    MailKind.SECOND_FACTOR: _second_factor,
    MailKind.INVITATIONS: _invitations,
    MailKind.REMINDER: _reminder,
    MailKind.RECEIPT: _receipt,
    MailKind.LOW_CREDIT: _low_credit,
}


async def _still_open(w: _Writing) -> list[Invitation]:
    """Those of the message that wait for this person's answer now, the first due first."""
    found = await Invitation.filter(
        id__in=w.facts["invitations"], debtor_id=w.account.guardian_id, status=InvitationStatus.OPEN
    ).select_related("activity", "pupil")
    return sorted(found, key=lambda i: (i.activity.due_on, i.activity.title_key, i.pupil.name_key))


def _rows(w: _Writing, waiting: list[Invitation]) -> list[tuple[str, str]]:
    rows = [
        (f"{_line(i)} · {w.t('mail.due', due=i.activity.due_on)}", w.money(i.amount_cents))
        for i in waiting[:MOST_LINES]
    ]
    if len(waiting) > MOST_LINES:
        rows.append((w.t("mail.and_more", number=len(waiting) - MOST_LINES), ""))
    return rows


def _line(invitation: Invitation) -> str:
    return f"{invitation.activity.title} · {invitation.pupil.first_name}"


def _switch(w: _Writing) -> tuple[str, str]:
    return w.t("mail.switch_off"), w.link("/profile")
