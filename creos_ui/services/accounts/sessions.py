"""Sessions: who is signed in, on which browser, since when; 30 minutes idle or 12 hours in all end one (R14).

The rows are the truth. What is used now is also kept in memory, so that every event of a page can be checked without
waiting (waiting would let events overtake each other) and `last_used_at` is written twice a minute, not at each click.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from tortoise.expressions import Q

from creos_ui import clock
from creos_ui.database.transactions import atomic, execute, update
from creos_ui.errors import NotSaved
from creos_ui.keyed_hash import keyed_hash
from creos_ui.services.roles import roles_of
from models import Account, Role, Session

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
FACTOR_IDLE = timedelta(minutes=15)  # without an act: the second factor is asked for again (O5)
FACTOR_LONGEST = timedelta(hours=10)
WARNED_BEFORE = timedelta(minutes=2)
WRITTEN_EVERY = timedelta(seconds=30)
KEPT = timedelta(days=90)  # the row of one that has ended, as a record


@dataclass(frozen=True)
class SignedIn:
    """The session a request or an event belongs to: `request.state.session` in pages and routes."""

    session_id: int
    account_id: int
    guardian_id: int | None  # None: staff without children at the school
    name: str  # Dubois Jacqueline
    language: str | None  # the account's choice; None: as the browser asks
    roles: frozenset[Role]  # in the office; a parent has none there
    has_factor: bool = False  # a second factor is set up
    factor_at: datetime | None = None  # when the second factor was given in this session; None: not, or void by now

    @property
    def actor(self) -> str:
        """How this person stands in the books."""
        return f"account:{self.account_id}"


@dataclass(frozen=True)
class OpenSession:
    """One of a person's sign-ins that has not ended, for them to recognise."""

    session_id: int
    device: str  # the browser's own words about itself
    created_at: datetime
    last_used_at: datetime


@dataclass
class _Live:
    """A session in use in this process."""

    who: SignedIn
    created_at: datetime
    last_used_at: datetime
    written_at: datetime  # the last_used_at that is in the database
    void_until: datetime | None = None  # a second factor given by then is void

    def ends_at(self) -> datetime:
        return _ends_at(self.created_at, self.last_used_at)


@dataclass(frozen=True)
class Swept:
    """What a look over the live sessions found, as session ids."""

    ended: set[int] = field(default_factory=set)  # cut their pages
    ending: set[int] = field(default_factory=set)  # idle: 2 minutes or less are left, and can be extended


# fixed SQL: for everyone signed in, in a transaction others wait for; the ORM takes four times as long. A second factor
# that an idle quarter of an hour has voided is void in the row too, or a restart would bring it back (O5)
_WRITE_USED = """
    UPDATE session SET last_used_at = $1,
        factor_at = CASE WHEN last_used_at <= $3 AND factor_at <= $3 THEN NULL ELSE factor_at END
    WHERE id = $2 AND last_used_at < $1
"""
_live: dict[int, _Live] = {}
# ended by this process: nothing acts in their name, and a load() that was under way must not bring one back
_revoked: set[int] = set()
_left: set[int] = set()  # signed out here while nothing could be written: their rows do not say so yet


async def open_session(
    account_id: int, *, device: str, language: str | None = None, factor_at: datetime | None = None
) -> str:
    """Sign this account in on one browser; returns the token for its cookie, which is stored nowhere.

    The language a person first signs in with is theirs until they choose another: letters are written in it.
    """
    token = secrets.token_urlsafe(32)
    now = clock.now()

    async def work(connection: Any) -> None:
        await Account.filter(id=account_id, language=None).using_db(connection).update(language=language)
        await Session.create(
            token_hash=keyed_hash("session", token),
            account_id=account_id,
            created_at=now,
            last_used_at=now,
            factor_at=factor_at,
            device="".join(c for c in device if c.isprintable())[:200],
            using_db=connection,
        )

    await atomic(work)
    return token


