"""kill -9: whatever the instant, a payment is whole or nothing, and what was acknowledged stays (R50)."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import aiosqlite
import asyncpg
import pytest

from creos_ui.database.opening import opened
from creos_ui.services.invitations.answering import pay_invitations
from creos_ui.services.money.books import check_books
from creos_ui.services.money.ledger import Agreed
from models import Invitation, Transfer
from tests.school import School
from tests.stress.processes import KILLED, Notes, ended, kill, start

INSTANTS = range(1, 60)
pytestmark = pytest.mark.slow


class Setting:
    """A school in a database of its own; each step opens and closes it, so that processes are forked in between."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.invitations: list[Invitation] = []

    def run(self, work: Callable[[], Any]) -> Any:
        async def opened_for_work() -> Any:
            async with opened(self.url):
                return await work()

        return asyncio.run(opened_for_work())

    def prepare(self, how_many: int) -> None:
        async def work() -> None:
            self.school = await School.open()
            self.invitations = [await self.school.invite(self.school.lou, price_cents=1) for _ in range(how_many)]

        self.run(work)

    async def pay(self, number: int) -> list[Transfer]:
        """Pay the n-th invitation, with the key its dialog made."""
        invitation = self.invitations[number]
        return await pay_invitations(
            [Agreed(invitation.id, 1)], debtor_id=self.school.nora.id, key=key_of(number), actor="guardian:1"
        )


def key_of(number: int) -> str:
    return f"dialog-of-invitation-{number:04d}"


@pytest.fixture
def setting(shared_url: str) -> Setting:
    return Setting(shared_url)


def die_at(instant: int) -> None:
    """From now on this process kills itself before (odd) or after (even) its n-th call of the database driver."""
    calls = count(1)

    def mortal(inner: Callable[..., Any]) -> Callable[..., Any]:
        async def call(*args: Any, **options: Any) -> Any:
            perhaps_die()
            result = await inner(*args, **options)
            perhaps_die()
            return result

        return call

    def perhaps_die() -> None:
        if next(calls) == instant:
            os.kill(os.getpid(), signal.SIGKILL)

    aiosqlite.Connection._execute = mortal(aiosqlite.Connection._execute)  # type: ignore[method-assign]
    for name in ("execute", "fetch", "fetchrow"):
        setattr(asyncpg.Connection, name, mortal(getattr(asyncpg.Connection, name)))


def test_killed_before_and_after_every_database_call_a_payment_is_whole_or_nothing(setting: Setting) -> None:
    setting.prepare(len(INSTANTS) + 1)
    survived: list[bool] = []

    for instant in INSTANTS:

        async def die_paying(instant: int = instant) -> None:
            die_at(instant)
            await setting.pay(instant)
            os._exit(0)

        status = ended(start(setting.url, die_paying))
        assert status in (KILLED, 0)
        survived.append(setting.run(partial(retried, setting, instant)))
        if status == 0:  # the instant lies behind the last call
            break

    assert status == 0
    assert survived[0] is False
    assert survived[-1] is True
    assert survived == sorted(survived)  # nothing, nothing ... and from the commit on, always there
    assert survived.count(False) >= 4


async def retried(setting: Setting, number: int) -> bool:
    """Was the payment there after the crash? The page then sends the same key again, twice: it is there once."""
    before = await Transfer.filter(key=key_of(number)).count()
    invitation = await Invitation.get(id=setting.invitations[number].id)
    assert (before, invitation.status) in ((0, "open"), (1, "paid"))
    first, again = await setting.pay(number), await setting.pay(number)
    assert first == again
    assert await Transfer.filter(invitation_id=invitation.id).count() == 1
    assert await setting.school.balance_cents(setting.school.nora) == 2_000 - number
    return before == 1


def test_every_acknowledged_payment_survives_kill_after_kill(setting: Setting, tmp_path: Path) -> None:
    setting.prepare(600)
    paid = Notes(tmp_path / "paid")

    async def pay_one_after_the_other() -> None:
        for number in range(len(setting.invitations)):
            transfers = await setting.pay(number)
            paid.write(f"{number} {transfers[0].id}")

    for round_ in range(1, 7):
        had = len(paid.lines())
        pid = start(setting.url, pay_one_after_the_other)
        deadline = time.monotonic() + 30
        # the children replay what is paid, and go on: kill this one some payments into new ground
        while len(set(paid.lines())) < round_ * 7 or len(paid.lines()) == had:  # the one before may have got far ahead
            assert time.monotonic() < deadline
            time.sleep(0.003)
        kill(pid)
        assert len(paid.lines()) > had

    async def all_there() -> None:
        there = {transfer.key: transfer.id for transfer in await Transfer.filter(kind="payment")}
        acknowledged = dict(line.split() for line in paid.lines())
        assert acknowledged
        assert {number: there.get(key_of(int(number))) for number in acknowledged} == {
            number: int(transfer) for number, transfer in acknowledged.items()
        }
        assert len(there) - len(acknowledged) in (0, 1)  # at most the one in flight at the last kill
        assert [finding for finding in await check_books() if not finding.ok] == []

    setting.run(all_there)
