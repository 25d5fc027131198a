"""Error pages of our own: a plain sentence and a reference number that is in the log too, never the exception (R57).

Static HTML without JavaScript: it must work when nothing else does.
"""

from __future__ import annotations

import logging
import secrets
from html import escape

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from creos_ui.database import refusing
from creos_ui.database.safe_asyncpg import Retry
from creos_ui.errors import Busy, NotKnown, NotSaved
from creos_ui.services.school import school
from creos_ui.texts import QUASAR, t
from creos_ui.web.assets import asset_url
from creos_ui.web.language import language_of

log = logging.getLogger("creos_ui")

STATUSES = {400, 401, 403, 404, 405, 408, 413, 500, 503}

_PAGE = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – {school}</title>
<link rel="stylesheet" href="{style}">
</head>
<body class="fault">
<div class="fault-card">
<p class="fault-school">{school}</p>
<h1>{title}</h1>
<p>{text}</p>
<p class="fault-reference">{reference}</p>
<p><a class="btn primary" href="/">{home}</a></p>
</div>
</body>
</html>
"""


def error_page(request: Request, status: int, *, reference: str = "", text_key: str = "") -> Response:
    """The page for this status, with its sentence or that of `text_key`; what happened is logged under the same
    reference."""
    if not reference:
        reference = new_reference()
        log.warning("answered %s to %s %s, reference %s", status, request.method, _place(request), reference)
    language = language_of(request)
    key = status if status in STATUSES else 500 if status >= 500 else 400
    body = _PAGE.format(
        lang=QUASAR[language],
        school=escape(school().name),
        style=asset_url("theme.css"),
        title=escape(t(f"fault.{key}", language)),
        text=escape(t(text_key or f"fault.{key}_text", language)),
        reference=escape(t("fault.reference", language, reference=reference)),
        home=escape(t("fault.home", language)),
    )
    return HTMLResponse(body, status)


def report(exception: BaseException, where: str) -> str:
    """Write an unexpected exception to the log, once, and return its reference."""
    if isinstance(exception.__cause__, BaseExceptionGroup):  # the task groups of middlewares repeat the same exception
        exception.__cause__ = None
    reference = new_reference()
    log.error("unexpected in %s, reference %s", where, reference, exc_info=exception)
    return reference


def refusal_key(exception: BaseException) -> str:
    """The key of the sentence that says that the database lets nothing through or takes no writes; "" for any other
    exception. A Retry gets this far from what only reads, which waits for no row: what it waited for, all want."""
    if isinstance(exception, Retry):
        refusing.note(exception)
        return Busy.text_key
    return exception.text_key if isinstance(exception, NotSaved) else ""


def try_later(request: Request, exception: BaseException) -> Response:
    """The page for what has a refusal_key, where no page of its own says it."""
    return error_page(request, 503, text_key=NotKnown.text_key if isinstance(exception, NotKnown) else "")


def new_reference() -> str:
    """Short enough to read out on the telephone: 3f9a-07c2."""
    digits = secrets.token_hex(4)
    return f"{digits[:4]}-{digits[4:]}"


def install(app: FastAPI) -> None:
    """Replace NiceGUI's and FastAPI's own error answers, which are English and show the exception."""
    app.exception_handlers.clear()
    app.exception_handlers[HTTPException] = _refused
    app.exception_handlers[RequestValidationError] = _not_understood
    app.exception_handlers[NotSaved] = _not_saved
    app.exception_handlers[Retry] = _not_saved
    app.exception_handlers[Exception] = _unexpected


async def _refused(request: Request, exception: Exception) -> Response:
    assert isinstance(exception, HTTPException)
    page = error_page(request, exception.status_code)
    page.headers.update(exception.headers or {})
    return page


async def _not_understood(request: Request, _: Exception) -> Response:
    return error_page(request, 400)


async def _not_saved(request: Request, exception: Exception) -> Response:
    assert refusal_key(exception)
    return try_later(request, exception)


async def _unexpected(request: Request, exception: Exception) -> Response:
    request.scope["state"]["reported"] = True  # Starlette raises it once more: the guard must not log it again
    return error_page(request, 500, reference=report(exception, f"{request.method} {_place(request)}"))


def _place(request: Request) -> str:
    """The first part of the path: what follows may be a secret (a client id, a document's address; R63)."""
    first, _, rest = request.url.path.lstrip("/").partition("/")
    return repr(f"/{first[:40]}/..." if rest else f"/{first[:40]}")
