"""A new CREOS_SECRET (O6): the keys are encrypted anew, and nothing ends; after a leak they are made anew, and what was
made with the old ones ends."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import InvalidToken
from tortoise.queryset import QuerySet

from creos_ui import clock
from creos_ui.database.transactions import atomic, default_connection, one_at_a_time
from creos_ui.services import keys
from models import (
    Account,
    CalendarFeed,
    KeyPurpose,
    KnownBrowser,
    OneTimeLink,
    PortalKey,
    RecoveryCode,
    School,
    Session,
)


@dataclass(frozen=True)
class Ending:
    """How many of each end with the old keys: their hashes cannot be made anew."""

    sessions: int
    browsers: int
    links: int
    codes: int
    feeds: int


async def change_secret(old: str, new: str) -> None:
    """Encrypt the keys under the new secret; sessions, codes and links go on. Raises keys.SecretUnfit."""
    await keys.open_keys(old)

    async def work(connection: Any) -> None:
        await one_at_a_time(connection, keys.LOCK)
        await _encrypt_anew(connection, old, new)

    await atomic(work)
    await keys.open_keys(new)


async def what_would_end(secret: str) -> Ending:
    """What `replace_keys` would end now. Raises keys.SecretUnfit where this is not the secret in force."""
    await keys.open_keys(secret)
    return await _count(default_connection())


async def replace_keys(old: str, new: str) -> Ending:
    """After a leak: new keys for everything, under the new secret; what was sealed is sealed anew, what was hashed
    ends. The old audit key stays, to verify its lines. Returns what ended. Raises keys.SecretUnfit.

    Nothing else may write meanwhile: another process would go on with the old keys, and nobody could unseal what it
    sealed.
    """
    await keys.open_keys(old)

    async def work(connection: Any) -> Ending:
        await one_at_a_time(connection, keys.LOCK)
        await _encrypt_anew(connection, old, new)
        sealing = keys.fernet(await _make_anew(connection, KeyPurpose.SEAL, new))
        await _seal_anew(connection, lambda sealed: sealing.encrypt(keys.unseal(sealed).encode()).decode())
        await _make_anew(connection, KeyPurpose.HASH, new)
        await _make_anew(connection, KeyPurpose.AUDIT, new)
        return await _end(connection)

    ended = await atomic(work)
    await keys.open_keys(new)
    return ended


async def _encrypt_anew(connection: Any, old: str, new: str) -> None:
    opening, closing = keys.wrapping_of(old), keys.wrapping_of(new)
    for row in await PortalKey.all().using_db(connection):
        try:
            row.sealed = closing.encrypt(opening.decrypt(row.sealed.encode())).decode()
        except InvalidToken:  # another such command was first
            raise keys.SecretUnfit from None
        await row.save(using_db=connection, update_fields=["sealed"])


async def _make_anew(connection: Any, purpose: KeyPurpose, secret: str) -> bytes:
    """A key nobody knows yet, under this secret, in place of its purpose's older ones; an audit key verifies on."""
    older = PortalKey.filter(purpose=purpose).using_db(connection)
    number = max([row.number for row in await older.all()], default=0) + 1
    if purpose is not KeyPurpose.AUDIT:
        await older.delete()
    key = secrets.token_bytes(32)
    sealed = keys.wrapping_of(secret).encrypt(key).decode()
    await PortalKey.create(purpose=purpose, number=number, sealed=sealed, made_at=clock.now(), using_db=connection)
    return key


async def _seal_anew(connection: Any, anew: Callable[[str], str]) -> None:
    """Every column whose model says "sealed"."""
    for account in await Account.filter(totp_secret__not_isnull=True).using_db(connection).only("id", "totp_secret"):
        assert account.totp_secret is not None
        account.totp_secret = anew(account.totp_secret)
        await account.save(using_db=connection, update_fields=["totp_secret"])
    for school in await School.filter(smtp_password__not_isnull=True).using_db(connection).only("id", "smtp_password"):
        assert school.smtp_password is not None
        school.smtp_password = anew(school.smtp_password)
        await school.save(using_db=connection, update_fields=["smtp_password"])


async def _count(connection: Any) -> Ending:
    return Ending(**{name: await living.count() for name, living in _living(connection).items()})


async def _end(connection: Any) -> Ending:
    ended, living = await _count(connection), _living(connection)
    await living["sessions"].update(revoked_at=clock.now())
    await living["browsers"].delete()
    await living["links"].update(used_at=clock.now())
    await living["codes"].delete()
    await living["feeds"].update(revoked_at=clock.now())
    return ended


def _living(connection: Any) -> dict[str, QuerySet[Any]]:
    living: dict[str, QuerySet[Any]] = {
        "sessions": Session.filter(revoked_at=None),
        "browsers": KnownBrowser.all(),
        "links": OneTimeLink.filter(used_at=None, expires_at__gt=clock.now()),
        "codes": RecoveryCode.filter(used_at=None),
        "feeds": CalendarFeed.filter(revoked_at=None),
    }
    return {name: found.using_db(connection) for name, found in living.items()}
