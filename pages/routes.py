"""What is answered without NiceGUI: native forms, each beside its page, and files.

Forms, because a socket cannot set a cookie, what is typed into them (passwords, codes) travels with the one request
that needs it, and password managers see a form being sent. They answer 303.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse

router = APIRouter()
Field = Annotated[str, Form()]


def redirect(path: str, **values: object) -> RedirectResponse:
    """Go on to this page; empty values are left out of its address."""
    query = urlencode({name: value for name, value in values.items() if value})
    return RedirectResponse(f"{path}?{query}" if query else path, 303)
