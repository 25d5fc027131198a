"""Beginning and ending a session on the browser in front: its cookie, its row, its open pages."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from creos_ui.services.accounts import account, sessions
from creos_ui.web import cookies
from creos_ui.web.cutting import cut_soon
from creos_ui.web.language import language_of
from pages.home import HOME
from pages.routes import redirect


async def start_session(request: Request, account_id: int, target: str | None) -> Response:
    """Open a new session under a new token, and end the one this browser had (R11). Raises NotSaved."""
    await account.keep_first_language(account_id, language_of(request))
    token = await sessions.open_session(account_id, device=request.headers.get("user-agent", ""))
    await end_session(request)
    answer = redirect(target or HOME)
    cookies.set_cookie(answer, cookies.SESSION, token)
    return answer


async def end_session(request: Request) -> None:
    """Of this browser, with its open pages, also where nothing can be written; nothing where there is none."""
    session = request.state.session
    if session is None:
        return
    await sessions.sign_out(session.session_id)
    cut_soon({session.session_id})
