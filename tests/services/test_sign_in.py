"""Signing in: who gets in, what a refusal says, and what it does not give away (R5)."""

from __future__ import annotations

import statistics
import time

import argon2
import pytest

from creos_ui import keyed_hash
from creos_ui.errors import EmailIsNotIdentifier, PasswordMustBeReset, SignInRefused, TooManyTries
from creos_ui.services.accounts import account, guessing, passwords
from creos_ui.services.accounts.account import set_password, sign_in
from models import Account, KnownBrowser, SignInAttempt
from tests.school import School
from tests.services.signing_in import ELSEWHERE, HOME, NORA, PASSWORD, WRONG, Hands, hands, nora, secret

__all__ = ["hands", "nora", "secret"]


async def test_identifier_and_password_let_her_in(nora: Account, subtests: pytest.Subtests) -> None:
    for typed in (NORA, " Peeters.Nora ", "PEETERS.NORA", "péeters.nora"):
        with subtests.test(typed=typed):
            admitted = await sign_in(typed, PASSWORD, address=HOME)
            assert admitted.account_id == nora.id
            assert len(admitted.browser_token) >= 43


async def test_unknown_and_wrong_are_one_answer(nora: Account, subtests: pytest.Subtests) -> None:
    for identifier, password in (
        (NORA, WRONG),
        (NORA, ""),
        (NORA, PASSWORD.lower()),
        ("nobody.here", PASSWORD),
        ("", PASSWORD),
        ("nul\0byte", PASSWORD),
        ("lone\ud800", PASSWORD),
        ("x" * 10_000, PASSWORD),
        ("%", PASSWORD),
    ):
        failures = SignInAttempt.filter(succeeded=False)
        before = await failures.count()
        with subtests.test(identifier=identifier, password=password):
            with pytest.raises(SignInRefused) as refusal:
                await sign_in(identifier, password, address=HOME)
            assert refusal.value.values == {}
            assert await failures.count() == before + 1


async def test_an_account_brought_over_has_no_password_to_guess(school: School) -> None:
    await Account.create(identifier=NORA, guardian_id=school.nora.id)
    for guess in ("", "nobody", PASSWORD):
        with pytest.raises(SignInRefused):
            await sign_in(NORA, guess, address=HOME)


async def test_an_email_is_told_apart_without_looking(nora: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "Account", None)  # the database is not asked
    with pytest.raises(EmailIsNotIdentifier):
        await sign_in("nora@example.org", PASSWORD, address=HOME)
    monkeypatch.undo()
    assert await SignInAttempt.all().count() == 0


async def test_unknown_and_wrong_take_the_same_time(nora: Account, hands: Hands) -> None:
    async def seconds(identifier: str) -> float:
        hands.on(minutes=40)
        since = time.perf_counter()
        with pytest.raises(SignInRefused):
            await sign_in(identifier, WRONG, address=HOME)
        return time.perf_counter() - since

    await seconds(NORA)
    differences = []
    for _ in range(3):  # other work on this machine blurs one round; an oracle shows in each
        known, unknown = [], []
        for _ in range(10):
            known.append(await seconds(NORA))
            unknown.append(await seconds("nobody.here"))
        differences.append(abs(statistics.median(known) - statistics.median(unknown)))
        assert statistics.median(unknown) > 0.005, "no password was hashed at all"
    assert min(differences) < 0.010


