"""The second factor: what gets in, what does not, and that each code gets in once (R9, R10)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pyotp
import pytest

from creos_ui import clock
from creos_ui.database.opening import close_database, open_database
from creos_ui.errors import DomainError, TooManyTries, WrongPassword
from creos_ui.services import keys
from creos_ui.services.accounts import code_guessing, guessing, second_factor, sessions
from creos_ui.services.accounts.account import set_password
from creos_ui.services.accounts.code_guessing import TooManyCodes
from creos_ui.services.accounts.passwords import hash_password
from creos_ui.services.accounts.second_factor import CodeRefused, SecondFactorChanged, SecondStepOver
from models import Account, AccountRole, MailMessage, RecoveryCode, Role, SignInAttempt
from tests.databases import fresh_url
from tests.school import School
from tests.services.signing_in import NORA, PASSWORD, SECRET, WRONG, Hands, hands, nora, secret

__all__ = ["hands", "nora", "secret"]

SESSION = 7


def code_of(key: str, *, steps: int = 0) -> str:
    """What the application shows now, or so many steps later."""
    return pyotp.TOTP(key).at(int(clock.now().timestamp()) + 30 * steps)


async def switched_on(account: Account) -> tuple[str, list[str]]:
    """The secret and the recovery codes; the code of this step is used up."""
    key = await second_factor.secret_to_set_up(account.id, SESSION)
    return key, await second_factor.switch_on(account.id, SESSION, password=PASSWORD, code=code_of(key))


async def step(account: Account, code: str) -> int:
    token = await second_factor.pending(account.id)
    assert token
    return await through(token, code)


async def through(token: str, code: str) -> int:
    """The account whose session the code opened."""
    who = await sessions.load(await second_factor.second_step(token, code, device="Firefox"))
    assert who
    return who.account_id


async def test_switched_on_by_password_and_a_right_code(nora: Account, hands: Hands) -> None:
    assert await second_factor.pending(nora.id) is None
    key, codes = await switched_on(nora)
    assert keys.unseal((await Account.get(id=nora.id)).totp_secret or "") == key
    assert len(key) == 32
    assert len(set(codes)) == 10
    assert await second_factor.codes_left(nora.id) == 10
    assert await second_factor.pending(nora.id)
    stored = str(await RecoveryCode.all().values())
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


async def test_no_table_holds_a_secret_in_clear(nora: Account, db: Any, hands: Hands) -> None:
    key, codes = await switched_on(nora)
    await step(nora, code_of(key, steps=1))
    assert nora.identifier in await everything(db), "it looks where things are"
    for one in (key, *codes, *(code.replace("-", "") for code in codes)):
        assert one not in await everything(db)


async def test_what_earlier_versions_kept_in_clear_is_sealed_once_and_takes_its_codes(
    nora: Account, school: School, db: Any, hands: Hands
) -> None:
    key = pyotp.random_base32()
    omar = await Account.create(identifier="haddad.omar", guardian_id=school.omar.id, totp_secret=keys.seal("OMARS"))
    await Account.filter(id=nora.id).update(totp_secret=key)
    await keys.open_keys(SECRET)
    assert key not in await everything(db)
    assert await step(nora, code_of(key)) == nora.id
    stored = await Account.all().order_by("id").values_list("totp_secret", flat=True)
    await keys.open_keys(SECRET)
    assert await Account.all().order_by("id").values_list("totp_secret", flat=True) == stored, "sealed twice"
    assert (await Account.get(id=omar.id)).totp_secret == omar.totp_secret
    await second_factor.switch_off(nora.id, password=PASSWORD, code=code_of(key, steps=1))


async def test_two_that_begin_at_once_seal_it_once(database_kind: str, tmp_path: Path) -> None:
    async with fresh_url(database_kind, tmp_path) as url:
        await open_database(url)
        school = await School.open()
        nora = await Account.create(identifier=NORA, guardian_id=school.nora.id, totp_secret=pyotp.random_base32())
        await asyncio.gather(*(keys.open_keys(SECRET) for _ in range(4)))
        assert keys.unseal((await Account.get(id=nora.id)).totp_secret or "") == nora.totp_secret
        await close_database()


async def everything(db: Any) -> str:
    """Every row of every table, as text."""
    if db.capabilities.dialect == "sqlite":
        names = "SELECT name AS n FROM sqlite_master WHERE type = 'table'"
    else:
        names = "SELECT tablename AS n FROM pg_tables WHERE schemaname = 'public'"
    tables = [row["n"] for row in await db.execute_query_dict(names)]
    assert "account" in tables
    return "".join([str(await db.execute_query_dict(f'SELECT * FROM "{table}"')) for table in tables])


async def test_the_offered_secret_stays_until_it_is_used_and_is_another_one_for_each(
    nora: Account, school: School, hands: Hands
) -> None:
    omar = await Account.create(identifier="haddad.omar", guardian_id=school.omar.id)
    first = await second_factor.secret_to_set_up(nora.id, SESSION)
    assert await second_factor.secret_to_set_up(nora.id, SESSION) == first
    assert await second_factor.secret_to_set_up(nora.id, SESSION + 1) != first
    assert await second_factor.secret_to_set_up(omar.id, SESSION) != first
    key, _ = await switched_on(nora)
    with pytest.raises(SecondFactorChanged):
        await second_factor.secret_to_set_up(nora.id, SESSION)
    await second_factor.switch_off(nora.id, password=PASSWORD, code=code_of(key, steps=1))
    assert await second_factor.secret_to_set_up(nora.id, SESSION) != first


async def test_a_wrong_code_switches_nothing_on(nora: Account, hands: Hands, subtests: pytest.Subtests) -> None:
    for code in ("", "000000", "abcdef", "٣٤٥٦٧٨", "12345", "1234567", "x" * 10_000, "nul\0", "\ud800"):
        with subtests.test(code=code), pytest.raises(CodeRefused):
            await second_factor.switch_on(nora.id, SESSION, password=PASSWORD, code=code)
        hands.on(minutes=31)  # each guess as the first
    assert (await Account.get(id=nora.id)).totp_secret is None
    assert await RecoveryCode.all().count() == 0


async def test_without_the_password_nothing_changes(nora: Account, hands: Hands, subtests: pytest.Subtests) -> None:
    """R9, whoever sits at the open session."""
    no_passwords = ("", WRONG, PASSWORD.lower())
    key = await second_factor.secret_to_set_up(nora.id, SESSION)
    for password in no_passwords:
        with subtests.test(password=password), pytest.raises(WrongPassword):
            await second_factor.switch_on(nora.id, SESSION, password=password, code=code_of(key))
    assert (await Account.get(id=nora.id)).totp_secret is None
    _, codes = await switched_on(nora)
    hashes = await RecoveryCode.all().order_by("id").values_list("code_hash", flat=True)
    for password in no_passwords:
        for change in (second_factor.switch_off, second_factor.renew_codes):
            with subtests.test(password=password, change=change.__name__), pytest.raises(WrongPassword):
                await change(nora.id, password=password, code=codes[0])
    assert keys.unseal((await Account.get(id=nora.id)).totp_secret or "") == key
    assert await RecoveryCode.all().order_by("id").values_list("code_hash", flat=True) == hashes
    assert await second_factor.codes_left(nora.id) == 10


async def test_the_password_cannot_be_guessed_here_either(nora: Account, hands: Hands) -> None:
    for _ in range(guessing.PER_IDENTIFIER):
        with pytest.raises(WrongPassword):
            await second_factor.switch_on(nora.id, SESSION, password=WRONG, code="000000")
    with pytest.raises(TooManyTries):
        await second_factor.switch_on(nora.id, SESSION, password=PASSWORD, code="000000")


async def test_a_code_works_once(nora: Account, hands: Hands) -> None:
    key, _ = await switched_on(nora)
    used = code_of(key)
    with pytest.raises(CodeRefused):
        await step(nora, used)  # it switched the second factor on: not again
    hands.on(seconds=30)
    code = code_of(key)
    assert await step(nora, code) == nora.id
    for _ in range(3):
        with pytest.raises(CodeRefused):
            await step(nora, code)
        hands.on(seconds=9)


async def test_a_code_used_at_once_in_two_places_gets_in_once(nora: Account, hands: Hands) -> None:
    key, codes = await switched_on(nora)
    hands.on(seconds=30)
    for code in (code_of(key), codes[0]):
        answers = await asyncio.gather(*(step(nora, code) for _ in range(4)), return_exceptions=True)
        assert sorted(isinstance(answer, int) for answer in answers) == [False, False, False, True]
        hands.on(minutes=6)


async def test_clocks_may_differ_by_one_step(nora: Account, hands: Hands) -> None:
    key, _ = await switched_on(nora)
    hands.on(minutes=10)
    for steps in (-2, 2, 20):
        with pytest.raises(CodeRefused):
            await step(nora, code_of(key, steps=steps))
    assert await step(nora, code_of(key, steps=-1)) == nora.id
    assert await step(nora, code_of(key)) == nora.id
    assert await step(nora, code_of(key, steps=1)) == nora.id
    with pytest.raises(CodeRefused):
        await step(nora, code_of(key))  # an earlier one than the last taken


async def test_a_clock_that_ran_ahead_locks_nobody_out(nora: Account, hands: Hands) -> None:
    key, _ = await switched_on(nora)
    hands.on(days=30)
    assert await step(nora, code_of(key)) == nora.id
    for _ in range(5):  # all there are in five minutes: the right one took its own try away
        with pytest.raises(CodeRefused):
            await step(nora, "000000")
    with pytest.raises(TooManyCodes):
        await step(nora, "000000")
    hands.on(days=-29)
    code = code_of(key)
    assert await step(nora, code) == nora.id
    with pytest.raises(CodeRefused):
        await step(nora, code)


async def test_codes_are_taken_as_people_type_them(nora: Account, hands: Hands) -> None:
    key, codes = await switched_on(nora)
    hands.on(minutes=1)
    code = code_of(key)
    assert await step(nora, f" {code[:3]} {code[3:]} ") == nora.id
    assert await step(nora, f"  {codes[3].upper().replace('-', ' ')}") == nora.id


async def test_a_recovery_code_works_once(nora: Account, school: School, hands: Hands) -> None:
    _, codes = await switched_on(nora)
    assert await step(nora, codes[0]) == nora.id
    with pytest.raises(CodeRefused):
        await step(nora, codes[0])
    assert await second_factor.codes_left(nora.id) == 9
    assert await step(nora, codes[9]) == nora.id


async def test_one_s_codes_open_nobody_else_s_account(nora: Account, school: School, hands: Hands) -> None:
    omar = await Account.create(
        identifier="haddad.omar", guardian_id=school.omar.id, password_hash=await hash_password(PASSWORD)
    )
    key, codes = await switched_on(nora)
    await switched_on(omar)
    hands.on(minutes=1)
    for code in (code_of(key), codes[0]):
        with pytest.raises(CodeRefused):
            await step(omar, code)


async def test_new_recovery_codes_void_the_old_ones(nora: Account, hands: Hands) -> None:
    key, old = await switched_on(nora)
    hands.on(minutes=1)
    new = await second_factor.renew_codes(nora.id, password=PASSWORD, code=code_of(key))
    assert not set(old) & set(new)
    with pytest.raises(CodeRefused):
        await step(nora, old[0])
    assert await step(nora, new[0]) == nora.id


async def test_switched_off_by_password_and_code(nora: Account, hands: Hands) -> None:
    _, codes = await switched_on(nora)
    with pytest.raises(CodeRefused):
        await second_factor.switch_off(nora.id, password=PASSWORD, code="000000")
    await second_factor.switch_off(nora.id, password=PASSWORD, code=codes[1])
    assert (await Account.get(id=nora.id)).totp_secret is None
    assert await RecoveryCode.all().count() == 0
    assert await second_factor.pending(nora.id) is None
    with pytest.raises(SecondFactorChanged):
        await second_factor.switch_off(nora.id, password=PASSWORD, code=codes[2])


async def test_two_tabs_switch_it_on_once(nora: Account, hands: Hands) -> None:
    key, _ = await switched_on(nora)
    with pytest.raises(SecondFactorChanged):
        await second_factor.switch_on(nora.id, SESSION, password=PASSWORD, code=code_of(key, steps=1))
    assert await second_factor.codes_left(nora.id) == 10


async def test_every_change_is_told_by_mail(nora: Account, hands: Hands) -> None:
    await Account.filter(id=nora.id).update(email="nora@example.org")
    key, codes = await switched_on(nora)
    await second_factor.renew_codes(nora.id, password=PASSWORD, code=code_of(key, steps=1))
    hands.on(minutes=2)
    await second_factor.switch_off(nora.id, password=PASSWORD, code=code_of(key))
    mails = await MailMessage.all().order_by("id")
    assert [mail.kind for mail in mails] == ["second_factor"] * 3
    for change, mail in zip(("on", "codes", "off"), mails, strict=True):
        assert f'"change":"{change}"' in mail.facts
        assert key not in mail.facts
        assert not any(code in mail.facts for code in codes)


# the state between the password and the code


async def test_the_step_between_lasts_five_minutes(nora: Account, hands: Hands) -> None:
    _, codes = await switched_on(nora)
    token = await second_factor.pending(nora.id)
    assert token
    hands.on(minutes=4, seconds=59)
    assert await second_factor.is_pending(token)
    hands.on(seconds=1)
    assert not await second_factor.is_pending(token)
    with pytest.raises(SecondStepOver):
        await through(token, codes[0])
    assert await second_factor.codes_left(nora.id) == 10


async def test_a_forged_step_opens_nothing(nora: Account, school: School, hands: Hands) -> None:
    _, codes = await switched_on(nora)
    token = await second_factor.pending(nora.id)
    assert token
    number, until, signature = token.split(".")
    for forged in (
        "", "x", "..", "1..", f"{number}.{until}.", f"{number}.{until}.{signature[:-1]}0x", f"{number}.{until}.é",
        f"{int(number) + 1}.{until}.{signature}", f"{number}.{int(until) + 60}.{signature}",
        f"{2**40}.{until}.{signature}", f"-{token}", f"{number}.{until}.{signature}{signature}", f"²{token}",
        token + "\0", "9" * 5_000 + f".{until}.x",
    ):  # fmt: skip
        assert not await second_factor.is_pending(forged), forged
        with pytest.raises(SecondStepOver):
            await through(forged, codes[0])
    assert await through(token, codes[0]) == nora.id


async def test_a_new_password_voids_the_step_and_skips_no_code(nora: Account, hands: Hands) -> None:
    _, codes = await switched_on(nora)
    token = await second_factor.pending(nora.id)
    assert token
    await set_password(NORA, "Trois cerises volent bas")
    with pytest.raises(SecondStepOver):
        await through(token, codes[0])
    assert await second_factor.pending(nora.id), "R10: a reset does not skip the second factor"
    assert await step(nora, codes[0]) == nora.id


# guessing


async def test_five_wrong_codes_in_five_minutes(nora: Account, hands: Hands) -> None:
    key, codes = await switched_on(nora)
    hands.on(minutes=1)
    for _ in range(5):
        with pytest.raises(CodeRefused):
            await step(nora, "000000")
    with pytest.raises(TooManyCodes) as refusal:
        await step(nora, code_of(key))
    assert refusal.value.values == {"minutes": 5}
    assert await step(nora, codes[0]) == nora.id, "a recovery code has a limit of its own"
    hands.on(minutes=5)
    assert await step(nora, code_of(key)) == nora.id


async def test_a_right_code_forgives_no_wrong_ones(nora: Account, hands: Hands) -> None:
    key, _ = await switched_on(nora)
    hands.on(minutes=1)
    for _ in range(4):
        with pytest.raises(CodeRefused):
            await step(nora, "000000")
    assert await step(nora, code_of(key)) == nora.id
    with pytest.raises(CodeRefused):
        await step(nora, "000000")
    with pytest.raises(TooManyCodes):
        await step(nora, code_of(key, steps=1))


async def test_fifty_a_day_also_across_a_restart(database_kind: str, tmp_path: Path, hands: Hands) -> None:
    async with fresh_url(database_kind, tmp_path) as url:
        await open_database(url)
        school = await School.open()
        account = await Account.create(
            identifier=NORA, guardian_id=school.nora.id, password_hash=await hash_password(PASSWORD)
        )
        key, _ = await switched_on(account)
        for number in range(50):
            if number == 25:
                await close_database()
                await open_database(url)
                await guessing.prune()
            hands.on(minutes=6)
            with pytest.raises(CodeRefused):
                await step(account, "000000")
        hands.on(minutes=6)
        with pytest.raises(TooManyCodes) as refusal:
            await step(account, code_of(key))
        assert refusal.value.values["minutes"] > 60
        hands.on(days=1)
        assert await step(account, code_of(key)) == account.id
        await close_database()


async def test_guesses_at_once_do_not_slip_past(nora: Account, hands: Hands) -> None:
    await switched_on(nora)
    answers = await asyncio.gather(*(step(nora, "000000") for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(answer, CodeRefused) for answer in answers) == 5
    assert sum(isinstance(answer, TooManyCodes) for answer in answers) == 15


async def test_recovery_codes_cannot_be_guessed_either(nora: Account, hands: Hands) -> None:
    _, codes = await switched_on(nora)
    for number in range(5):
        with pytest.raises(CodeRefused):
            await step(nora, f"abcde-fgh2{number}")
    with pytest.raises(TooManyCodes):
        await step(nora, codes[0])
    assert await second_factor.codes_left(nora.id) == 10


async def test_wrong_codes_keep_nobody_from_the_first_step(nora: Account, hands: Hands) -> None:
    """They are counted per account, under a hash of their own: the password's limits do not see them."""
    await switched_on(nora)
    for _ in range(5):
        with pytest.raises(CodeRefused):
            await step(nora, "000000")
    await guessing.begin(NORA, address="192.0.2.7", browser_hash=None)
    assert await SignInAttempt.filter(succeeded=False).count() == 6
    assert code_guessing.LIMITS[0][0] == 5
    assert code_guessing.LIMITS[1][0] == 50


