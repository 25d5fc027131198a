"""Our cookies: the session, the step before it, the browser that is known, the language.

HttpOnly, Lax, and __Host- over https.
"""

from __future__ import annotations

from starlette.responses import Response

from creos_ui.web.serving import settings

SESSION, PENDING, KNOWN, LANGUAGE = "sid", "pending", "known", "lang"
A_YEAR = 365 * 24 * 3600  # seconds


def name_of(cookie: str) -> str:
    """__Host- binds the cookie to this very host, and browsers take it over https only."""
    return f"__Host-{cookie}" if settings().secure else cookie


def read(header: str, cookie: str) -> str:
    """One cookie out of a Cookie header; "" where it is not there."""
    wanted = name_of(cookie)
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == wanted:
            return value
    return ""


def set_cookie(response: Response, cookie: str, value: str, *, max_age: int | None = None) -> None:
    """Set a cookie; without `max_age` (seconds) the browser forgets it when it is closed."""
    response.set_cookie(
        name_of(cookie), value, max_age=max_age, httponly=True, secure=settings().secure, samesite="lax", path="/"
    )


def delete_cookie(response: Response, cookie: str) -> None:
    """Delete a cookie."""
    response.delete_cookie(name_of(cookie), httponly=True, secure=settings().secure, samesite="lax", path="/")
