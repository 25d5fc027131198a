"""Where a person goes on from "/" and from signing in: to the page that was asked for, else to the first of theirs."""

from __future__ import annotations

import re

from fastapi import Request
from starlette.responses import Response

from creos_ui.services.accounts.sessions import SignedIn
from creos_ui.services.roles import Act, may
from pages.routes import redirect, router

CHILDREN, OFFICE, PROFILE = "/invitations", "/office", "/profile"


@router.get("/")
async def home(request: Request) -> Response:
    return redirect(home_of(request.state.session))


def home_of(who: SignedIn | None) -> str:
    """The first page of this person's."""
    if who is None or who.guardian_id is not None:
        return CHILDREN
    return OFFICE if may(who.roles, Act.SEE_OFFICE) else PROFILE


def safe_next(target: str) -> str | None:
    """`target` if it is a path of ours that may follow signing in, else None."""
    if not target.startswith("/") or target.startswith(("//", "/\\")) or len(target) > 500:
        return None
    if not target.isascii() or not target.isprintable() or "\\" in target:
        return None
    return None if re.split(r"[?#]", target)[0] in ("/login", "/login/code", "/logout", "/language") else target
