"""argon2id, in threads, any character, no truncation (R1, R3)."""

from __future__ import annotations

import asyncio
import time
import unicodedata

import argon2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creos_ui.errors import PasswordTooShort
from creos_ui.services.accounts import passwords
from creos_ui.services.accounts.passwords import hash_password, is_outdated, password_fits, rehashed


async def test_the_hash_is_argon2id_of_the_agreed_strength() -> None:
    assert (await hash_password("douze lettres")).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("password", ["", "onze lettre", "é" * 11, "e\u0301" * 11, "x" * 257])
async def test_too_short_and_too_long_are_refused(password: str) -> None:
    with pytest.raises(PasswordTooShort):
        await hash_password(password)


@pytest.mark.parametrize("password", ["x" * 12, "x" * 256, "é" * 256, "🌳" * 12, "mot de passe\0\n"])
async def test_anything_from_12_to_256_is_taken_whole(password: str) -> None:
    password_hash = await hash_password(password)
    assert await password_fits(password, password_hash)
    assert not await password_fits(password[:-1] + "Z", password_hash)
    assert not await password_fits(password + "Z", password_hash)


async def test_the_same_word_typed_on_another_keyboard_fits() -> None:
    word = "élève à l’école"
    password_hash = await hash_password(unicodedata.normalize("NFC", word))
    assert await password_fits(unicodedata.normalize("NFD", word), password_hash)


async def test_nobodys_hash_fits_no_password() -> None:
    for password in ("nobody", "", "x" * 12):
        assert not await password_fits(password, None)
        assert not await password_fits(password, "not a hash at all")


async def test_older_parameters_are_hashed_again() -> None:
    old = argon2.PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash("douze lettres")
    assert is_outdated(old)
    assert await password_fits("douze lettres", old)
    assert not is_outdated(await rehashed("douze lettres"))


async def test_hashing_does_not_hold_up_the_loop_and_two_run_at_once() -> None:
    longest, ended = 0.0, False

    async def others() -> None:
        nonlocal longest
        while not ended:
            since = time.perf_counter()
            await asyncio.sleep(0.001)
            longest = max(longest, time.perf_counter() - since)

    watching = asyncio.create_task(others())
    await asyncio.gather(*(hash_password("douze lettres") for _ in range(20)))
    ended = True
    await watching
    assert longest < 0.3
    assert passwords._threads._max_workers == 2


@settings(max_examples=15, deadline=None)
@given(st.text(min_size=12, max_size=60))
def test_every_character_counts(password: str) -> None:
    normal = unicodedata.normalize("NFKC", password)
    if not 12 <= len(normal) <= 256:
        return
    other = normal[:-1] + ("b" if normal[-1] == "a" else "a")

    async def check() -> None:
        password_hash = await hash_password(password)
        assert await password_fits(password, password_hash)
        assert not await password_fits(other, password_hash)

    asyncio.run(check())
