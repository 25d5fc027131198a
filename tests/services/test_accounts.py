"""Accounts are created whole, once, under an identifier that is none of anybody else's."""

from __future__ import annotations

import asyncio

import pytest

from creos_ui.errors import IdentifierInvalid, IdentifierTaken, PasswordTooShort, SignInRefused
from creos_ui.services.accounts import sessions
from creos_ui.services.accounts.account import create_account, set_password, sign_in
from creos_ui.services.money import ledger
from creos_ui.services.roles import roles_of
from models import Account, Guardian, LedgerAccount, Role
from tests.school import School, add_guardian
from tests.services.signing_in import HOME, NORA, PASSWORD, nora, secret

__all__ = ["nora", "secret"]


async def create(identifier: str, **options: object) -> Account:
    values = {"last_name": "Dubois", "first_name": "Jacqueline", "password": PASSWORD} | options
    return await create_account(identifier=identifier, **values)  # type: ignore[arg-type]


async def test_a_new_account_has_guardian_and_wallet_and_signs_in(db: object) -> None:
    account = await create("Dubois.Jacqueline", language="en")
    assert account.identifier == "dubois.jacqueline"
    assert (await roles_of(account.id), account.language) == (frozenset(), "en")
    guardian = await Guardian.get(id=account.guardian_id)
    assert (guardian.name, guardian.name_key) == ("Dubois Jacqueline", "dubois jacqueline")
    assert await ledger.balance_cents(guardian.id) == 0
    assert (await sign_in("dubois.jacqueline", PASSWORD, address=HOME)).account_id == account.id


async def test_an_odd_identifier_is_refused(db: object, subtests: pytest.Subtests) -> None:
    odd = (
        "",
        "ab",
        "x" * 101,
        "nora@example.org",
        "two words",
        "d'haese.jan",
        "a/b/c",
        "нора",
        "nul\0nul",
        "<b>bold</b>",
    )
    for identifier in odd:
        with subtests.test(identifier=identifier), pytest.raises(IdentifierInvalid):
            await create(identifier)
    assert await Guardian.all().count() == 0


async def test_an_ordinary_identifier_is_taken(db: object, subtests: pytest.Subtests) -> None:
    for identifier in ("abc", "x" * 100, "dubois.jacqueline", "a_b-c.1", " Dubóis.Jo "):
        with subtests.test(identifier=identifier):
            await create(identifier)


async def test_a_short_password_creates_nothing(db: object) -> None:
    with pytest.raises(PasswordTooShort):
        await create("dubois.jacqueline", password="court")
    assert await Guardian.all().count() == 0


async def test_an_account_brought_over_gets_its_first_password_and_keeps_its_owner(school: School) -> None:
    brought = await Account.create(identifier=NORA, guardian_id=school.nora.id)
    account = await create(NORA, last_name="Somebody", first_name="Else")
    assert (account.id, account.guardian_id) == (brought.id, school.nora.id)
    assert (await Guardian.get(id=account.guardian_id)).name == "Peeters Nora"
    assert await Guardian.all().count() == 2
    await sign_in(NORA, PASSWORD, address=HOME)


async def test_an_account_with_a_password_is_taken(nora: Account) -> None:
    with pytest.raises(IdentifierTaken):
        await create(NORA, password="Une autre phrase")
    await sign_in(NORA, PASSWORD, address=HOME)


async def test_twenty_at_once_make_one_account(db: object) -> None:
    answers = await asyncio.gather(*(create("dubois.jacqueline") for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(answer, Account) for answer in answers) == 1
    assert sum(isinstance(answer, IdentifierTaken) for answer in answers) == 19
    assert await Guardian.all().count() == 1
    assert await LedgerAccount.filter(guardian_id__isnull=False).count() == 1


async def test_of_two_first_passwords_at_once_one_holds(school: School) -> None:
    await Account.create(identifier=NORA, guardian_id=school.nora.id)
    words = ["Une phrase assez longue", "Une autre phrase longue"]
    answers = await asyncio.gather(*(create(NORA, password=word) for word in words), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Account", "IdentifierTaken"]
    holding = words[0] if isinstance(answers[0], Account) else words[1]
    await sign_in(NORA, holding, address=HOME)


async def test_a_failure_half_way_leaves_nothing(db: object, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(guardian_id: int) -> None:
        raise RuntimeError("the wallet could not be opened")

    monkeypatch.setattr(ledger, "open_wallet", fails)
    with pytest.raises(RuntimeError):
        await create("dubois.jacqueline")
    assert await Guardian.all().count() == 0
    assert await Account.all().count() == 0


async def test_a_new_password_ends_every_session_and_forgets_browsers(nora: Account) -> None:
    token = await sessions.open_session(nora.id, device="")
    browser = (await sign_in(NORA, PASSWORD, address=HOME)).browser_token
    await set_password(" Peeters.Nora", "Le tilleul reverdit")
    assert await sessions.load(token) is None
    with pytest.raises(SignInRefused):
        await sign_in(NORA, PASSWORD, address=HOME, browser_token=browser)
    with pytest.raises(PasswordTooShort):
        await set_password(NORA, "court")
    with pytest.raises(SignInRefused):
        await set_password("nobody.here", "Le tilleul reverdit")


async def test_a_brought_over_account_takes_the_role_it_is_given(db: object) -> None:
    guardian = await add_guardian("Lambert", "Anne")
    await Account.create(identifier="lambert.anne", guardian_id=guardian.id)
    account = await create_account(
        identifier="lambert.anne", last_name="", first_name="", password=PASSWORD, role=Role.ADMINISTRATOR
    )
    assert await roles_of(account.id) == {Role.ADMINISTRATOR}
    assert account.guardian_id == guardian.id


async def test_the_first_language_is_kept_until_another_is_chosen(db: object) -> None:
    guardian = await add_guardian("Lambert", "Anne")
    account = await Account.create(identifier="lambert.anne", guardian_id=guardian.id)
    for language in ("nl", "de"):
        await sessions.open_session(account.id, device="", language=language)
    assert (await Account.get(id=account.id)).language == "nl"
