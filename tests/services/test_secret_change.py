"""Another CREOS_SECRET: nothing ends; after a leak, all that a thief could use does (O6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyotp
import pytest
from cryptography.fernet import InvalidToken

from creos_ui import clock
from creos_ui.services import keys
from creos_ui.services.accounts import links, second_factor, sessions
from creos_ui.services.accounts.second_factor import CodeRefused
from creos_ui.services.invitations.calendar_feeds import feed_of, guardian_of
from creos_ui.services.secret_change import Ending, change_secret, replace_keys, what_would_end
from models import Account, KeyPurpose, KnownBrowser, LinkPurpose, PortalKey, RecoveryCode, School, Session
from models.school import THE_SCHOOL
from tests.services.signing_in import PASSWORD, SECRET, Hands, hands, nora, secret

__all__ = ["hands", "nora", "secret"]

NEW = "the next secret of the tests, and as long"
ALL = Ending(sessions=1, browsers=1, links=1, codes=10, feeds=1)


@dataclass
class Held:
    """What Nora holds, each made under the first secret."""

    session: str
    totp: str
    codes: list[str]
    link: str
    feed: str


@pytest.fixture
async def held(nora: Account, hands: Hands) -> Held:
    await keys.open_keys(SECRET)
    session = await sessions.open_session(nora.id, device="Firefox")
    totp = await second_factor.secret_to_set_up(nora.id, 7)
    codes = await second_factor.switch_on(nora.id, 7, password=PASSWORD, code=pyotp.TOTP(totp).at(clock.now()))
    await KnownBrowser.create(token_hash="0" * 64, account_id=nora.id, last_used_at=clock.now())
    await School.filter(id=THE_SCHOOL).delete()
    await School.create(id=THE_SCHOOL, smtp_password=keys.seal("of the mail server"))
    assert nora.guardian_id
    feed = (await feed_of(nora.guardian_id)).rpartition("/")[2]
    hands.on(minutes=2)
    return Held(session, totp, codes, await links.mint("message", nora.id, LinkPurpose.PASSWORD), feed)


async def second_step(account: Account, code: str) -> bool:
    token = await second_factor.pending(account.id)
    assert token
    try:
        return bool(await second_factor.second_step(token, code, device="Firefox"))
    except CodeRefused:
        return False


async def mail_password() -> str:
    return keys.unseal((await School.get(id=THE_SCHOOL)).smtp_password or "")


async def began_again(secret: str) -> None:
    """As another process begins, which remembers nothing."""
    sessions.forget_all()
    await keys.open_keys(secret)


async def test_with_another_secret_sessions_codes_and_links_go_on(nora: Account, held: Held) -> None:
    await change_secret(SECRET, NEW)
    await began_again(NEW)
    assert await sessions.load(held.session)
    assert await links.look(held.link, LinkPurpose.PASSWORD)
    assert await guardian_of(held.feed) == nora.guardian_id
    assert await second_step(nora, pyotp.TOTP(held.totp).at(clock.now()))
    assert await second_step(nora, held.codes[0])
    assert await KnownBrowser.all().count() == 1
    assert await mail_password() == "of the mail server"


async def test_afterwards_only_the_new_secret_fits(held: Held) -> None:
    audit = keys.audit_key()
    await change_secret(SECRET, NEW)
    with pytest.raises(keys.SecretUnfit):
        await keys.open_keys(SECRET)
    await keys.open_keys(NEW)
    assert keys.audit_key() == audit


@pytest.mark.parametrize("change", [change_secret, replace_keys])
async def test_without_the_secret_in_force_nothing_changes(held: Held, change: Any) -> None:
    rows = await PortalKey.all().order_by("id").values()
    with pytest.raises(keys.SecretUnfit):
        await change(NEW, SECRET)
    assert await PortalKey.all().order_by("id").values() == rows
    assert await what_would_end(SECRET) == ALL


async def test_after_a_leak_what_was_hashed_ends_and_is_counted_beforehand(nora: Account, held: Held) -> None:
    assert await what_would_end(SECRET) == ALL
    assert await sessions.load(held.session), "counting ends nothing"
    assert await replace_keys(SECRET, NEW) == ALL
    await began_again(NEW)
    assert await sessions.load(held.session) is None
    assert await Session.filter(revoked_at=None).count() == 0
    assert await links.look(held.link, LinkPurpose.PASSWORD) is None
    assert await guardian_of(held.feed) is None
    assert not await second_step(nora, held.codes[0])
    assert await RecoveryCode.filter(used_at=None).count() == 0
    assert await KnownBrowser.all().count() == 0
    assert await what_would_end(NEW) == Ending(sessions=0, browsers=0, links=0, codes=0, feeds=0)


async def test_after_a_leak_what_was_sealed_is_sealed_anew(nora: Account, held: Held) -> None:
    leaked = keys.fernet(keys.first_keys(SECRET)[KeyPurpose.SEAL])
    await replace_keys(SECRET, NEW)
    await began_again(NEW)
    assert await second_step(nora, pyotp.TOTP(held.totp).at(clock.now()))
    assert await mail_password() == "of the mail server"
    for sealed in ((await Account.get(id=nora.id)).totp_secret, (await School.get(id=THE_SCHOOL)).smtp_password):
        assert sealed
        with pytest.raises(InvalidToken):
            leaked.decrypt(sealed)


async def test_after_a_leak_the_keys_are_new_and_the_old_audit_key_verifies_on(held: Held) -> None:
    old_id, old_key = keys.audit_key()
    await replace_keys(SECRET, NEW)
    await began_again(NEW)
    new_id, new_key = keys.audit_key()
    assert new_key not in keys.first_keys(SECRET).values()
    assert new_key not in keys.first_keys(NEW).values()
    assert keys.audit_keys() == {old_id: old_key, new_id: new_key}
    assert new_id != old_id
    assert await PortalKey.filter(purpose=KeyPurpose.HASH).count() == 1
    assert await PortalKey.filter(purpose=KeyPurpose.SEAL).count() == 1
    with pytest.raises(keys.SecretUnfit):
        await keys.open_keys(SECRET)


async def test_one_that_fails_on_the_way_changes_nothing(held: Held, nora: Account) -> None:
    await School.filter(id=THE_SCHOOL).update(smtp_password="no seal of ours")
    rows, stored = await PortalKey.all().order_by("id").values(), (await Account.get(id=nora.id)).totp_secret
    with pytest.raises(InvalidToken):
        await replace_keys(SECRET, NEW)
    assert await PortalKey.all().order_by("id").values() == rows
    assert (await Account.get(id=nora.id)).totp_secret == stored
    await began_again(SECRET)
    assert await sessions.load(held.session)
