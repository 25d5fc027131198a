"""The demo's messages as they would have been sent, links included (pages/dev_mail.py lists them)."""

from __future__ import annotations

import ipaddress

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from creos_ui.errors import LinkNotUsable
from creos_ui.services.mail.rendering import render
from creos_ui.services.mail.worker import portal_of
from creos_ui.texts import t
from creos_ui.web.language import language_of
from creos_ui.web.serving import settings
from models import MailMessage

router = APIRouter()
_LARGEST_ID = 2**31 - 1


@router.get("/dev/mail/{number}")
async def letter(request: Request, number: int) -> Response:
    if not letter_box_open(request) or not 0 < number <= _LARGEST_ID:
        raise HTTPException(404)
    message = await MailMessage.get_or_none(id=number, sent_at__isnull=False)
    if message is None:
        raise HTTPException(404)
    try:
        rendered = await render(message, portal_of(settings()))
    except LinkNotUsable:
        return HTMLResponse(_plain("error.link_not_usable", request))
    return HTMLResponse(rendered.html if rendered else _plain("devmail.over", request))


def letter_box_open(request: Request) -> bool:
    """In the demo only, and only from this machine."""
    try:
        here = request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        here = False
    return settings().demo and here


def _plain(text_key: str, request: Request) -> str:
    language = language_of(request)
    return f'<!doctype html><html lang="{language}"><title>CREOS</title><p>{t(text_key, language)}</p></html>'
