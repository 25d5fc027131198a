"""Three processes, many tabs each, one wallet: colliding keys, replays and cancelled requests, and the books hold."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from creos_ui.database.opening import opened
from creos_ui.errors import AlreadyAnswered, KeyReused, NotEnoughCredit, PriceChanged
from creos_ui.services.invitations import credit
from creos_ui.services.invitations.answering import decline_invitation, pay_invitations
from creos_ui.services.money.books import check_books
from creos_ui.services.money.ledger import Agreed
from models import Invitation, Transfer
from tests.school import School
from tests.stress.processes import Notes, ended, start

PROCESSES, TABS, CLICKS = 3, 8, 30  # clicks per tab
INVITATIONS, PRICE = 150, 25  # together 37,50 €: a little more than the 20,00 € and all top-ups
REFUSALS = (AlreadyAnswered, KeyReused, NotEnoughCredit, PriceChanged)


class Tab:
    """One tab of a hurried parent: pays, selects, declines, tops up, sends the same request again, gives up waiting."""

    def __init__(self, chance: random.Random, school: School, invitations: list[int], done: Notes) -> None:
        self.chance, self.school, self.invitations, self.done = chance, school, invitations, done
        self.seen: Counter[str] = Counter()

    async def click(self) -> None:
        request = asyncio.create_task(self.chance.choices([self.pay, self.decline, self.top_up], [7, 1, 2])[0]())
        if self.chance.random() < 0.1:
            for _ in range(self.chance.randrange(40)):
                await asyncio.sleep(0)
            request.cancel()
        try:
            await asyncio.wait_for(request, 30)
            self.seen["done"] += 1
        except asyncio.CancelledError:
            self.seen["cancelled"] += 1
        except REFUSALS as refusal:
            self.seen[type(refusal).__name__] += 1

    async def pay(self) -> None:
        """One or a few; the key is one of two per selection, so that tabs and processes meet on it."""
        several = 1 if self.chance.random() < 0.7 else self.chance.randint(2, 4)
        chosen = sorted(self.chance.sample(self.invitations, several))
        key = f"pay-{'-'.join(map(str, chosen))}-{self.chance.randint(1, 2)}".ljust(20, "x")
        if self.chance.random() < 0.1:
            key = f"everybody-uses-this-{self.chance.randint(1, 3)}"
        agreed = [Agreed(invitation, PRICE) for invitation in chosen]
        transfers = await pay_invitations(agreed, debtor_id=self.school.nora.id, key=key, actor="guardian:1")
        assert [transfer.invitation_id for transfer in transfers] == chosen
        self.acknowledge(transfers)

    async def decline(self) -> None:
        chosen = self.chance.choice(self.invitations[:5])
        await decline_invitation(chosen, debtor_id=self.school.nora.id, answer_no=0, actor="guardian:1")
        self.done.write(f"declined {chosen}")

    async def top_up(self) -> None:
        bank_line = self.chance.randint(1, 12)
        key = f"bank-line-number-{bank_line}"
        self.acknowledge([await credit.top_up(self.school.nora.id, 100 + bank_line, key=key, actor="test")])

    def acknowledge(self, transfers: list[Transfer]) -> None:
        for transfer in transfers:
            self.done.write(f"{transfer.id} {transfer.key} {transfer.amount_cents}")


@pytest.mark.slow
def test_three_processes_hammer_one_wallet(shared_url: str, tmp_path: Path) -> None:
    done, told = Notes(tmp_path / "done"), Notes(tmp_path / "told")

    async def prepare() -> tuple[School, list[int]]:
        async with opened(shared_url):
            school = await School.open()
            return school, [(await school.invite(school.lou, price_cents=PRICE)).id for _ in range(INVITATIONS)]

    school, invitations = asyncio.run(prepare())

    async def hammer(number: int) -> None:
        chance = random.Random(number)
        tabs = [Tab(chance, school, invitations, done) for _ in range(TABS)]

        async def busy(tab: Tab) -> None:
            for _ in range(CLICKS):
                await tab.click()

        await asyncio.gather(*[busy(tab) for tab in tabs])
        for name, times in sum((tab.seen for tab in tabs), Counter()).items():
            told.write(f"{name} {times}")

    pids = [start(shared_url, partial(hammer, number)) for number in range(PROCESSES)]
    assert [ended(pid) for pid in pids] == [0] * PROCESSES

    seen: Counter[str] = Counter()
    for name, times in (line.split() for line in told.lines()):
        seen[name] += int(times)
    assert sum(seen.values()) == PROCESSES * TABS * CLICKS
    assert min(seen["done"], seen["cancelled"], seen["AlreadyAnswered"], seen["KeyReused"]) > 0  # it all happened

    async def all_there() -> None:
        async with opened(shared_url):
            there = {f"{t.id} {t.key} {t.amount_cents}" for t in await Transfer.all()}
            declined = {f"declined {i.id}" for i in await Invitation.filter(status="declined")}
            assert set(done.lines()) <= there | declined
            assert [finding for finding in await check_books() if not finding.ok] == []
            assert await Transfer.filter(kind="payment").count() == await Invitation.filter(status="paid").count() > 0

    asyncio.run(all_there())