async def test_unknown_and_wrong_are_the_same_work(nora: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    verify = passwords._verify

    def counted(password_hash: str, password: bytes) -> bool:
        verified.append(password_hash.rpartition("$")[0].rpartition("$")[0])  # algorithm and parameters
        return verify(password_hash, password)

    monkeypatch.setattr(passwords, "_verify", counted)
    for identifier in (NORA, "nobody.here", "nul\0byte", "x" * 10_000):
        with pytest.raises(SignInRefused):
            await sign_in(identifier, WRONG, address=HOME)
    assert verified == ["$argon2id$v=19$m=19456,t=2,p=1"] * 4


async def test_nothing_typed_is_stored(nora: Account) -> None:
    for identifier, password in ((NORA, PASSWORD), ("nobody.here", WRONG)):
        try:
            admitted = await sign_in(identifier, password, address=HOME)
        except SignInRefused:
            continue
        assert admitted.browser_token not in str(await KnownBrowser.all().values())
    stored = str(await SignInAttempt.all().values())
    for text in (NORA, "nobody.here", HOME, PASSWORD, WRONG):
        assert text not in stored
    assert keyed_hash.keyed_hash("identifier", NORA) in stored


async def test_an_older_hash_is_renewed_at_sign_in(nora: Account) -> None:
    nora.password_hash = argon2.PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
    await nora.save()
    await sign_in(NORA, PASSWORD, address=HOME)
    await nora.refresh_from_db()
    assert nora.password_hash
    assert "m=19456,t=2" in nora.password_hash
    await sign_in(NORA, PASSWORD, address=HOME)


async def test_ten_failures_then_wait_even_with_the_right_password(nora: Account, hands: Hands) -> None:
    for _ in range(10):
        with pytest.raises(SignInRefused):
            await sign_in(NORA, WRONG, address=HOME)
    with pytest.raises(TooManyTries) as refusal:
        await sign_in(NORA, PASSWORD, address=HOME)
    assert refusal.value.values == {"minutes": 5}
    hands.on(minutes=5, seconds=1)
    await sign_in(NORA, PASSWORD, address=HOME)


async def test_strangers_do_not_lock_out_a_known_browser(nora: Account, hands: Hands) -> None:
    token = (await sign_in(NORA, PASSWORD, address=HOME)).browser_token
    with pytest.raises(SignInRefused):
        await sign_in(NORA, WRONG, address=ELSEWHERE, browser_token="a made up token of a stranger")
    for _ in range(99):
        hands.on(minutes=31)
        await guessing.begin(NORA, address=ELSEWHERE, browser_hash=None)
    with pytest.raises(PasswordMustBeReset):
        await sign_in(NORA, PASSWORD, address=ELSEWHERE)
    again = await sign_in(NORA, PASSWORD, address=ELSEWHERE, browser_token=token)
    assert again.browser_token == token
    with pytest.raises(PasswordMustBeReset):  # her success is not theirs
        await sign_in(NORA, PASSWORD, address=ELSEWHERE)


async def test_a_known_browser_has_limits_of_its_own(nora: Account, hands: Hands) -> None:
    token = (await sign_in(NORA, PASSWORD, address=HOME)).browser_token
    for _ in range(10):
        with pytest.raises(SignInRefused):
            await sign_in(NORA, WRONG, address=HOME, browser_token=token)
    with pytest.raises(TooManyTries):
        await sign_in(NORA, PASSWORD, address=HOME, browser_token=token)


async def test_a_browser_known_to_one_account_is_a_stranger_to_another(
    nora: Account, school: School, hands: Hands
) -> None:
    token = (await sign_in(NORA, PASSWORD, address=HOME)).browser_token
    await Account.create(
        identifier="haddad.omar", guardian_id=school.omar.id, password_hash=nora.password_hash, language="fr"
    )
    for _ in range(10):
        with pytest.raises(SignInRefused):
            await sign_in("haddad.omar", WRONG, address=ELSEWHERE)
    with pytest.raises(TooManyTries):
        await sign_in("haddad.omar", PASSWORD, address=HOME, browser_token=token)


async def test_a_new_password_opens_the_account_again(nora: Account, hands: Hands) -> None:
    for _ in range(guessing.IN_A_ROW):
        hands.on(minutes=31)
        await guessing.begin(NORA, address=ELSEWHERE, browser_hash=None)
    with pytest.raises(PasswordMustBeReset):
        await sign_in(NORA, PASSWORD, address=HOME)
    await set_password(NORA, "Le tilleul reverdit")
    with pytest.raises(SignInRefused):
        await sign_in(NORA, PASSWORD, address=HOME)
    await sign_in(NORA, "Le tilleul reverdit", address=HOME)
