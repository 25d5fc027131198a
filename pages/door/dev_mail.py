"""The demo's letter box: the messages that would have been sent. On this machine, in the demo, nowhere else."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui
from starlette.exceptions import HTTPException

from creos_ui import clock
from creos_ui.errors import LinkNotUsable
from creos_ui.services.mail.letter import Portal
from creos_ui.services.mail.rendering import render
from creos_ui.services.mail.worker import portal_of
from creos_ui.texts import t
from creos_ui.web.mail_routes import letter_box_open
from creos_ui.web.serving import settings
from models import MailMessage
from pages.door.panes import language_choice
from pages.elements.html import box, speak, text
from pages.reader import Language

SHOWN = 50  # the newest


@ui.page("/dev/mail")
async def dev_mail_page(request: Request, language: Language) -> None:
    if not letter_box_open(request):
        raise HTTPException(404)
    speak(language, t("devmail.title", language))
    newest = await MailMessage.filter(sent_at__isnull=False).order_by("-id").limit(SHOWN)
    portal = portal_of(settings())
    lines = [(row, await _subject(row, portal) or t("devmail.outdated", language)) for row in newest]
    with box("div", "portal-main devmail"):
        text("h1", t("devmail.title", language))
        text("p", t("devmail.text", language), "muted")
        if not newest:
            text("p", t("devmail.none", language), "note")
        with box("ul", "card"):
            for row, subject in lines:
                _line(row, subject)
        with box("div", "door-foot"):
            text("a", t("reset.back", language), href="/login")
            language_choice(language)


async def _subject(message: MailMessage, portal: Portal) -> str | None:
    """In its reader's language; None where nothing is left to say, or its link was used or replaced."""
    try:
        rendered = await render(message, portal)  # it was sent: its link stays as it is
    except LinkNotUsable:
        return None
    return rendered.subject if rendered else None


def _line(row: MailMessage, subject: str) -> None:
    with box("li"):
        text("a", subject, href=f"/dev/mail/{row.id}")
        text("span", row.address)
        text("span", f"{row.created_at.astimezone(clock.SCHOOL_ZONE):%d/%m/%Y %H:%M}", "muted num")
