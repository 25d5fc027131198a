"""The second factor: codes of an authenticator application (TOTP), and recovery codes for the day it is lost (R10).

A code works once: the step of the last one taken is kept with the account, and only a later step's is taken. The
secret offered while it is being set up is worked out of the session, never stored and never the browser's: it stays
the same, however often the page is reloaded, until the second factor is switched on. From then on it is stored sealed
(services/keys.py): a copy of the database makes nobody's codes.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import pyotp
import segno
from tortoise.expressions import Q

from creos_ui import clock
from creos_ui.database.transactions import atomic
from creos_ui.database.values import LARGEST_ID
from creos_ui.errors import DomainError
from creos_ui.keyed_hash import keyed_hash
from creos_ui.services import keys, outbox
from creos_ui.services.accounts import code_guessing, sessions
from creos_ui.services.accounts.account import confirm_password
from creos_ui.services.roles import roles_of
from models import Account, MailKind, RecoveryCode, Session

T = TypeVar("T")
STEP = 30  # seconds a code stands for
WINDOW = 1  # steps a clock may be off, each way
RECOVERY_CODES = 10
PENDING = timedelta(minutes=5)  # from the right password to the code
_ALPHABET = "abcdefghjkmnpqrstvwxyz23456789"  # nothing that is read as something else: 49 bits in ten of them


class CodeRefused(DomainError):
    """Wrong, too old, or used before: one answer."""

    text_key = "error.code_refused"


class SecondStepOver(DomainError):
    """Five minutes have passed since the password, or the account has changed: from the beginning."""

    text_key = "error.second_step_over"


class SecondFactorChanged(DomainError):
    """Another tab was first."""

    text_key = "error.second_factor_changed"


class SecondFactorNeeded(DomainError):
    """The account holds a role of the office, which nobody uses without one (O5)."""

    text_key = "error.second_factor_needed"


# setting it up, and switching it off


async def secret_to_set_up(account_id: int, session_id: int) -> str:
    """The secret offered to this session: 160 bits in base 32. Raises SecondFactorChanged where one is in force."""
    account = await Account.get(id=account_id)
    if account.totp_secret is not None:
        raise SecondFactorChanged
    return _offered(account, session_id)


async def switch_on(account_id: int, session_id: int, *, password: str, code: str) -> list[str]:
    """Take the offered secret into force; returns the recovery codes, which nobody can show again.

    Raises SecondFactorChanged, WrongPassword, TooManyTries, CodeRefused or TooManyCodes.
    """
    account = await Account.get(id=account_id)
    if account.totp_secret is not None:
        raise SecondFactorChanged
    await confirm_password(account_id, password)
    secret = _offered(account, session_id)
    this = await code_guessing.begin("totp", account_id)
    step = _step_of(secret, _plain(code), after=None)
    if step is None:
        raise CodeRefused
    codes = _new_codes()

    async def work(connection: Any) -> None:
        await code_guessing.right(connection, this)
        without = Account.filter(id=account_id, totp_secret=None).using_db(connection)
        if not await without.update(totp_secret=keys.seal(secret), totp_last_step=step):
            raise SecondFactorChanged
        session = Session.filter(id=session_id, account_id=account_id).using_db(connection)
        await session.update(factor_at=clock.now())
        await _replace_codes(account_id, codes)
        await _notify(connection, account_id, "on")

    await atomic(work)
    return codes


async def switch_off(account_id: int, *, password: str, code: str) -> None:
    """Back to the password alone; `code` is a code of the application or a recovery code.

    Raises SecondFactorNeeded, SecondFactorChanged, WrongPassword, TooManyTries, CodeRefused or TooManyCodes.
    """
    account = await _with_factor(account_id)
    if await roles_of(account_id):
        raise SecondFactorNeeded
    await confirm_password(account_id, password)

    async def work(connection: Any) -> None:
        # the last step stays: the next secret to be offered depends on it
        unchanged = Account.filter(id=account_id, totp_secret=account.totp_secret).using_db(connection)
        if not await unchanged.update(totp_secret=None):
            raise SecondFactorChanged
        await RecoveryCode.filter(account_id=account_id).delete()
        await _notify(connection, account_id, "off")

    await _with_code(account, code, work)


async def renew_codes(account_id: int, *, password: str, code: str) -> list[str]:
    """Ten new recovery codes; the old ones are void. Raises as `switch_off` does."""
    account = await _with_factor(account_id)
    await confirm_password(account_id, password)
    codes = _new_codes()

    async def work(connection: Any) -> None:
        await _replace_codes(account_id, codes)
        await _notify(connection, account_id, "codes")

    await _with_code(account, code, work)
    return codes


async def codes_left(account_id: int) -> int:
    """How many recovery codes have not been used."""
    return await RecoveryCode.filter(account_id=account_id, used_at=None).count()


# signing in


async def pending(account_id: int) -> str | None:
    """After the right password: what the browser keeps until the code comes; None where no code is asked for.

    It is signed and no session: all it opens, for five minutes, is the question for the code.
    """
    account = await Account.get(id=account_id)
    if account.totp_secret is None:
        return None
    until = int((clock.now() + PENDING).timestamp())
    return f"{account.id}.{until}.{_signature(account, until)}"


async def is_pending(token: str) -> bool:
    """May this browser be asked for a code?"""
    return await _pending_account(token) is not None


async def second_step(token: str, code: str, *, device: str, language: str | None = None) -> str:
    """Open the session the password alone did not open (as sessions.open_session does); returns its token.

    Raises SecondStepOver, CodeRefused or TooManyCodes.
    """
    account = await _pending_account(token)
    if account is None:
        raise SecondStepOver

    async def work(_: Any) -> str:
        return await sessions.open_session(account.id, device=device, language=language, factor_at=clock.now())

    return await _with_code(account, code, work)


# how an application learns the secret


def set_up_uri(secret: str, *, school: str, identifier: str) -> str:
    """The otpauth address an authenticator application reads."""
    issuer = school.replace(":", " ")  # the colon parts issuer and account
    return pyotp.TOTP(secret).provisioning_uri(name=identifier, issuer_name=issuer)


def set_up_qr(uri: str) -> str:
    """The address as a QR code, an SVG data URI."""
    code = segno.make_qr(uri, error="m")
    return str(code.svg_data_uri(scale=4, border=3, dark="#000", light="#fff", xmldecl=False, svgns=True))


def _offered(account: Account, session_id: int) -> str:
    digits = keyed_hash("totp-offer", str(account.id), str(session_id), str(account.totp_last_step))
    return base64.b32encode(bytes.fromhex(digits)[:20]).decode()


def _signature(account: Account, until: int) -> str:
    # a new password or a changed second factor makes it void
    facts = (str(account.id), str(until), account.password_hash or "", account.totp_secret or "")
    return keyed_hash("second-step", *facts)


async def _pending_account(token: str) -> Account | None:
    number, _, rest = token.partition(".")
    until, _, signature = rest.partition(".")
    if len(token) > 120 or not all(part.isascii() and part.isdecimal() for part in (number, until)):
        return None
    if int(number) > LARGEST_ID or int(until) <= clock.now().timestamp():
        return None
    account = await Account.get_or_none(id=int(number))
    if account is None or account.totp_secret is None:
        return None
    fits = hmac.compare_digest(_signature(account, int(until)), signature.encode("ascii", "replace").decode())
    return account if fits else None


async def _notify(connection: Any, account_id: int, change: str) -> None:
    """A notice to the owner, who may not be the one who sits there (R9). `change`: on, off, codes."""
    await outbox.put(connection, account_id, MailKind.SECOND_FACTOR, {"change": change, "at": clock.now().isoformat()})


async def _with_factor(account_id: int) -> Account:
    account = await Account.get(id=account_id)
    if account.totp_secret is None:
        raise SecondFactorChanged
    return account


async def _with_code(account: Account, code: str, work: Callable[[Any], Awaitable[T]]) -> T:
    """Use a code up, of the application or a recovery code, and do what it is for; where that fails the code is still
    good. Each kind has its own limit, so that a stranger who spends the one does not take away the other."""
    plain = _plain(code)
    of_application = len(plain) == 6 and plain.isascii() and plain.isdecimal()
    this = await code_guessing.begin("totp" if of_application else "recovery", account.id)

    async def whole(connection: Any) -> T:
        if not await (_use_totp if of_application else _use_recovery)(connection, account, plain):
            raise CodeRefused
        await code_guessing.right(connection, this)
        return await work(connection)

    return await atomic(whole)


async def _use_totp(connection: Any, account: Account, plain: str) -> int:
    """How many it used up: 0 where it is none or was used; of two at once, one gets in."""
    latest = int(clock.now().timestamp()) // STEP + WINDOW
    last = account.totp_last_step
    if last is not None and last > latest:  # used while the clock ran ahead
        last = None
    assert account.totp_secret is not None
    step = _step_of(keys.unseal(account.totp_secret), plain, after=last)
    if step is None:
        return 0
    earlier = Q(totp_last_step=None) | Q(totp_last_step__lt=step) | Q(totp_last_step__gt=latest)
    unused = Account.filter(earlier, id=account.id, totp_secret=account.totp_secret)
    return await unused.using_db(connection).update(totp_last_step=step)


async def _use_recovery(connection: Any, account: Account, plain: str) -> int:
    """The same of a recovery code."""
    code_hash = _code_hash(account.id, plain)
    unused = RecoveryCode.filter(account_id=account.id, code_hash=code_hash, used_at=None)
    return await unused.using_db(connection).update(used_at=clock.now())


def _step_of(secret: str, code: str, *, after: int | None) -> int | None:
    """The step this is the code of: now's, or a neighbour's for a clock that is off, but none that was used."""
    totp, now = pyotp.TOTP(secret), int(clock.now().timestamp()) // STEP
    for step in range(now - WINDOW, now + WINDOW + 1):
        right = totp.at(step * STEP).encode()
        if hmac.compare_digest(right, code.encode("utf-8", "replace")) and (after is None or step > after):
            return step
    return None


def _plain(code: str) -> str:
    """As typed, or as copied: spaces, dashes and capitals do not matter."""
    return "".join(c for c in code[:60].lower() if c not in " \u00a0\u202f-–\t")


def _new_codes() -> list[str]:
    """Ten different ones, as they are shown: abcde-fgh23."""
    found: set[str] = set()
    while len(found) < RECOVERY_CODES:
        letters = "".join(secrets.choice(_ALPHABET) for _ in range(10))
        found.add(f"{letters[:5]}-{letters[5:]}")
    return list(found)


def _code_hash(account_id: int, plain: str) -> str:
    return keyed_hash("recovery", str(account_id), plain)


async def _replace_codes(account_id: int, codes: list[str]) -> None:
    """Inside the caller's transaction."""
    await RecoveryCode.filter(account_id=account_id).delete()
    hashes = [_code_hash(account_id, _plain(code)) for code in codes]
    await RecoveryCode.bulk_create([RecoveryCode(account_id=account_id, code_hash=h) for h in hashes])
