"""What is answered without a NiceGUI page: signing in and out, the language, documents, health. A socket cannot set
a cookie, so these are native forms; they answer 303.
"""

from __future__ import annotations

import logging
import re
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response

from creos_ui.database.transactions import default_connection, rows
from creos_ui.errors import DomainError
from creos_ui.services.accounts import account, second_factor, sessions
from creos_ui.services.invitations.document_access import document_for
from creos_ui.texts import LANGUAGES
from creos_ui.web import cookies, typed
from creos_ui.web.cutting import cut_soon
from creos_ui.web.language import language_of
from creos_ui.web.serving import settings

log = logging.getLogger("creos_ui")
router = APIRouter()

HOME = "/invitations"
Field = Annotated[str, Form()]
_DOCUMENT = re.compile(r"[A-Za-z0-9_-]{20,43}")
# the browser's own viewer draws with styles and an <embed>; scripts and frames it needs none
_DOCUMENT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def safe_next(target: str) -> str | None:
    """`target` if it is a path of ours that may follow signing in, else None."""
    if not target.startswith("/") or target.startswith(("//", "/\\")) or len(target) > 500:
        return None
    if not target.isascii() or not target.isprintable() or "\\" in target:
        return None
    return None if re.split(r"[?#]", target)[0] in ("/login", "/login/code", "/logout", "/language") else target


@router.get("/")
async def home() -> Response:
    return RedirectResponse(HOME, 303)


@router.post("/login")
async def login(
    request: Request,
    identifier: Field = "",
    password: Field = "",
    next: Field = "",
) -> Response:
    """Identifier and password; then a session, or first the question for a code."""
    cookie = request.headers.get("cookie", "")
    address = request.client.host if request.client else ""
    target = safe_next(next)
    try:
        admitted = await account.sign_in(
            identifier, password, address=address, browser_token=cookies.read(cookie, cookies.KNOWN)
        )
    except DomainError as refusal:
        return RedirectResponse(_refused(refusal, target, typed.keep(identifier)), 303)
    if pending := await second_factor.pending(admitted.account_id):  # no session before the code
        answer = RedirectResponse("/login/code" + (f"?{urlencode({'next': target})}" if target else ""), 303)
        cookies.give(answer, cookies.PENDING, pending, max_age=int(second_factor.PENDING.total_seconds()))
    else:
        answer = await start_session(request, admitted.account_id, target)
    cookies.give(answer, cookies.KNOWN, admitted.browser_token, max_age=cookies.A_YEAR)
    return answer


@router.post("/logout")
async def logout(request: Request) -> Response:
    """End the session, its open pages, and what the browser kept of it."""
    await _end(cookies.read(request.headers.get("cookie", ""), cookies.SESSION))
    answer = RedirectResponse("/login", 303, headers={"Clear-Site-Data": '"cache", "storage"'})
    cookies.take(answer, cookies.SESSION)
    return answer


@router.post("/language")
async def language(request: Request, language: Field = "", next: Field = "") -> Response:
    """Remember the chosen language on this browser and, signed in, with the account."""
    session = request.state.session
    target = next if next == "/login/code" else safe_next(next)  # the step between may be read in any language
    answer = RedirectResponse(target or (HOME if session else "/login"), 303)
    if language in LANGUAGES:
        cookies.give(answer, cookies.LANGUAGE, language, max_age=cookies.A_YEAR)
        if session is not None:
            await sessions.choose_language(session, language)
    return answer


@router.api_route("/documents/{token}", methods=["GET", "HEAD"])
async def document(request: Request, token: str) -> Response:
    """An activity's PDF, for those it concerns; for anyone else it does not exist (R34)."""
    session = request.state.session
    found = await document_for(session.guardian_id, token) if _DOCUMENT.fullmatch(token) else None
    if found is None:
        log.warning("authz_denied %s document", session.actor)
        raise HTTPException(404)
    path = settings().documents / f"{found.token}.pdf"
    if not path.is_file():
        log.error("the file of document %s is missing", found.id)
        raise HTTPException(404)
    return FileResponse(
        path,
        media_type="application/pdf",
        filename=found.file_name,
        content_disposition_type="inline",
        headers={
            "Cache-Control": "private, no-store",
            "Content-Encoding": "identity",  # else NiceGUI's gzip spends 700 ms on 20 MB
            "Content-Security-Policy": _DOCUMENT_POLICY,
        },
    )


@router.get("/healthz")
async def healthz() -> Response:
    """Is the portal up, database included? No data (R68)."""
    try:
        await rows(default_connection(), "SELECT 1 AS one")
    except Exception as exc:
        log.error("health: the database does not answer (%s)", type(exc).__name__)
        return PlainTextResponse("unavailable", 503)
    return PlainTextResponse("ok")


async def start_session(request: Request, account_id: int, target: str | None) -> RedirectResponse:
    """Open a new session under a new token, and end the one this browser had (R11)."""
    if old := cookies.read(request.headers.get("cookie", ""), cookies.SESSION):
        await _end(old)
    await account.keep_first_language(account_id, language_of(request))
    token = await sessions.open_session(account_id, device=request.headers.get("user-agent", ""))
    answer = RedirectResponse(target or HOME, 303)
    cookies.give(answer, cookies.SESSION, token)
    return answer


def _refused(refusal: DomainError, target: str | None, word: str) -> str:
    """Back to the sign-in page with the reason; what was typed stays here, under a word (R61)."""
    values = {"refusal": refusal.text_key.removeprefix("error."), **refusal.values}
    return "/login?" + urlencode(values | ({"next": target} if target else {}) | {"typed": word})


async def _end(token: str) -> None:
    session_id = await sessions.revoke_token(token) if token else None
    if session_id is not None:
        cut_soon({session_id})
