"""The portal's own keys (O6): for hashing, for sealing secrets in the database, for the audit.

Each is a row, encrypted under a key that CREOS_SECRET gives; so the secret can change without anything ending. The
first ones are those the secret itself gives, which two processes that begin at once make alike. They are read once,
when the database is opened.
"""

from __future__ import annotations

import base64
import re
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from creos_ui import clock, keyed_hash
from creos_ui.database.transactions import atomic, one_at_a_time
from models import Account, KeyPurpose, PortalKey

LOCK = "portal_key"
_PLAIN = re.compile(r"[A-Z2-7]{32}", re.ASCII)  # a second factor's secret of earlier versions; sealed: 100 and more

_keys: dict[KeyPurpose, dict[int, bytes]] = {}  # by the row's id, the oldest first


class SecretUnfit(Exception):
    """CREOS_SECRET is not the one these keys are encrypted under; the message is one sentence for the operator."""

    def __init__(self) -> None:
        super().__init__(
            "CREOS_SECRET is not the one this database belongs to: set the secret it was last served with, or restore "
            "the backup that goes with this one (README, configuration)."
        )


async def open_keys(secret: str) -> None:
    """Read the keys, or make the first ones, and hash and seal with the newest from now on. What earlier versions left
    in clear is sealed, once. Raises SecretUnfit."""
    found = await PortalKey.all().order_by("number")
    if {key.purpose for key in found} != set(KeyPurpose):
        await atomic(lambda connection: _make_first(connection, secret))
        found = await PortalKey.all().order_by("number")
    wrapping = wrapping_of(secret)
    opened: dict[KeyPurpose, dict[int, bytes]] = {purpose: {} for purpose in KeyPurpose}
    for key in found:
        try:
            opened[key.purpose][key.id] = wrapping.decrypt(key.sealed.encode())
        except InvalidToken:
            raise SecretUnfit from None
    hold(opened)
    if await _plain_secrets():
        await atomic(_seal_plain_secrets)


def hold(opened: dict[KeyPurpose, dict[int, bytes]]) -> None:
    """Hash and seal with the newest of these from now on: each purpose's keys by their id, the oldest first."""
    _keys.clear()
    _keys.update(opened)
    keyed_hash.use(_newest(KeyPurpose.HASH)[1])


def first_keys(secret: str) -> dict[KeyPurpose, bytes]:
    """The keys the secret itself gives, alike in every process."""
    return {
        KeyPurpose.HASH: secret.encode(),  # as it hashed before there were rows: no session ends, no code is void
        KeyPurpose.SEAL: _derived(secret, b"creos seal"),
        KeyPurpose.AUDIT: _derived(secret, b"creos audit"),
    }


def seal(text: str) -> str:
    """Encrypted and signed: what may stand in the database, and in a copy of it."""
    return fernet(_newest(KeyPurpose.SEAL)[1]).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """What was sealed; raises cryptography's InvalidToken where it was not, or was changed."""
    return fernet(_newest(KeyPurpose.SEAL)[1]).decrypt(sealed.encode()).decode()


def audit_key() -> tuple[int, bytes]:
    """The id of the key that seals new lines of the audit, and the key."""
    return _newest(KeyPurpose.AUDIT)


def audit_keys() -> dict[int, bytes]:
    """Every key that ever sealed a line, by its id."""
    return dict(_keys[KeyPurpose.AUDIT])


def _newest(purpose: KeyPurpose) -> tuple[int, bytes]:
    assert _keys, "open_keys(secret) comes first"
    return list(_keys[purpose].items())[-1]


async def _make_first(connection: Any, secret: str) -> None:
    """Where another process was first, nothing."""
    await one_at_a_time(connection, LOCK)
    have = {key.purpose for key in await PortalKey.all().using_db(connection)}
    for purpose, key in first_keys(secret).items():
        if purpose not in have:
            sealed = wrapping_of(secret).encrypt(key).decode()
            await PortalKey.create(purpose=purpose, number=1, sealed=sealed, made_at=clock.now(), using_db=connection)


async def _plain_secrets() -> dict[int, str]:
    """The second factors' secrets that lie in clear, by the account's id."""
    stored = await Account.filter(totp_secret__not_isnull=True).values_list("id", "totp_secret")
    return {account_id: secret for account_id, secret in stored if _PLAIN.fullmatch(secret)}


async def _seal_plain_secrets(connection: Any) -> None:
    """All of them, or none; one that another process has sealed or switched off meanwhile stays as it is."""
    await one_at_a_time(connection, LOCK)
    for account_id, secret in (await _plain_secrets()).items():
        in_clear = Account.filter(id=account_id, totp_secret=secret).using_db(connection)
        await in_clear.update(totp_secret=seal(secret))


def _derived(secret: str, what: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=what).derive(secret.encode())


def wrapping_of(secret: str) -> Fernet:
    """What the keys themselves are encrypted under."""
    return fernet(_derived(secret, b"creos keys"))


def fernet(key: bytes) -> Fernet:
    """Encrypts and signs under a key of 32 bytes."""
    return Fernet(base64.urlsafe_b64encode(key))
