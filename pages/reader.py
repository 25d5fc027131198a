"""Who is looking: pages name it in their signature; the guard has already sent everyone else to sign in."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from creos_ui.services.accounts.sessions import SignedIn
from creos_ui.web.language import language_of


def _signed_in(request: Request) -> SignedIn:
    session = request.state.session
    assert isinstance(session, SignedIn), "the guard lets nobody else through"
    return session


def _language(request: Request) -> str:
    return language_of(request)


Me = Annotated[SignedIn, Depends(_signed_in)]
Language = Annotated[str, Depends(_language)]
