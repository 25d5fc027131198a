"""The rulebook of the ledger itself: crediting, keys, lock order, cancellation at every await."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from tortoise.exceptions import DoesNotExist, IntegrityError

from creos_ui.errors import DomainError, KeyReused, NotEnoughCredit, NotRecorded
from creos_ui.services.invitations import credit
from creos_ui.services.money import ledger
from creos_ui.services.money.books import check_books
from models import Invitation, LedgerAccount, Transfer
from tests.database.interrupting import CUT, interrupted
from tests.school import School, new_key


async def top_up(school: School, cents: Any, key: str = "bank-line-number-1") -> Transfer:
    return await credit.top_up(school.nora.id, cents, key=key, actor="test")


# crediting


async def test_a_top_up_credits_the_wallet_once_per_key(school: School) -> None:
    first = await top_up(school, 1_234)
    assert await top_up(school, 1_234) == first
    assert (first.kind, first.amount_cents, first.invitation_id) == ("top_up", 1_234, None)
    assert await school.balance_cents(school.nora) == 3_234
    assert await school.balance_cents(school.omar) == 500


async def test_ten_deliveries_of_one_bank_line_credit_once(school: School) -> None:
    transfers = await asyncio.gather(*[top_up(school, 100) for _ in range(10)])
    assert len({transfer.id for transfer in transfers}) == 1
    assert await school.balance_cents(school.nora) == 2_100


async def test_the_key_of_a_top_up_stands_for_its_amount_and_wallet(school: School) -> None:
    await top_up(school, 100)
    with pytest.raises(KeyReused):
        await top_up(school, 101)
    with pytest.raises(KeyReused):
        await credit.top_up(school.omar.id, 100, key="bank-line-number-1", actor="test")
    assert await school.balance_cents(school.nora) == 2_100


async def test_the_key_of_a_payment_is_not_one_for_a_top_up_nor_the_other_way_round(school: School) -> None:
    invitation, key = await school.invite(school.lou, price_cents=100), new_key()
    await school.pay(invitation, key=key)
    with pytest.raises(KeyReused):
        await top_up(school, 100, key=key)

    await top_up(school, 100)
    with pytest.raises(KeyReused):
        await school.pay(await school.invite(school.lou, price_cents=100), key="bank-line-number-1")
    assert await school.balance_cents(school.nora) == 2_000


async def test_nothing_and_less_is_not_credited(school: School, subtests: pytest.Subtests) -> None:
    for cents in (0, -1):
        with subtests.test(cents=cents), pytest.raises(IntegrityError):
            await top_up(school, cents)
    assert await school.balance_cents(school.nora) == 2_000


async def test_only_whole_cents_are_credited(school: School, subtests: pytest.Subtests) -> None:
    for cents in (1.5, "100", None, float("nan")):
        with subtests.test(cents=cents), pytest.raises((TypeError, ValueError)):
            await top_up(school, cents)
    assert await school.balance_cents(school.nora) == 2_000


async def test_nobody_is_credited_who_does_not_exist(school: School) -> None:
    with pytest.raises(DoesNotExist):
        await credit.top_up(10**6, 100, key="bank-line-number-1", actor="test")


async def test_a_guardian_has_one_wallet(school: School) -> None:
    with pytest.raises(IntegrityError):
        await ledger.open_wallet(school.nora.id)
    assert await LedgerAccount.filter(guardian_id=school.nora.id).count() == 1


# payments


async def test_a_key_longer_than_the_first_choice_is_not_a_way_around_it(school: School) -> None:
    """The transfers of a selection bear key, key.2, key.3: none of these is free for something else."""
    one, two, three = [await school.invite(school.lou, price_cents=1) for _ in range(3)]
    key = new_key()
    await school.pay(one, two, key=key)
    with pytest.raises(KeyReused):
        await school.pay(three, key=f"{key}.2")
    assert await school.balance_cents(school.nora) == 1_998


async def test_a_key_whose_second_line_is_taken_pays_nothing(school: School) -> None:
    one, two, three = [await school.invite(school.lou, price_cents=1) for _ in range(3)]
    key = new_key()
    await school.pay(three, key=f"{key}.2")
    with pytest.raises(KeyReused):
        await school.pay(one, two, key=key)
    assert await school.balance_cents(school.nora) == 1_999


async def test_fifty_at_once_with_the_longest_key(school: School) -> None:
    invitations = [await school.invite(school.lou, price_cents=1) for _ in range(50)]
    transfers = await school.pay(*invitations, key="k" * ledger.KEY_LENGTH)
    assert [transfer.invitation_id for transfer in transfers] == [invitation.id for invitation in invitations]
    assert await school.balance_cents(school.nora) == 1_950


async def test_credit_that_arrives_between_the_refusal_and_the_look_is_used(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    invitation = await school.invite(school.lou, price_cents=2_001)
    look = ledger._missing

    async def credited_meanwhile(lines: Any) -> int:
        await top_up(school, 1)
        return await look(lines)

    monkeypatch.setattr(ledger, "_missing", credited_meanwhile)
    await school.pay(invitation)
    assert await school.balance_cents(school.nora) == 0


async def test_a_wallet_that_is_always_refused_and_never_short_is_an_end_too(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    invitation = await school.invite(school.lou, price_cents=2_001)

    async def never_short(lines: Any) -> int:
        return 0

    monkeypatch.setattr(ledger, "_missing", never_short)
    with pytest.raises(NotRecorded):
        await school.pay(invitation)
    assert await school.balance_cents(school.nora) == 2_000


async def test_selections_that_overlap_never_lock_each_other_out(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All take the wallet first, then the invitations in one order: nothing is ever tried again for a deadlock."""
    monkeypatch.setattr(random, "uniform", lambda *_: pytest.fail("had to try again"))
    invitations = [await school.invite(school.lou, price_cents=1) for _ in range(12)]
    pairs = [(a, b) for a in invitations for b in invitations if a.id < b.id]
    singles = [(a,) for a in invitations]
    results = await asyncio.gather(
        *[school.pay(*reversed(chosen)) for chosen in [*pairs, *singles]], return_exceptions=True
    )
    assert all(isinstance(result, list | DomainError) for result in results), results
    assert await school.balance_cents(school.nora) == 2_000 - await Invitation.filter(status="paid").count()
    assert [finding for finding in await check_books() if not finding.ok] == []


# cancellation


async def test_a_payment_cancelled_at_any_await_is_whole_or_nothing_and_can_be_sent_again(school: School) -> None:
    paid = 0
    for suspension in range(1, 60):
        one, two = [await school.invite(school.lou, price_cents=1) for _ in range(2)]
        key = new_key()
        outcome = await interrupted(school.pay(one, two, key=key), suspension)
        recorded = await Transfer.filter(invitation_id__in=[one.id, two.id]).count()
        assert recorded in (0, 2)
        assert await school.balance_cents(school.nora) == 2_000 - paid - recorded
        assert len(await school.pay(one, two, key=key)) == 2
        paid += 2
        assert await school.balance_cents(school.nora) == 2_000 - paid
        if outcome is not CUT:
            break
    assert outcome is not CUT
    assert suspension > 5


async def test_a_refusal_cancelled_at_any_await_leaves_nothing(school: School) -> None:
    for suspension in range(1, 60):
        invitation = await school.invite(school.lou, price_cents=2_001)
        try:
            outcome = await interrupted(school.pay(invitation), suspension)
        except NotEnoughCredit:
            break
        assert outcome is CUT
        assert (await Invitation.get(id=invitation.id)).status == "open"
        assert await school.balance_cents(school.nora) == 2_000
    assert suspension > 5
