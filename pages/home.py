"""Where a person goes on from "/" and from signing in: to the page that was asked for, else to the first of theirs."""

from __future__ import annotations

import re

from starlette.responses import Response

from pages.routes import redirect, router

HOME = "/invitations"


@router.get("/")
async def home() -> Response:
    return redirect(HOME)


def safe_next(target: str) -> str | None:
    """`target` if it is a path of ours that may follow signing in, else None."""
    if not target.startswith("/") or target.startswith(("//", "/\\")) or len(target) > 500:
        return None
    if not target.isascii() or not target.isprintable() or "\\" in target:
        return None
    return None if re.split(r"[?#]", target)[0] in ("/login", "/login/code", "/logout", "/language") else target