async def load(token: str, *, active: bool = True) -> SignedIn | None:
    """The session of a cookie's token, None where there is none or it has ended.

    `active`: the person did something. A page whose connection comes back by itself is none of their doing.
    """
    if not 0 < len(token) <= 100:
        return None
    row = (
        await Session.filter(token_hash=keyed_hash("session", token), revoked_at=None)
        .select_related("account__guardian")
        .first()
    )
    if row is None or row.id in _revoked or row.account.closed_at is not None:
        return None
    roles = await roles_of(row.account_id)
    now = clock.now()
    live = _live.get(row.id) or _Live(_who(row, roles), row.created_at, row.last_used_at, row.last_used_at)
    live.last_used_at = max(row.last_used_at, live.last_used_at)  # another process may have seen the person since
    if live.ends_at() <= now:
        return None
    _void_if_over(live, row.factor_at, now)
    live.who = replace(_who(row, roles), factor_at=_in_force(live, row.factor_at, now))
    if active and row.factor_at is not None and live.who.factor_at is None:
        with suppress(NotSaved):  # here it is void all the same
            await update(Session.filter(id=row.id, factor_at=row.factor_at), factor_at=None)
    if active:
        live.last_used_at = max(now, live.last_used_at)
    _live[row.id] = live
    return live.who


def alive(session_id: int, *, active: bool) -> bool:
    """May this session still act? `active`: and it did just now. Never waits."""
    live = _live.get(session_id)
    now = clock.now()
    if live is None or session_id in _revoked or live.ends_at() <= now:
        return False
    if active:
        _void_if_over(live, live.who.factor_at, now)
        live.last_used_at = max(now, live.last_used_at)
    return True


async def revoke(*session_ids: int) -> None:
    """End these sessions: no page, event or request of theirs does anything from now on.

    Their rows first: where those cannot be written none has ended, and one can try again.
    """
    if session_ids:
        await update(Session.filter(id__in=session_ids, revoked_at=None), revoked_at=clock.now())
    are_revoked(session_ids)


def are_revoked(session_ids: Collection[int]) -> None:
    """The rows of these say that they have ended: here they have at once, and the next sweep() names them."""
    _revoked.update(session_ids)


async def sign_out(session_id: int) -> None:
    """End the session whose person leaves: here it has ended in every case, and where the database takes no writes its
    row says so after a later sweep(). No sweep() names it."""
    _forget({session_id})
    _left.add(session_id)
    await _write_left()


async def revoke_all(account_id: int) -> list[int]:
    """End every session of an account (new password, lost telephone); returns their ids."""
    ids = [row.id for row in await Session.filter(account_id=account_id, revoked_at=None).only("id")]
    await revoke(*ids)
    return ids


async def open_sessions(account_id: int) -> list[OpenSession]:
    """Where this account is signed in now, what was used last first."""
    now = clock.now()
    found = []
    for row in await Session.filter(account_id=account_id, revoked_at=None):
        last_used_at = _live[row.id].last_used_at if row.id in _live else row.last_used_at
        if _ends_at(row.created_at, last_used_at) > now and row.id not in _revoked:
            found.append(OpenSession(row.id, row.device, row.created_at, last_used_at))
    return sorted(found, key=lambda s: s.last_used_at, reverse=True)


async def revoke_of(account_id: int, session_id: int) -> bool:
    """End one session of this account; False where it has no such session: not there and not theirs are one."""
    if not await Session.filter(id=session_id, account_id=account_id, revoked_at=None).exists():
        return False
    await revoke(session_id)
    return True


async def revoke_others(account_id: int, session_id: int) -> list[int]:
    """End every session of an account but this one; returns their ids."""
    ids = [row.id for row in await Session.filter(account_id=account_id, revoked_at=None).only("id")]
    others = [i for i in ids if i != session_id]
    await revoke(*others)
    return others


async def choose_language(who: SignedIn, language: str) -> None:
    """Keep the person's language with the account, and in all their sessions."""
    await update(Account.filter(id=who.account_id), language=language)
    for live in _live.values():
        if live.who.account_id == who.account_id:
            live.who = replace(live.who, language=language)


