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
from models import Role


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
    name: str  # Dubois Jacqueline
    actor: str  # how this person stands in the books
    roles: frozenset[Role]  # in the office


@dataclass(frozen=True)
class Parent(Person):
    """Somebody with a wallet, and children at the school."""

    guardian_id: int


def _visitor(request: Request) -> Reader:
    return Reader(language_of(request))


def _person(request: Request) -> Person:
    session = request.state.session
    assert isinstance(session, SignedIn), "the guard lets nobody else through"
    whose: dict[str, Any] = {
        "language": language_of(request),
        "session_id": session.session_id,
        "account_id": session.account_id,
        "name": session.name,
        "actor": session.actor,
        "roles": session.roles,
    }
    return Person(**whose) if session.guardian_id is None else Parent(**whose, guardian_id=session.guardian_id)


def _parent(request: Request) -> Parent:
    person = _person(request)
    assert isinstance(person, Parent), "the guard lets nobody else through: web/access.py"
    return person


Visitor = Annotated[Reader, Depends(_visitor)]
Somebody = Annotated[Person, Depends(_person)]
Me = Annotated[Parent, Depends(_parent)]
