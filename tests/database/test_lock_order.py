"""Who moves money locks the wallets first, by ascending id, then the invitations (K4): no race ends in a deadlock."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from creos_ui import clock
from creos_ui.database.transactions import default_connection, rows
from creos_ui.errors import DomainError
from creos_ui.services.invitations import automatic, claiming, credit
from creos_ui.services.invitations.answering import set_amount
from creos_ui.services.money.books import check_books
from models import Invitation, Transfer
from tests.postgres import WAITING, postgres_url
from tests.school import School, new_key

ROUNDS, INVITATIONS = 12, 10


async def test_paying_wishing_declining_and_crediting_at_once_never_lock_each_other_out(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten invitations of one family, forty acts on them at once, again and again. A deadlock would be tried again, and
    that is what fails here."""
    monkeypatch.setattr(random, "uniform", lambda *_: pytest.fail("had to try again"))
    chance = random.Random(1879)
    invitations = [
        await school.invite(school.lou, price_cents=cents, due_in_days=chance.randint(1, 9), mandatory=n % 3 == 0)
        for n, cents in enumerate(chance.choices(range(50, 400), k=INVITATIONS))
    ]
    seen: Counter[str] = Counter()
    for _ in range(ROUNDS):
        fresh = await Invitation.filter(debtor_id=school.nora.id)
        results = await asyncio.gather(*[act_of(school, chance, fresh) for _ in range(40)], return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, DomainError):
                raise result
            seen[type(result).__name__] += 1
        assert await school.balance_cents(school.nora) >= 0
        assert [finding for finding in await check_books() if not finding.ok] == []
    assert seen["list"] > ROUNDS  # payments and wishes got through
    assert seen["AlreadyAnswered"] > 0  # and met each other
    assert await Invitation.filter(automatic=True).exists()
    assert len(invitations) == INVITATIONS


async def test_a_payment_and_the_credit_that_pays_the_same_as_a_wish_never_lock_each_other_out(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The payment wants the invitations and the wallet, the credit the wallet and the invitations."""
    monkeypatch.setattr(random, "uniform", lambda *_: pytest.fail("had to try again"))
    nora = school.nora.id
    for _ in range(25):
        wished = [await school.invite(school.lou, price_cents=100) for _ in range(3)]
        short = 301 - await school.balance_cents(school.nora)
        if short > 0:
            await credit.top_up(nora, short, key=new_key(), actor="test")
        await Invitation.filter(id__in=[one.id for one in wished]).update(pay_when_credit=True)
        paid, _ = await asyncio.gather(
            school.pay(*wished),
            credit.top_up(nora, 1, key=new_key(), actor="test"),
            return_exceptions=True,
        )
        assert isinstance(paid, list | DomainError), paid
        assert await Transfer.filter(invitation_id__in=[one.id for one in wished]).count() == 3
    assert [finding for finding in await check_books() if not finding.ok] == []


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
async def test_a_wish_that_closes_between_two_statements_is_left_out_and_the_credit_stays(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the locks do not hold: the activity of an invitation (K5). The first that cannot be paid ends it (K17)."""
    first, second = [await school.invite(school.lou, price_cents=2_100, due_in_days=n) for n in (3, 4)]
    await school.wish(first, second)
    claim = claiming.claim_wish

    async def closed_meanwhile(*given: Any, **named: Any) -> Any:
        yesterday = clock.today() - timedelta(days=1)
        (row,) = await rows(default_connection(), "SELECT current_database() AS name")
        other = await asyncpg.connect(postgres_url(row["name"]))
        try:
            await other.execute("UPDATE activity SET closes_on = $1 WHERE id = $2", yesterday, first.activity_id)
        finally:
            await other.close()
        return await claim(*given, **named)

    monkeypatch.setattr(claiming, "claim_wish", closed_meanwhile)
    await credit.top_up(school.nora.id, 5_000, key=new_key(), actor="test")
    assert await school.balance_cents(school.nora) == 7_000
    assert not await Transfer.filter(kind="payment").exists()
    monkeypatch.setattr(claiming, "claim_wish", claim)
    await credit.top_up(school.nora.id, 1, key=new_key(), actor="test")
    assert [t.invitation_id for t in await Transfer.filter(kind="payment")] == [second.id]


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
async def test_whoever_waits_for_a_wallet_holds_no_invitation(school: School) -> None:
    """A payment, a decline and a wish: another program that has the wallet can still lock what they would answer."""
    (row,) = await rows(default_connection(), "SELECT current_database() AS name")
    other = await asyncpg.connect(postgres_url(row["name"]))
    try:
        for act in (school.pay, school.decline, school.wish):
            invitation = await school.invite(school.lou, price_cents=100)
            await other.execute("BEGIN")
            await other.execute("SELECT id FROM ledger_account WHERE guardian_id = $1 FOR UPDATE", school.nora.id)
            waiting = asyncio.create_task(act(invitation))
            while not await other.fetchval(WAITING):
                continue  # the question itself lets the act go on, as far as the wallet
            await other.execute(f"SELECT id FROM invitation WHERE id = {invitation.id} FOR UPDATE NOWAIT")
            await other.execute("ROLLBACK")
            await waiting
    finally:
        await other.close()


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
async def test_no_credit_wish_or_decline_waits_for_a_list_that_holds_a_wished_invitation(school: School) -> None:
    """A list being brought over holds invitations until it is written whole. What waits for them is paid after it."""
    held, mine, other = [await school.invite(school.lou, price_cents=100, due_in_days=n) for n in (3, 4, 5)]
    await Invitation.filter(id__in=[held.id, mine.id]).update(pay_when_credit=True)
    (row,) = await rows(default_connection(), "SELECT current_database() AS name")
    bringing_over = await asyncpg.connect(postgres_url(row["name"]))
    try:
        await bringing_over.execute("BEGIN")
        await bringing_over.execute("UPDATE invitation SET amount_cents = 90 WHERE id = $1", held.id)
        async with asyncio.timeout(10):
            await credit.top_up(school.nora.id, 1_000, key=new_key(), actor="test")
            assert await school.wish(other) == []  # the oldest is held, and none overtakes it (K17)
            await school.decline(other)
        assert await school.balance_cents(school.nora) == 3_000
        await bringing_over.execute("COMMIT")
    finally:
        await bringing_over.close()
    assert [one.invitation_id for one in await automatic.fulfil(school.nora.id)] == [held.id, mine.id]
    assert await school.balance_cents(school.nora) == 2_810


def act_of(school: School, chance: random.Random, fresh: list[Invitation]) -> Awaitable[object]:
    """One of what a family, the bank and the school do, to one or several of these invitations in any order."""
    one, several = chance.choice(fresh), chance.sample(fresh, 3)
    act = chance.choices(["pay", "decline", "wish", "switch", "credit", "fulfil", "price"], [6, 3, 4, 1, 3, 2, 2])[0]
    if act == "pay":
        return school.pay(*several)
    if act == "decline":
        return school.decline(one)
    if act == "wish":
        return school.wish(*several)
    if act == "switch":
        return automatic.set_pays_mandatory(school.nora.id, chance.random() < 0.5)
    if act == "credit":
        return credit.top_up(school.nora.id, chance.randint(1, 300), key=new_key(), actor="test")
    if act == "fulfil":
        return automatic.fulfil(school.nora.id)
    return set_amount(one.id, chance.randint(50, 400))
