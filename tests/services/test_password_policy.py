"""Which new passwords are taken, and that weighing them holds up nobody (R1, R2)."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from creos_ui.services.accounts import password_policy

ODD = "4@8({[<369&#!1|75$+2%0"  # each may stand for a letter, some for two


async def until(there: Callable[[], bool]) -> None:
    for _ in range(10_000):
        if there():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never was")


def test_the_slowest_password_is_measured_quickly() -> None:
    """By the processor's time: the clock on the wall would also measure what else this machine does."""
    chosen = random.Random(3)
    for _ in range(5):
        odd = "".join(chosen.sample(ODD, len(ODD))) * 12
        since = time.thread_time()
        password_policy._measure(odd[:256], password_policy.COMMON.split())
        assert time.thread_time() - since < 0.5


async def test_one_account_at_most_once_in_the_queue(db: object, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    go = threading.Event()

    def measure(text: str, _: object) -> dict[str, Any]:
        go.wait(10)
        order.append(text)
        return {"score": 4}

    monkeypatch.setattr(password_policy, "_measure", measure)
    hostile = [f"{number} of a hundred odd passwords" for number in range(30)]
    honest = "le tilleul fleurit"
    weighed = [asyncio.create_task(password_policy.weakness(one, account_id=1)) for one in hostile]
    await until(lambda: 1 in password_policy._turns)
    weighed.append(asyncio.create_task(password_policy.weakness(honest, account_id=2)))
    await until(lambda: 2 in password_policy._turns)
    go.set()
    assert await asyncio.gather(*weighed) == [None] * 31
    assert order.index(honest) <= 2
    assert sorted(order) == sorted([*hostile, honest])
    assert not password_policy._turns
