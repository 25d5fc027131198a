"""Accounts: signing in, creating one, a new password. Identifiers are matched folded: Dubois.Jacqueline is hers."""

from __future__ import annotations

import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tortoise.exceptions import IntegrityError

from creos_ui import clock
from creos_ui.database.transactions import atomic, rows, update
from creos_ui.errors import EmailIsNotIdentifier, IdentifierInvalid, IdentifierTaken, SignInRefused, WrongPassword
from creos_ui.keyed_hash import keyed_hash
from creos_ui.services import outbox
from creos_ui.services.accounts import guessing, links, password_policy, sessions
from creos_ui.services.accounts.passwords import hash_password, is_outdated, password_fits, rehashed
from creos_ui.services.money import ledger
from models import Account, AccountRole, Guardian, KnownBrowser, MailKind, Role, folded

LONGEST_IDENTIFIER = 100
KNOWN_FOR = timedelta(days=365)  # a browser, after its last sign-in; its cookie lasts as long
_IDENTIFIER = re.compile(rf"[a-z0-9._-]{{3,{LONGEST_IDENTIFIER}}}")
# fixed SQL: RETURNING names exactly those it ended
_END_SESSIONS = """
    UPDATE session SET revoked_at = $1 WHERE account_id = $2 AND id <> $3 AND revoked_at IS NULL RETURNING id
"""


@dataclass(frozen=True)
class Admitted:
    """A right password: whose, and the token that makes this browser a known one (for a long-lived cookie)."""

    account_id: int
    browser_token: str


