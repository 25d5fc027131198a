"""The limits on guessing, by the clock and across a restart (R4)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from creos_ui.database.opening import close_database, open_database
from creos_ui.errors import PasswordMustBeReset, TooManyTries
from creos_ui.services.accounts import guessing
from models import SignInAttempt
from tests.databases import fresh_url
from tests.services.signing_in import Hands, hands, secret

__all__ = ["hands", "secret"]


async def guess(
    identifier: str = "peeters.nora", address: str = "192.0.2.7", browser: str | None = None
) -> guessing.Try:
    return await guessing.begin(identifier, address=address, browser_hash=browser)


async def test_a_hundred_in_a_row_need_a_new_password_also_after_a_restart(
    database_kind: str, tmp_path: Path, hands: Hands
) -> None:
    async with fresh_url(database_kind, tmp_path) as url:
        await open_database(url)
        for _ in range(50):
            await guess()
            hands.on(minutes=31)
        await close_database()
        await open_database(url)
        for _ in range(50):
            await guess()
            hands.on(minutes=31)
        await guessing.prune()
        with pytest.raises(PasswordMustBeReset):
            await guess()
        await guess("somebody.else")
        await close_database()


async def test_a_clock_that_ran_ahead_locks_nobody_out(db: object, hands: Hands) -> None:
    hands.on(days=30)
    for _ in range(guessing.PER_IDENTIFIER):
        await guess()
        hands.on(seconds=1)
    with pytest.raises(TooManyTries):
        await guess()
    hands.on(days=-30)
    await guess()


async def test_the_delay_grows(db: object, hands: Hands) -> None:
    for _ in range(10):
        await guess()
    hands.on(minutes=5, seconds=1)
    waited = []
    for _ in range(7):
        await guess()
        with pytest.raises(TooManyTries) as refusal:
            await guess()
        waited.append(refusal.value.values["minutes"])
        hands.on(minutes=waited[-1])
    assert waited == [2, 4, 8, 16, 30, 30, 30]


def test_delay_after() -> None:
    minutes = [guessing.delay_after(n) / timedelta(minutes=1) for n in (0, 9, 10, 11, 12, 14, 15, 99)]
    assert minutes == [0, 0, 1, 2, 4, 16, 30, 30]


async def test_a_success_ends_the_row(db: object, hands: Hands) -> None:
    for _ in range(9):
        await guess()
    await guessing.succeeded(await guess())
    for _ in range(10):
        await guess()
    with pytest.raises(TooManyTries):
        await guess()


async def test_a_refused_try_is_not_counted(db: object, hands: Hands) -> None:
    for _ in range(10):
        await guess()
    for _ in range(200):
        with pytest.raises(TooManyTries):
            await guess()
    assert await SignInAttempt.all().count() == 10


async def test_sixty_from_one_address(db: object, hands: Hands) -> None:
    for number in range(60):
        await guess(f"parent.{number}")
    with pytest.raises(TooManyTries) as refusal:
        await guess("parent.60")
    assert refusal.value.values == {"minutes": 5}
    await guess("parent.60", address="198.51.100.9")
    await guess("parent.60", browser="a known browser of the same school")
    hands.on(minutes=5, seconds=1)
    await guess("parent.60")


async def test_an_ipv6_neighbourhood_is_one_address(db: object, hands: Hands) -> None:
    for number in range(60):
        await guess(f"parent.{number}", address=f"2001:db8::{number:x}")
    with pytest.raises(TooManyTries):
        await guess("parent.60", address="2001:db8::ffff")
    await guess("parent.60", address="2001:db8:0:1::1")


async def test_ipv4_addresses_written_as_ipv6_are_each_their_own(db: object, hands: Hands) -> None:
    for number in range(60):
        await guess(f"parent.{number}", address=f"::ffff:192.0.2.{number}")
    for number in range(59):
        await guess(f"other.{number}", address="::ffff:192.0.2.7")
    with pytest.raises(TooManyTries):
        await guess("other.60", address="192.0.2.7")
    await guess("other.60", address="192.0.2.8")


async def test_a_thousand_overall(db: object, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing, "OVERALL", 50)
    for number in range(50):
        await guess(f"parent.{number}", address=f"192.0.2.{number}")
    with pytest.raises(TooManyTries):
        await guess("parent.50", address="192.0.2.50")
    await guess("parent.50", address="192.0.2.50", browser="a known browser")


async def test_the_limits_are_the_agreed_ones() -> None:
    assert (guessing.PER_IDENTIFIER, guessing.PER_ADDRESS, guessing.OVERALL, guessing.IN_A_ROW) == (10, 60, 1000, 100)
    assert timedelta(minutes=5) == guessing.WINDOW


async def test_guesses_at_once_do_not_slip_past(db: object, hands: Hands) -> None:
    answers = await asyncio.gather(*(guess() for _ in range(40)), return_exceptions=True)
    assert sum(isinstance(answer, guessing.Try) for answer in answers) == 10
    assert sum(isinstance(answer, TooManyTries) for answer in answers) == 30


async def test_pruning_keeps_what_still_counts(db: object, hands: Hands) -> None:
    await guess("forgetful.parent")
    await guessing.succeeded(await guess("forgetful.parent"))
    kept = [await guess("forgetful.parent"), await guess("nobody.here"), await guess("forgetful.parent", browser="b")]
    hands.on(days=2)
    assert await guessing.prune() == 1  # what came before the success
    left = set(await SignInAttempt.all().values_list("id", flat=True))
    assert left >= {this.id for this in kept}
    hands.on(days=90)
    assert await guessing.prune() == 4