async def sweep() -> Swept:
    """Look over the live sessions: end those that are over, here or by another process; write down what was used.

    One that ended is forgotten last: after a look that failed, the next one finds it again. Where the database takes
    no writes, sessions end all the same, and who is signed in stays so.
    """
    now = clock.now()
    await _write_left()
    over = await _end_over(now)
    ended = over | {row.id for row in await Session.filter(id__in=list(_live), revoked_at__isnull=False).only("id")}
    await _write_used(now)
    _forget(ended)
    idle_soon = {i for i, live in _live.items() if live.last_used_at + IDLE - now <= WARNED_BEFORE}
    return Swept(ended=ended, ending=idle_soon)


async def prune() -> None:
    """Drop the rows of sessions that ended long ago."""
    over = Session.filter(created_at__lt=clock.now() - LONGEST - KEPT)
    await atomic(lambda connection: over.using_db(connection).delete())


async def write_all() -> None:
    """Write down every last use, as the process ends."""
    await _write_used(clock.now(), all_of_them=True)


def forget_all() -> None:
    """Forget what is kept in memory, as a restart does; the rows stay."""
    for kept in (_live, _revoked, _left):
        kept.clear()


def _ends_at(created_at: datetime, last_used_at: datetime) -> datetime:
    return min(last_used_at + IDLE, created_at + LONGEST)


def _in_force(live: _Live, factor_at: datetime | None, now: datetime) -> datetime | None:
    """`factor_at` where that second factor still counts (O5), else None."""
    if factor_at is None or (live.void_until is not None and factor_at <= live.void_until):
        return None
    over = now - live.last_used_at >= FACTOR_IDLE or now - factor_at >= FACTOR_LONGEST
    return None if over else factor_at


def _void_if_over(live: _Live, factor_at: datetime | None, now: datetime) -> None:
    """Before an act is noted: after a quarter of an hour without one, no act brings the second factor back."""
    if factor_at is not None and _in_force(live, factor_at, now) is None:
        live.void_until = max(factor_at, live.void_until or factor_at)
        live.who = replace(live.who, factor_at=None)


def _who(row: Session, roles: frozenset[Role]) -> SignedIn:
    account = row.account
    return SignedIn(
        session_id=row.id,
        account_id=account.id,
        guardian_id=account.guardian_id,
        name=account.name,
        language=account.language,
        roles=roles,
        has_factor=row.account.totp_secret is not None,
    )


def _forget(session_ids: set[int]) -> None:
    _revoked.update(session_ids)
    for session_id in session_ids:
        _live.pop(session_id, None)


async def _write_left() -> None:
    left = list(_left)
    if left:
        with suppress(NotSaved):  # the next look tries again
            await update(Session.filter(id__in=left, revoked_at=None), revoked_at=clock.now())
            _left.difference_update(left)


async def _end_over(now: datetime) -> set[int]:
    """End what is over by its row too, and name it. Another process may have seen the person since: then they stay."""
    over = [session_id for session_id, live in _live.items() if live.ends_at() <= now]
    if not over:
        return set()
    by_row = Q(last_used_at__lte=now - IDLE) | Q(created_at__lte=now - LONGEST)
    with suppress(NotSaved):  # it is over without that mark too
        await update(Session.filter(by_row, id__in=over, revoked_at=None), revoked_at=now)
    for row in await Session.filter(id__in=over, revoked_at=None).only("id", "last_used_at"):
        if live := _live.get(row.id):
            live.last_used_at = max(row.last_used_at, live.last_used_at)
    return {session_id for session_id in over if session_id in _live and _live[session_id].ends_at() <= now}


async def _write_used(now: datetime, *, all_of_them: bool = False) -> None:
    due = [
        (session_id, live)
        for session_id, live in _live.items()
        if live.last_used_at > live.written_at and (all_of_them or now - live.written_at >= WRITTEN_EVERY)
    ]
    if not due:
        return
    used = {session_id: live.last_used_at for session_id, live in due}

    async def work(connection: Any) -> None:
        # Another process may have written a later use
        for session_id, at in used.items():
            await execute(connection, _WRITE_USED, at, session_id, at - FACTOR_IDLE)

    with suppress(NotSaved):  # the next look tries again
        await atomic(work)
        for session_id, live in due:
            live.written_at = used[session_id]
