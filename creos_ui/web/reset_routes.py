"""The native forms of a forgotten password and of a new e-mail address. A password travels with its one POST."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from creos_ui.errors import DomainError, LinkNotUsable
from creos_ui.services.accounts import reset
from creos_ui.services.accounts.email_change import confirm_email
from creos_ui.web.cutting import cut
from creos_ui.web.finishing import to_the_end
from creos_ui.web.routes import Field

router = APIRouter()


@router.post("/reset")
async def request_link(request: Request, identifier: Field = "") -> Response:
    """The same answer for everybody (R5)."""
    await reset.request_link(identifier, address=request.client.host if request.client else "")
    return RedirectResponse("/reset?sent=1", 303)


@router.post("/reset/{token}")
async def set_password(token: str, password: Field = "", again: Field = "") -> Response:
    """The link is used up here, by POST: programs that open every link of a message change nothing (R6)."""
    if password != again:
        return _back(token, "passwords_differ")
    try:
        ended = await to_the_end(reset.set_by_link(token, password))
    except LinkNotUsable:
        return _back(token)
    except DomainError as refusal:
        return _back(token, refusal.text_key.removeprefix("error."))
    await cut(set(ended))
    return RedirectResponse("/login?done=password", 303)


@router.post("/confirm-email/{token}")
async def confirm(token: str) -> Response:
    try:
        await to_the_end(confirm_email(token))
    except LinkNotUsable:
        return RedirectResponse(f"/confirm-email/{token[:100]}", 303)
    return RedirectResponse("/confirm-email", 303)


def _back(token: str, refusal: str = "") -> Response:
    return RedirectResponse(f"/reset/{token[:100]}" + (f"?{urlencode({'refusal': refusal})}" if refusal else ""), 303)
