"""Beginning and ending a session on the browser in front: its cookie, its row, its open pages."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from creos_ui.services.accounts import sessions
from creos_ui.web import cookies
from creos_ui.web.cutting import cut_soon
from pages.home import home_of
from pages.routes import redirect


def device_of(request: Request) -> str:
    """The browser's own words about itself."""
    return request.headers.get("user-agent", "")


async def enter(request: Request, token: str, target: str | None) -> Response:
    """Hand the browser its new session's token, and end the session it had (R11)."""
    await end_session(request)
    answer = redirect(target or home_of(await sessions.load(token)))
    cookies.set_cookie(answer, cookies.SESSION, token)
    return answer


async def end_session(request: Request) -> None:
    """Of this browser, with its open pages, also where nothing can be written; nothing where there is none."""
    session = request.state.session
    if session is None:
        return
    await sessions.sign_out(session.session_id)
    cut_soon({session.session_id})
