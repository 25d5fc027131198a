"""In which language a request is answered."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from creos_ui.texts import DEFAULT, LANGUAGES
from creos_ui.web import cookies


def language_of(request: HTTPConnection) -> str:
    """The account's choice, else what was chosen on this browser, else French: it is the official portal's."""
    session = getattr(request.state, "session", None)
    if session is not None and session.language in LANGUAGES:
        return str(session.language)
    chosen = cookies.read(request.headers.get("cookie", ""), cookies.LANGUAGE)
    return chosen if chosen in LANGUAGES else DEFAULT
