"""Who is looking at a page, and the words in their language: pages and routes name it in their signature.

The guard has already sent everyone else to sign in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from creos_ui import texts
from creos_ui.services.accounts.sessions import SignedIn
from creos_ui.web.language import language_of


@dataclass(frozen=True)
class Reader:
    """Anybody, signed in or not."""

    language: str

    def t(self, text_key: str, **values: Any) -> str:
        """The text in this reader's language."""
        return texts.t(text_key, self.language, **values)

    def money(self, amount_cents: int) -> str:
        """Integer euro cents, as this reader's language writes an amount."""
        return self.t("money", amount_cents=amount_cents)


@dataclass(frozen=True)
class Person(Reader):
    """Somebody who is signed in."""

    session_id: int
    account_id: int
    guardian_id: int
    name: str  # Dubois Jacqueline
    actor: str  # how this person stands in the books


def _visitor(request: Request) -> Reader:
    return Reader(language_of(request))


def _person(request: Request) -> Person:
    session = request.state.session
    assert isinstance(session, SignedIn), "the guard lets nobody else through"
    return Person(
        language=language_of(request),
        session_id=session.session_id,
        account_id=session.account_id,
        guardian_id=session.guardian_id,
        name=session.name,
        actor=session.actor,
    )


Visitor = Annotated[Reader, Depends(_visitor)]
Me = Annotated[Person, Depends(_person)]
