"""The portal's own keys: made once, read by whoever has the secret, and nothing in clear in the database (O6)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import InvalidToken

from creos_ui.database.opening import close_database, open_database
from creos_ui.keyed_hash import keyed_hash
from creos_ui.services import keys
from models import KeyPurpose, PortalKey
from tests.databases import fresh_url
from tests.services.signing_in import SECRET, secret

__all__ = ["secret"]

OTHER = "a secret of nobody's, and as long as the other"


async def test_the_first_keys_are_those_the_secret_gives(db: Any) -> None:
    before = keyed_hash("session", "token")
    await keys.open_keys(SECRET)
    assert keyed_hash("session", "token") == before, "every session would end"
    assert await PortalKey.all().count() == len(KeyPurpose)
    sealed = keys.seal("a word")
    await keys.open_keys(SECRET)
    assert await PortalKey.all().count() == len(KeyPurpose)
    assert keys.unseal(sealed) == "a word"
    assert keys.audit_keys() == dict([keys.audit_key()])


async def test_no_key_lies_in_clear(db: Any) -> None:
    await keys.open_keys(SECRET)
    stored = str(await PortalKey.all().values())
    for key in keys.first_keys(SECRET).values():
        assert key.decode("latin-1") not in stored
        assert key.hex() not in stored
    assert SECRET not in stored


async def test_another_secret_is_refused_in_one_sentence_and_changes_nothing(db: Any) -> None:
    await keys.open_keys(SECRET)
    rows, hashed, sealed = await PortalKey.all().order_by("id").values(), keyed_hash("session", "token"), keys.seal("a")
    with pytest.raises(keys.SecretUnfit) as refusal:
        await keys.open_keys(OTHER)
    assert "CREOS_SECRET" in str(refusal.value)
    assert OTHER not in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert await PortalKey.all().order_by("id").values() == rows
    assert keyed_hash("session", "token") == hashed
    assert keys.unseal(sealed) == "a"


async def test_what_was_changed_is_not_unsealed(db: Any) -> None:
    await keys.open_keys(SECRET)
    sealed = keys.seal("a word")
    for changed in (sealed[:-4] + "AAA=", "a word", ""):
        with pytest.raises(InvalidToken):
            keys.unseal(changed)


async def test_two_that_begin_at_once_make_the_keys_once(database_kind: str, tmp_path: Path) -> None:
    async with fresh_url(database_kind, tmp_path) as url:
        await open_database(url)
        await asyncio.gather(*(keys.open_keys(SECRET) for _ in range(4)))
        assert await PortalKey.all().count() == len(KeyPurpose)
        await close_database()