async def sign_in(identifier: str, password: str, *, address: str, browser_token: str | None = None) -> Admitted:
    """Check identifier and password; unknown and wrong are one answer, of one duration (R5).

    Raises EmailIsNotIdentifier, SignInRefused, TooManyTries or PasswordMustBeReset; NotSaved where no try can be
    recorded: then no password is looked at either, and nobody can guess.
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
        same = Account.filter(id=account.id, password_hash=account.password_hash)
        await update(same, password_hash=await rehashed(password))
    return Admitted(account.id, await _make_known(account, browser_token))


async def create_account(
    *,
    identifier: str,
    last_name: str,
    first_name: str,
    password: str,
    role: Role | None = None,
    language: str | None = None,
    email: str | None = None,
) -> Account:
    """A new guardian with wallet and account, all or nothing; an account brought over without a password gets its
    first one instead, and keeps its name. `email` (checked by email_change.address_of) is taken as confirmed. With a
    `role` of the office it is staff: a name of its own, and neither guardian nor wallet.

    Raises IdentifierInvalid, IdentifierTaken, or why the password is not taken (password_policy.weakness).
    """
    name = folded(identifier)
    if not _IDENTIFIER.fullmatch(name):
        raise IdentifierInvalid
    known = await Account.get_or_none(identifier=name)
    words = (identifier, last_name, first_name)
    await password_policy.check(password, account_id=known.id if known else None, words=words)
    password_hash = await hash_password(password)
    if known is not None:
        return await _first_password(name, password_hash, role, email)

    async def work(connection: Any) -> Account:
        if role is not None:
            account = await Account.create(
                identifier=name,
                password_hash=password_hash,
                last_name=last_name,
                first_name=first_name,
                language=language,
                email=email,
            )
            await _give(connection, account.id, role)
            return account
        guardian = await Guardian.create(
            last_name=last_name, first_name=first_name, name_key=folded(f"{last_name} {first_name}")
        )
        await ledger.open_wallet(guardian.id)
        return await Account.create(
            identifier=name,
            password_hash=password_hash,
            guardian_id=guardian.id,
            language=language,
            email=email,
        )

    try:
        return await atomic(work)
    except IntegrityError:  # somebody else was first, a moment ago
        return await _first_password(name, password_hash, role, email)


async def set_password(identifier: str, password: str) -> Account:
    """Give an account a new password: all its sessions end, and failed tries are forgotten.

    Raises SignInRefused where there is no such account, or why the password is not taken.
    """
    account = await Account.get_or_none(identifier=folded(identifier))
    if account is None:
        raise SignInRefused
    await password_policy.check(password, account_id=account.id)
    password_hash = await hash_password(password)

    async def work(connection: Any) -> list[int]:
        return await replace_password(connection, account.id, password_hash)

    sessions.are_revoked(await atomic(work))
    await account.refresh_from_db()
    return account


async def confirm_password(account_id: int, password: str) -> Account:
    """Who sits at this session knows the account's password: asked again before what matters (R9).

    Limited like guessing, on a count of its own. Raises WrongPassword (a SignInRefused), TooManyTries or
    PasswordMustBeReset.
    """
    account = await Account.get(id=account_id)
    this = await guessing.begin(_confirmations(account_id), address=_confirmations(account_id), browser_hash=None)
    if not await password_fits(password, account.password_hash):
        raise WrongPassword
    await guessing.succeeded(this)
    return account


async def change_password(account_id: int, *, current: str, new: str, keep_session_id: int) -> list[int]:
    """The person's own change, from their profile: every other session ends; returns their ids, for their pages.

    Raises WrongPassword (a SignInRefused), TooManyTries, PasswordMustBeReset, or why the new one is not taken.
    """
    await confirm_password(account_id, current)
    await password_policy.check(new, account_id=account_id)
    password_hash = await hash_password(new)

    async def work(connection: Any) -> list[int]:
        return await replace_password(connection, account_id, password_hash, keep_session_id=keep_session_id)

    ended = await atomic(work)
    sessions.are_revoked(ended)
    return ended


async def replace_password(
    connection: Any, account_id: int, password_hash: str, *, keep_session_id: int = 0
) -> list[int]:
    """Everything a new password changes, in one transaction: sessions and known browsers end, links in messages too,
    failed tries no longer count, and the owner is notified. Returns the ended sessions' ids, for sessions.are_revoked
    when it is committed."""
    await Account.filter(id=account_id).using_db(connection).update(password_hash=password_hash)
    account = await Account.get(id=account_id, using_db=connection)
    for track in (account.identifier, _confirmations(account_id)):
        await guessing.forget(connection, track)
    await KnownBrowser.filter(account_id=account_id).using_db(connection).delete()
    await links.kill(connection, account_id)
    for kind in (MailKind.PASSWORD_LINK, MailKind.EMAIL_LINK):
        await outbox.withdraw(connection, account_id, kind)
    await outbox.put(connection, account_id, MailKind.PASSWORD_CHANGED, {"at": clock.now().isoformat()})
    return [int(row["id"]) for row in await rows(connection, _END_SESSIONS, clock.now(), account_id, keep_session_id)]


async def _first_password(identifier: str, password_hash: str, role: Role | None, email: str | None) -> Account:
    values = {"password_hash": password_hash} | ({"email": email} if email else {})

    async def work(connection: Any) -> Account:
        # one conditional update: of two at once, one gets it
        without = Account.filter(identifier=identifier, password_hash=None).using_db(connection)
        if not await without.update(**values):
            raise IdentifierTaken
        account = await Account.get(identifier=identifier, using_db=connection)
        if role is not None:
            await _give(connection, account.id, role)
        return account

    return await atomic(work)


async def _give(connection: Any, account_id: int, role: Role) -> None:
    """By a command: nobody's gift."""
    await AccountRole.create(account_id=account_id, role=role, given_at=clock.now(), using_db=connection)


def _confirmations(account_id: int) -> str:
    """A track of its own in the guessing limits; no identifier has a colon."""
    return f"confirm:{account_id}"


def _browser_hash(account: Account, token: str) -> str:
    """Per account: two parents who share a browser do not share a count."""
    return keyed_hash("browser", str(account.id), token)


async def prune_browsers() -> None:
    """Forget the browsers whose cookie has ended: a year after the last sign-in."""
    over = KnownBrowser.filter(last_used_at__lt=clock.now() - KNOWN_FOR)
    await atomic(lambda connection: over.using_db(connection).delete())


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

    async def work(connection: Any) -> None:
        if not await KnownBrowser.filter(token_hash=token_hash).using_db(connection).update(last_used_at=now):
            values = {"token_hash": token_hash, "account_id": account.id, "last_used_at": now}
            await KnownBrowser.create(using_db=connection, **values)

    with suppress(IntegrityError):  # the same browser, twice at once
        await atomic(work)
    return token
