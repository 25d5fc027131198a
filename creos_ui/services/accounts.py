"""Accounts: signing in, creating one, a new password. Identifiers are matched folded: Dubois.Jacqueline is hers."""

from __future__ import annotations

import re
import secrets
from contextlib import suppress
from dataclasses import dataclass

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from creos_ui import clock
from creos_ui.errors import EmailIsNotIdentifier, IdentifierInvalid, IdentifierTaken, SignInRefused
from creos_ui.services import guessing, ledger, sessions
from creos_ui.services.keyed_hash import keyed_hash
from creos_ui.services.passwords import hash_password, is_outdated, password_fits, rehashed
from models import Account, Guardian, KnownBrowser, Role, folded

LONGEST_IDENTIFIER = 100
_IDENTIFIER = re.compile(rf"[a-z0-9._-]{{3,{LONGEST_IDENTIFIER}}}")


@dataclass(frozen=True)
class Admitted:
    """A right password: whose, and the token that makes this browser a known one (for a long-lived cookie)."""

    account_id: int
    browser_token: str


async def sign_in(identifier: str, password: str, *, address: str, browser_token: str | None = None) -> Admitted:
    """Check identifier and password; unknown and wrong are one answer, of one duration (R5).

    Raises EmailIsNotIdentifier, SignInRefused, TooManyTries or PasswordMustBeReset.
    """
    if "@" in identifier:
        raise EmailIsNotIdentifier
    name = folded(identifier)
    # what no identifier can be is not asked for: PostgreSQL takes no NUL, the column no more than 100 characters
    possible = name.isprintable() and len(name) <= LONGEST_IDENTIFIER
    account = await Account.get_or_none(identifier=name) if possible else None
    browser = await _known_browser(account, browser_token)
    this = await guessing.begin(name, address=address, browser_hash=browser.token_hash if browser else None)
    if not await password_fits(password, account.password_hash if account else None) or account is None:
        raise SignInRefused
    await guessing.succeeded(this)
    assert account.password_hash
    if is_outdated(account.password_hash):
        await Account.filter(id=account.id, password_hash=account.password_hash).update(
            password_hash=await rehashed(password)
        )
    return Admitted(account.id, await _make_known(account, browser_token))


async def create_account(
    *,
    identifier: str,
    last_name: str,
    first_name: str,
    password: str,
    role: Role = Role.PARENT,
    language: str | None = None,
) -> Account:
    """A new guardian with wallet and account, all or nothing; an account brought over without a password gets its
    first one instead, and keeps its name.

    Raises IdentifierInvalid, IdentifierTaken or PasswordTooShort.
    """
    name = folded(identifier)
    if not _IDENTIFIER.fullmatch(name):
        raise IdentifierInvalid
    password_hash = await hash_password(password)
    if await Account.exists(identifier=name):
        return await _first_password(name, password_hash)
    try:
        async with in_transaction("default"):
            guardian = await Guardian.create(
                last_name=last_name, first_name=first_name, name_key=folded(f"{last_name} {first_name}")
            )
            await ledger.open_wallet(guardian.id)
            return await Account.create(
                identifier=name, password_hash=password_hash, role=role, guardian_id=guardian.id, language=language
            )
    except IntegrityError:  # somebody else was first, a moment ago
        return await _first_password(name, password_hash)


async def set_password(identifier: str, password: str) -> Account:
    """Give an account a new password: all its sessions end, and failed tries are forgotten.

    Raises SignInRefused where there is no such account, and PasswordTooShort.
    """
    account = await Account.get_or_none(identifier=folded(identifier))
    if account is None:
        raise SignInRefused
    account.password_hash = await hash_password(password)
    await account.save(update_fields=["password_hash"])
    await KnownBrowser.filter(account_id=account.id).delete()
    await guessing.forget(account.identifier)
    await sessions.revoke_all(account.id)
    return account


async def _first_password(identifier: str, password_hash: str) -> Account:
    # one conditional update: of two at once, one gets it
    if not await Account.filter(identifier=identifier, password_hash=None).update(password_hash=password_hash):
        raise IdentifierTaken
    return await Account.get(identifier=identifier)


def _browser_hash(account: Account, token: str) -> str:
    """Per account: two parents who share a browser do not share a count."""
    return keyed_hash("browser", str(account.id), token)


async def _known_browser(account: Account | None, token: str | None) -> KnownBrowser | None:
    if account is None or not token or len(token) > 100:
        return None
    return await KnownBrowser.get_or_none(token_hash=_browser_hash(account, token))


async def _make_known(account: Account, token: str | None) -> str:
    """Remember that this browser signed in to this account; a browser without a usable token gets one."""
    if not token or not 40 <= len(token) <= 100:
        token = secrets.token_urlsafe(32)
    token_hash = _browser_hash(account, token)
    now = clock.now()
    if not await KnownBrowser.filter(token_hash=token_hash).update(last_used_at=now):
        with suppress(IntegrityError):  # the same browser, twice at once
            await KnownBrowser.create(token_hash=token_hash, account_id=account.id, last_used_at=now)
    return token
