"""The demo's letter box: the messages as they would have been sent, links included. On this machine, in the demo."""

from __future__ import annotations

import ipaddress

from fastapi import Request
from nicegui import ui
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from creos_ui import clock
from creos_ui.database.values import LARGEST_ID
from creos_ui.errors import LinkNotUsable
from creos_ui.services.mail.letter import Portal
from creos_ui.services.mail.rendering import render
from creos_ui.services.mail.worker import portal_of
from creos_ui.web.serving import settings
from models import MailMessage
from pages.door.panes import door_foot
from pages.elements.html import box, set_title_and_language, text
from pages.reader import Reader, Visitor
from pages.routes import router

SHOWN = 50  # the newest


@ui.page("/dev/mail")
async def dev_mail_page(request: Request, visitor: Visitor) -> None:
    if not _is_open(request):
        raise HTTPException(404)
    set_title_and_language(visitor.t("devmail.title"), visitor)
    newest = await MailMessage.filter(sent_at__isnull=False).order_by("-id").limit(SHOWN)
    portal = portal_of(settings())
    lines = [(row, await _subject(row, portal) or visitor.t("devmail.outdated")) for row in newest]
    with box("div", "portal-main devmail"):
        text("h1", visitor.t("devmail.title"))
        text("p", visitor.t("devmail.text"), "muted")
        if not newest:
            text("p", visitor.t("devmail.none"), "note")
        with box("ul", "card"):
            for row, subject in lines:
                _line(row, subject)
        door_foot(visitor, visitor.t("reset.back"), "/login")


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


@router.get("/dev/mail/{number}")
async def letter(request: Request, visitor: Visitor, number: int) -> Response:
    if not _is_open(request) or not 0 < number <= LARGEST_ID:
        raise HTTPException(404)
    message = await MailMessage.get_or_none(id=number, sent_at__isnull=False)
    if message is None:
        raise HTTPException(404)
    try:
        rendered = await render(message, portal_of(settings()))
    except LinkNotUsable:
        return HTMLResponse(_plain("error.link_not_usable", visitor))
    return HTMLResponse(rendered.html if rendered else _plain("devmail.over", visitor))


def _is_open(request: Request) -> bool:
    """In the demo only, and only from this machine."""
    try:
        here = request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        here = False
    return settings().demo and here


def _plain(text_key: str, visitor: Reader) -> str:
    return f'<!doctype html><html lang="{visitor.language}"><title>CREOS</title><p>{visitor.t(text_key)}</p></html>'
