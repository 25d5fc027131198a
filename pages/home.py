"""Where a person goes on from "/" and from signing in: to the page that was asked for, else to the first of theirs."""

from __future__ import annotations

import re

from starlette.responses import Response

from pages.reader import Parent, Somebody
from pages.routes import redirect, router

HOME = "/"  # leads everybody to the first page of theirs
CHILDREN, OFFICE = "/invitations", "/office"


@router.get(HOME)
async def home(me: Somebody) -> Response:
    return redirect(CHILDREN if isinstance(me, Parent) else OFFICE)


def safe_next(target: str) -> str | None:
    """`target` if it is a path of ours that may follow signing in, else None."""
    if not target.startswith("/") or target.startswith(("//", "/\\")) or len(target) > 500:
        return None
    if not target.isascii() or not target.isprintable() or "\\" in target:
        return None
    return None if re.split(r"[?#]", target)[0] in ("/login", "/login/code", "/logout", "/language") else target