# how an application learns the secret


def test_the_address_for_the_application() -> None:
    key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    uri = second_factor.set_up_uri(key, school="École : du Tilleul", identifier=NORA)
    read = pyotp.parse_uri(uri)
    assert isinstance(read, pyotp.TOTP)
    assert (read.secret, read.name, read.digits, read.interval) == (key, NORA, 6, 30)
    assert read.issuer == "École   du Tilleul"
    assert second_factor.set_up_qr(uri).startswith("data:image/svg+xml")


def test_the_codes_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B, its last six digits."""
    totp = pyotp.TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    assert [totp.at(at) for at in (59, 1_111_111_109, 20_000_000_000)] == ["287082", "081804", "353130"]


def test_every_refusal_says_something() -> None:
    from creos_ui.texts import LANGUAGES, t

    refusals: list[DomainError] = [CodeRefused(), SecondStepOver(), SecondFactorChanged(), TooManyCodes(minutes=3)]
    for refusal in refusals:
        assert all(t(refusal.text_key, language, **refusal.values) for language in LANGUAGES)


async def test_with_a_role_of_the_office_it_cannot_be_switched_off(nora: Account) -> None:
    await Account.filter(id=nora.id).update(totp_secret="A" * 32)
    await AccountRole.create(account_id=nora.id, role=Role.SECRETARY, given_at=clock.now())
    with pytest.raises(second_factor.SecondFactorNeeded):
        await second_factor.switch_off(nora.id, password="", code="")
    assert (await Account.get(id=nora.id)).totp_secret == "A" * 32
