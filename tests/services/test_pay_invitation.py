"""The rulebook of paying."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from creos_ui import clock
from creos_ui.errors import (
    AlreadyAnswered,
    AnsweringClosed,
    DomainError,
    InvitationNotFound,
    KeyReused,
    NotEnoughCredit,
    NothingSelected,
    PriceChanged,
)
from creos_ui.services.invitations.answering import participants, pay_invitations, set_amount
from creos_ui.services.money.ledger import Agreed
from models import Invitation, Transfer
from tests.school import School, new_key


async def test_paying_takes_the_amount_and_enrols_the_child(school: School) -> None:
    invitation = await school.invite(school.lou, price_cents=1_250)
    assert await participants(invitation.activity_id) == []

    (transfer,) = await school.pay(invitation)

    assert (transfer.amount_cents, transfer.answer_no, transfer.invitation_id) == (1_250, 1, invitation.id)
    assert await school.balance_cents(school.nora) == 750
    await invitation.refresh_from_db()
    assert (invitation.status, invitation.answer_no, invitation.automatic) == ("paid", 1, False)
    assert invitation.answered_at is not None
    assert await participants(invitation.activity_id) == [school.lou]


async def test_a_wallet_one_cent_short_changes_nothing(school: School) -> None:
    invitation = await school.invite(school.lou, price_cents=2_001)

    with pytest.raises(NotEnoughCredit) as refusal:
        await school.pay(invitation)

    assert refusal.value.values == {"missing_cents": 1}
    assert await school.balance_cents(school.nora) == 2_000
    assert (await Invitation.get(id=invitation.id)).status == "open"


async def test_a_wallet_with_exactly_enough_is_emptied(school: School) -> None:
    await school.pay(await school.invite(school.lou, price_cents=2_000))
    assert await school.balance_cents(school.nora) == 0


async def test_a_mandatory_activity_keeps_the_child_whose_wallet_is_empty(school: School) -> None:
    invitation = await school.invite(school.mia, price_cents=12_000, mandatory=True)
    with pytest.raises(NotEnoughCredit):
        await school.pay(invitation, payer=school.omar)
    assert await participants(invitation.activity_id) == [school.mia]


async def test_a_selection_is_paid_whole_or_not_at_all(school: School) -> None:
    first, second, third = [await school.invite(school.lou, price_cents=700) for _ in range(3)]

    with pytest.raises(NotEnoughCredit) as refusal:
        await school.pay(first, second, third)
    assert refusal.value.missing_cents == 100
    assert await Transfer.filter(kind="payment").count() == 0
    assert await school.balance_cents(school.nora) == 2_000

    assert len(await school.pay(first, second)) == 2
    assert await school.balance_cents(school.nora) == 600


async def test_the_same_key_again_returns_the_first_payment(school: School) -> None:
    one, two = await school.invite(school.lou), await school.invite(school.tim)
    key = new_key()
    first = await school.pay(one, two, key=key)

    assert await school.pay(two, one, key=key) == first
    assert await school.balance_cents(school.nora) == 1_000


async def test_the_same_key_for_something_else_is_refused(school: School, subtests: pytest.Subtests) -> None:
    one, two, three = [await school.invite(school.lou) for _ in range(3)]
    key = new_key()
    await school.pay(one, two, key=key)

    for change, other in {"another": [one, three], "fewer": [one], "more": [one, two, three]}.items():
        with subtests.test(change), pytest.raises(KeyReused):
            await school.pay(*other, key=key)
    assert await Transfer.filter(kind="payment").count() == 2


async def test_ten_tabs_at_once_pay_once(school: School) -> None:
    invitation = await school.invite(school.lou)
    results = await asyncio.gather(*[school.pay(invitation) for _ in range(10)], return_exceptions=True)
    assert sum(isinstance(result, list) for result in results) == 1
    assert all(isinstance(result, list | AlreadyAnswered) for result in results)
    assert await school.balance_cents(school.nora) == 1_500


async def test_one_click_delivered_ten_times_pays_once_and_is_always_answered(school: School) -> None:
    invitation, key = await school.invite(school.lou), new_key()
    results = await asyncio.gather(*[school.pay(invitation, key=key) for _ in range(10)])
    assert len({result[0].id for result in results}) == 1
    assert await school.balance_cents(school.nora) == 1_500


async def test_fifty_payments_from_a_wallet_for_four(school: School) -> None:
    invitations = [await school.invite(school.lou) for _ in range(50)]
    results = await asyncio.gather(*[school.pay(i) for i in invitations], return_exceptions=True)
    assert sum(isinstance(result, list) for result in results) == 4
    assert all(isinstance(result, list | NotEnoughCredit) for result in results)
    assert await school.balance_cents(school.nora) == 0


async def test_a_price_that_changed_since_the_dialog_opened_is_look_again(school: School) -> None:
    invitation = await school.invite(school.lou, price_cents=500)
    await set_amount(invitation.id, 900)
    with pytest.raises(PriceChanged) as refusal:
        await school.pay(invitation)
    assert refusal.value.values == {"amount_cents": 900}
    assert await school.balance_cents(school.nora) == 2_000


async def test_an_answered_invitation_keeps_its_price(school: School) -> None:
    invitation = await school.invite(school.lou)
    await school.pay(invitation)
    with pytest.raises(AlreadyAnswered):
        await set_amount(invitation.id, 900)


async def test_late_can_still_be_paid_until_the_activity_is_closed(school: School) -> None:
    today = clock.today()
    late = await school.invite(school.lou, due_in_days=-5, closes_on=today)
    closed = await school.invite(school.lou, due_in_days=-5, closes_on=today - timedelta(days=1))

    await school.pay(late)
    with pytest.raises(AnsweringClosed):
        await school.pay(closed)
    assert await school.balance_cents(school.nora) == 1_500


async def test_somebody_elses_invitation_does_not_exist(school: School) -> None:
    invitation = await school.invite(school.lou)
    with pytest.raises(InvitationNotFound):
        await school.pay(invitation, payer=school.omar)
    assert await school.balance_cents(school.omar) == 500


async def test_numbers_from_nowhere_change_nothing(school: School, subtests: pytest.Subtests) -> None:
    for invitation_id in (-1, 0, 2**31, 2**63, 10**30):
        for amount in (500, -500, 0, 2**63):
            agreed = [Agreed(invitation_id, amount)]
            with subtests.test(invitation_id=invitation_id, amount=amount):
                with pytest.raises(DomainError):
                    await pay_invitations(agreed, debtor_id=school.nora.id, key=new_key(), actor="guardian:1")
                assert await school.balance_cents(school.nora) == 2_000


async def test_nothing_and_too_much_are_refused(school: School) -> None:
    invitation = await school.invite(school.lou)
    too_many = [Agreed(n, 1) for n in range(1, 52)]
    twice = [Agreed(invitation.id, 500), Agreed(invitation.id, 400)]
    for agreed in ([], too_many, twice):
        with pytest.raises(NothingSelected):
            await pay_invitations(agreed, debtor_id=school.nora.id, key=new_key(), actor="guardian:1")


async def test_a_key_nobody_made_is_refused(school: School, subtests: pytest.Subtests) -> None:
    agreed = [Agreed((await school.invite(school.lou)).id, 500)]
    for key in ("", "short", "x" * 65):
        with subtests.test(key=key), pytest.raises(KeyReused):
            await pay_invitations(agreed, debtor_id=school.nora.id, key=key, actor="guardian:1")
