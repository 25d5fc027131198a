"""Letters about the account's own safety: links, and what was changed. They cannot be switched off."""

from __future__ import annotations

from datetime import datetime

from creos_ui import clock
from creos_ui.services.accounts import links
from creos_ui.services.mail.letter import Letter, Writer, Writing
from models import LinkPurpose, MailKind


async def _password_link(w: Writing) -> Letter:
    token = await links.mint(w.message.message_id, w.account.id, LinkPurpose.PASSWORD, sent=bool(w.message.sent_at))
    minutes = int(links.VALID[LinkPurpose.PASSWORD].total_seconds() // 60)
    return Letter(
        title=w.t("mail.password_link_title"),
        paragraphs=[
            w.t("mail.password_link_text"),
            w.t("mail.password_link_identifier", identifier=w.account.identifier),
        ],
        button=(w.t("mail.password_link_button"), w.link(f"/reset/{token}")),
        after=[w.t("mail.password_link_valid", minutes=minutes), w.t("mail.not_you_ignore")],
        why=w.t("mail.why_password_link"),
    )


async def _password_changed(w: Writing) -> Letter:
    at = datetime.fromisoformat(w.facts["at"]).astimezone(clock.SCHOOL_ZONE)
    return Letter(
        title=w.t("mail.password_changed_title"),
        paragraphs=[w.t("mail.password_changed_text", identifier=w.account.identifier)],
        rows=[(w.t("mail.when"), f"{at:%d/%m/%Y %H:%M}")],
        after=[w.t("mail.not_you_contact", contact=w.portal.contact)],
        why=w.t("mail.why_security"),
    )


async def _email_link(w: Writing) -> Letter:
    sent = bool(w.message.sent_at)
    token = await links.mint(w.message.message_id, w.account.id, LinkPurpose.EMAIL, w.facts["address"], sent=sent)
    hours = int(links.VALID[LinkPurpose.EMAIL].total_seconds() // 3600)
    return Letter(
        title=w.t("mail.email_link_title"),
        paragraphs=[w.t("mail.email_link_text", address=w.facts["address"])],
        button=(w.t("mail.email_link_button"), w.link(f"/confirm-email/{token}")),
        after=[w.t("mail.email_link_valid", hours=hours), w.t("mail.not_you_ignore")],
        why=w.t("mail.why_email_link"),
    )


async def _email_changed(w: Writing) -> Letter:
    title, text = {
        "asked": ("mail.email_asked_title", "mail.email_asked_text"),
        "left": ("mail.email_changed_title", "mail.email_left_text"),
        "confirmed": ("mail.email_changed_title", "mail.email_confirmed_text"),
    }[w.facts["stage"]]
    return Letter(
        title=w.t(title),
        paragraphs=[w.t(text)],
        after=[w.t("mail.not_you_contact", contact=w.portal.contact)],
        why=w.t("mail.why_security"),
    )


async def _second_factor(w: Writing) -> Letter:
    title, text = {
        "on": ("mail.second_factor_on_title", "mail.second_factor_on_text"),
        "off": ("mail.second_factor_off_title", "mail.second_factor_off_text"),
        "codes": ("mail.second_factor_codes_title", "mail.second_factor_codes_text"),
    }[w.facts["change"]]
    return Letter(
        title=w.t(title),
        paragraphs=[w.t(text)],
        button=(w.t("mail.button_profile"), w.link("/profile")),
        after=[w.t("mail.not_you_contact", contact=w.portal.contact)],
        why=w.t("mail.why_security"),
    )


WRITERS: dict[MailKind, Writer] = {
    MailKind.PASSWORD_LINK: _password_link,
    MailKind.PASSWORD_CHANGED: _password_changed,
    MailKind.EMAIL_LINK: _email_link,
    MailKind.EMAIL_CHANGED: _email_changed,
    MailKind.SECOND_FACTOR: _second_factor,
}
