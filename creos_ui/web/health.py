"""Is the portal up? Asked by programs, answered without data."""

from __future__ import annotations

import logging

from fastapi import APIRouter
from starlette.responses import PlainTextResponse, Response

from creos_ui.database import refusing
from creos_ui.database.transactions import default_connection, rows

log = logging.getLogger("creos_ui")
router = APIRouter()


@router.get("/healthz")
async def healthz() -> Response:
    """Up, database included, and can it write?"""
    try:
        await rows(default_connection(), "SELECT 1 AS one")  # no table: whatever is in them, it is up
    except Exception as exc:
        log.error("health: the database does not answer (%s)", type(exc).__name__)
        return PlainTextResponse("unavailable", 503)
    if refusing.lately():
        return PlainTextResponse("read-only", 503)
    return PlainTextResponse("ok")
