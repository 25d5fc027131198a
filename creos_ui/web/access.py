"""Who may open which address: one table. What does not stand in it is there for nobody (R20, O2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, auto
from functools import cache
from re import Pattern

from starlette.routing import compile_path

from creos_ui.services.accounts.sessions import SignedIn
from creos_ui.services.roles import Act, may
from creos_ui.web import assets

FORM = 64 * 1024  # bytes: the largest body of a form; there is no upload yet


class Who(StrEnum):
    """Whom a route is for, where that is no act of the office."""

    PUBLIC = auto()
    BY_KEY = auto()  # whoever has the address: the secret in it is the key
    PROGRAMS = auto()  # browsers and watchers ask for it by themselves: no sign of an active person
    SIGNED_IN = auto()
    PARENT = auto()  # an account with a guardian


@dataclass(frozen=True)
class Route:
    """What the guard asks about an address before anything else is done for it."""

    who: Who | Act
    longest_body: int = 0  # bytes


class Answer(StrEnum):
    """What the guard does with somebody who asks for a route."""

    OPEN = auto()
    SIGN_IN = auto()
    NOT_THERE = auto()
    SECOND_FACTOR = auto()  # somebody of the office who has not given it in this session, or too long ago (O5)
    NOT_ALLOWED = auto()  # somebody of the office, whose role does not reach so far


TABLE: dict[str, Route] = {
    "/": Route(Who.SIGNED_IN),
    # the door
    "/login": Route(Who.PUBLIC, FORM),
    "/login/code": Route(Who.PUBLIC, FORM),
    "/logout": Route(Who.PUBLIC, FORM),
    "/language": Route(Who.PUBLIC, FORM),
    "/reset": Route(Who.PUBLIC, FORM),
    "/reset/{token}": Route(Who.BY_KEY, FORM),
    "/confirm-email": Route(Who.PUBLIC),
    "/confirm-email/{token}": Route(Who.BY_KEY, FORM),
    "/dev/mail": Route(Who.PUBLIC),
    "/dev/mail/{number}": Route(Who.BY_KEY),
    # one's own account
    "/profile": Route(Who.SIGNED_IN),
    "/profile/password": Route(Who.SIGNED_IN, FORM),
    "/profile/email": Route(Who.SIGNED_IN, FORM),
    "/profile/second-factor": Route(Who.SIGNED_IN),
    "/profile/second-factor/on": Route(Who.SIGNED_IN, FORM),
    "/profile/second-factor/off": Route(Who.SIGNED_IN, FORM),
    "/profile/second-factor/codes": Route(Who.SIGNED_IN, FORM),
    "/profile/recovery-codes": Route(Who.SIGNED_IN),
    "/profile/my-data.zip": Route(Who.SIGNED_IN),
    # parents
    "/invitations": Route(Who.PARENT),
    "/calendar": Route(Who.PARENT),
    "/calendar/{name}": Route(Who.BY_KEY),  # calendar programs cannot sign in
    "/wallet": Route(Who.PARENT),
    "/wallet/movements.csv": Route(Who.PARENT),
    "/documents/{token}": Route(Who.PARENT),
    # the office
    "/office": Route(Act.SEE_OFFICE),
    # programs, and what pages are made of
    "/healthz": Route(Who.PROGRAMS),
    "/favicon.ico": Route(Who.PROGRAMS),
    assets.OURS + "{path:path}": Route(Who.PROGRAMS),
    assets.NICEGUIS + "{path:path}": Route(Who.PROGRAMS),
    "/_nicegui/client/{path:path}": Route(Who.SIGNED_IN, FORM),  # uploads; the guard asks whose page it is
}


# whatever stands below these may hold somebody's key: it is never sent on, to sign in or elsewhere
KEYED = tuple(name.partition("{")[0] for name, route in TABLE.items() if route.who is Who.BY_KEY)


def find(path: str) -> Route | None:
    """The route of this address; None where the table has none."""
    if route := TABLE.get(path):
        return route
    return next((TABLE[name] for name, pattern in _patterns(len(TABLE)) if pattern.match(path)), None)


def name_of(path: str) -> str:
    """The route as the table writes it, without the secrets an address may have: for the log."""
    return path if path in TABLE else next((name for name, p in _patterns(len(TABLE)) if p.match(path)), "unknown")


def answer(route: Route | None, somebody: SignedIn | None) -> Answer:
    """What this person, or a visitor, gets at this route. Reads only what is kept in memory."""
    if route is not None and route.who in (Who.PUBLIC, Who.BY_KEY):
        return Answer.OPEN
    if somebody is None:
        return Answer.SIGN_IN  # to unknown addresses too: a visitor does not learn which there are
    if route is None:
        return Answer.NOT_THERE
    if isinstance(route.who, Act):
        if not somebody.roles:
            return Answer.NOT_THERE
        if not may(somebody.roles, route.who):
            return Answer.NOT_ALLOWED
        return Answer.SECOND_FACTOR if somebody.factor_at is None else Answer.OPEN
    if route.who is Who.PARENT and somebody.guardian_id is None:
        return Answer.NOT_THERE
    return Answer.OPEN


@cache
def _patterns(_: int) -> list[tuple[str, Pattern[str]]]:
    """Those routes whose address varies; made anew where the table has grown."""
    return [(name, compile_path(name)[0]) for name in TABLE if "{" in name]
