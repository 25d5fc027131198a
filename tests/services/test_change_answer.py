"""The rulebook of changing one's mind: what was declined is paid, what was paid is declined and credited back."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from creos_ui import clock
from creos_ui.database.transactions import atomic
from creos_ui.errors import (
    AlreadyAnswered,
    AnsweringClosed,
    DomainError,
    InvitationNotFound,
    KeyReused,
    MandatoryCannotBeDeclined,
    NotEnoughCredit,
)
from creos_ui.services.invitations.answering import (
    decline_invitation,
    participants,
    pay_invitations,
    set_amount,
)
from creos_ui.services.invitations.listing import invitations_of
from creos_ui.services.money import ledger
from creos_ui.services.money.books import check_books
from creos_ui.services.money.ledger import Agreed
from models import Activity, Invitation, Transfer
from tests.database.interrupting import CUT, interrupted
from tests.school import School, new_key

YESTERDAY, TOMORROW = timedelta(days=-1), timedelta(days=1)


async def books_hold() -> None:
    assert [finding for finding in await check_books() if not finding.ok] == []


async def kinds(invitation: Invitation) -> list[str]:
    """The kinds of the transfers for this invitation, in their order."""
    found = Transfer.filter(invitation_id=invitation.id).order_by("id")
    return [str(kind) for kind in await found.values_list("kind", flat=True)]


async def paid(school: School, **options: Any) -> Invitation:
    invitation = await school.invite(school.lou, **options)
    await school.pay(invitation)
    await invitation.refresh_from_db()
    return invitation


async def declined(school: School, **options: Any) -> Invitation:
    invitation = await school.invite(school.lou, **options)
    await school.decline(invitation)
    await invitation.refresh_from_db()
    return invitation


async def begin(invitation: Invitation, day: date) -> None:
    await Activity.filter(id=invitation.activity_id).update(starts_on=day)


# paid, then declined


async def test_declining_what_is_paid_gives_the_amount_back_and_takes_the_child_off_the_list(school: School) -> None:
    invitation = await paid(school, price_cents=750)
    assert await participants(invitation.activity_id) == [school.lou]

    await school.decline(invitation)

    assert await school.balance_cents(school.nora) == 2_000
    assert await participants(invitation.activity_id) == []
    await invitation.refresh_from_db()
    assert (invitation.status, invitation.answer_no, invitation.automatic) == ("declined", 2, False)
    payment, refund = await Transfer.filter(invitation_id=invitation.id).order_by("id")
    assert (payment.kind, refund.kind) == ("payment", "refund")
    assert (refund.source_id, refund.target_id, refund.amount_cents) == (payment.target_id, payment.source_id, 750)
    assert (refund.answer_no, refund.actor) == (2, f"guardian:{school.nora.id}")
    await books_hold()


async def test_declining_what_is_open_moves_no_money(school: School) -> None:
    assert await kinds(await declined(school)) == []


async def test_what_was_paid_in_the_former_system_comes_back_to_the_wallet(school: School) -> None:
    invitation = await school.invite(school.lou, price_cents=750)
    await school.carry_over(invitation)
    await invitation.refresh_from_db()
    await school.decline(invitation)
    assert await kinds(invitation) == ["carried_over", "refund"]
    assert await school.balance_cents(school.nora) == 2_750
    await books_hold()


async def test_a_replayed_click_never_gives_back_twice(school: School) -> None:
    invitation = await paid(school)
    for _ in range(3):
        await school.decline(invitation)
    await asyncio.gather(*[school.decline(invitation) for _ in range(10)])
    assert await kinds(invitation) == ["payment", "refund"]
    assert await school.balance_cents(school.nora) == 2_000


async def test_ten_declines_at_once_give_back_once(school: School) -> None:
    invitation = await paid(school)
    await asyncio.gather(*[school.decline(invitation) for _ in range(10)])
    assert await kinds(invitation) == ["payment", "refund"]
    assert await school.balance_cents(school.nora) == 2_000


async def test_a_click_of_an_old_tab_does_not_undo_a_later_answer(school: School) -> None:
    """Declined in one tab, paid in another, declined and paid again: each old tab's click is told to look again."""
    invitation = await school.invite(school.lou)
    seen = [await Invitation.get(id=invitation.id)]
    for answer in (school.decline, school.pay, school.decline, school.pay):
        await answer(seen[-1])
        seen.append(await Invitation.get(id=invitation.id))

    for old in seen[:-1]:
        with pytest.raises(AlreadyAnswered):
            await school.pay(old)
        with pytest.raises(AlreadyAnswered):
            await school.decline(old)
    await invitation.refresh_from_db()
    assert (invitation.status, invitation.answer_no) == ("paid", 4)
    assert await kinds(invitation) == ["payment", "refund", "payment"]
    assert await school.balance_cents(school.nora) == 1_500


async def test_a_mandatory_activity_that_is_paid_stays_paid(school: School) -> None:
    invitation = await paid(school, mandatory=True)
    with pytest.raises(MandatoryCannotBeDeclined):
        await school.decline(invitation)
    assert await kinds(invitation) == ["payment"]
    assert await school.balance_cents(school.nora) == 1_500


async def test_somebody_elses_money_is_not_given_back(school: School) -> None:
    invitation = await paid(school)
    with pytest.raises(InvitationNotFound):
        await school.decline(invitation, by=school.omar)
    assert await school.balance_cents(school.omar) == 500
    assert await school.balance_cents(school.nora) == 1_500


async def test_an_answer_number_from_nowhere_gives_nothing_back(school: School, subtests: pytest.Subtests) -> None:
    invitation = await paid(school)
    for number in (-1, 0, 2, 2**31, 10**30):
        with subtests.test(number=number):
            with pytest.raises(DomainError):
                await decline_invitation(invitation.id, debtor_id=school.nora.id, answer_no=number, actor="somebody")
            assert await kinds(invitation) == ["payment"]


# declined, then paid


async def test_what_was_declined_can_be_paid_and_enrols(school: School) -> None:
    invitation = await declined(school)
    (transfer,) = await school.pay(invitation)
    assert transfer.answer_no == 2
    assert await participants(invitation.activity_id) == [school.lou]
    assert await school.balance_cents(school.nora) == 1_500
    await books_hold()


async def test_open_and_declined_ones_are_paid_together(school: School) -> None:
    one, other = await declined(school), await school.invite(school.tim)
    assert [transfer.answer_no for transfer in await school.pay(one, other)] == [2, 1]


async def test_a_wallet_too_short_leaves_it_declined(school: School) -> None:
    invitation = await declined(school, price_cents=2_001)
    with pytest.raises(NotEnoughCredit):
        await school.pay(invitation)
    await invitation.refresh_from_db()
    assert (invitation.status, invitation.answer_no) == ("declined", 1)


async def test_the_key_of_the_first_payment_is_not_one_for_the_second(school: School) -> None:
    invitation, key = await school.invite(school.lou), new_key()
    first = await school.pay(invitation, key=key)
    paid_one = await Invitation.get(id=invitation.id)
    await school.decline(paid_one)
    assert await school.pay(invitation, key=key) == first  # the same click again: its own answer, and nothing taken
    await invitation.refresh_from_db()
    with pytest.raises(KeyReused):
        await school.pay(invitation, key=key)
    assert await school.balance_cents(school.nora) == 2_000


async def test_an_answered_invitation_keeps_its_price_even_when_declined(school: School) -> None:
    invitation = await declined(school)
    with pytest.raises(AlreadyAnswered):
        await set_amount(invitation.id, 900)
    with pytest.raises(IntegrityError):
        await Invitation.filter(id=invitation.id).update(amount_cents=900)
    agreed = [Agreed(invitation.id, 1, invitation.answer_no)]
    with pytest.raises(AlreadyAnswered):  # a price of one's own is no price
        await pay_invitations(agreed, debtor_id=school.nora.id, key=new_key(), actor="somebody")


# until when


async def test_until_the_closing_day_both_ways_are_open(school: School) -> None:
    for closes_on in (clock.today(), clock.today() + TOMORROW):
        before = await school.balance_cents(school.nora)
        one = await paid(school, closes_on=closes_on, due_in_days=-5)
        other = await declined(school, closes_on=closes_on, due_in_days=-5)
        await school.decline(one)
        await school.pay(other)
        assert await school.balance_cents(school.nora) == before - 500


async def test_after_the_closing_day_neither_is(school: School) -> None:
    one, other = await paid(school), await declined(school)
    closed = clock.today() + YESTERDAY
    await Activity.filter(id__in=[one.activity_id, other.activity_id]).update(closes_on=closed)
    with pytest.raises(AnsweringClosed):
        await school.decline(one)
    with pytest.raises(AnsweringClosed):
        await school.pay(other)
    assert await school.balance_cents(school.nora) == 1_500
    for line in await invitations_of(school.nora.id, [one.id, other.id]):
        assert (line.can_be_paid, line.declinable, line.too_late) == (False, False, True)


async def test_without_a_closing_date_money_comes_back_until_the_activity_begins(school: School) -> None:
    """A school that never set one must not find last year's outings given back."""
    begins_today, has_begun = await paid(school), await paid(school)
    await begin(begins_today, clock.today())
    await begin(has_begun, clock.today() + YESTERDAY)
    await school.decline(begins_today)
    with pytest.raises(AnsweringClosed):
        await school.decline(has_begun)
    late = await declined(school)
    await begin(late, clock.today() + YESTERDAY)
    with pytest.raises(AnsweringClosed):  # nor is one paid for that is over
        await school.pay(late)
    assert await school.balance_cents(school.nora) == 1_500


async def test_the_grid_offers_what_the_service_does(school: School) -> None:
    """Line says what may be done: for every state, the service agrees."""
    today = clock.today()
    for mandatory in (False, True):
        for closes_on in (None, today, today + YESTERDAY):
            for starts_on in (today, today + YESTERDAY):
                for state in ("open", "paid") if mandatory else ("open", "paid", "declined"):
                    for act in ("pay", "decline"):
                        invitation = await school.invite(school.lou, price_cents=1, mandatory=mandatory)
                        if state != "open":
                            await (school.pay if state == "paid" else school.decline)(invitation)
                        await Activity.filter(id=invitation.activity_id).update(closes_on=closes_on)
                        await begin(invitation, starts_on)
                        await invitation.refresh_from_db()
                        (line,) = await invitations_of(school.nora.id, [invitation.id])
                        offered = line.can_be_paid if act == "pay" else line.declinable
                        try:
                            await (school.pay if act == "pay" else school.decline)(invitation)
                            done = (await Invitation.get(id=invitation.id)).answer_no > invitation.answer_no
                        except DomainError:
                            done = False
                        # a decline that repeats itself is no refusal, and no change either
                        assert done == offered, (mandatory, closes_on, starts_on, state, act)


# races, and being cut off


async def test_pay_against_decline_a_hundred_times_back_and_forth(school: School) -> None:
    invitation = await school.invite(school.lou)
    for _ in range(100):
        seen = await Invitation.get(id=invitation.id)
        await asyncio.gather(school.pay(seen), school.decline(seen), return_exceptions=True)
        now = await Invitation.get(id=invitation.id)
        balance = await school.balance_cents(school.nora)
        assert now.answer_no in (seen.answer_no, seen.answer_no + 1)
        assert (now.status, balance) in (("paid", 1_500), ("declined", 2_000))
    assert now.answer_no > 10
    await books_hold()


async def test_two_tabs_that_pay_and_decline_ten_at_once(school: School) -> None:
    invitation = await paid(school)
    acts = [school.decline(invitation), school.pay(invitation)] * 5
    results = await asyncio.gather(*acts, return_exceptions=True)
    assert all(result is None or isinstance(result, DomainError) for result in results), results
    assert await kinds(invitation) == ["payment", "refund"]
    await books_hold()


async def test_a_refund_cancelled_at_any_await_is_whole_or_nothing_and_can_be_sent_again(school: School) -> None:
    for suspension in range(1, 60):
        invitation = await paid(school, price_cents=100)
        outcome = await interrupted(school.decline(invitation), suspension)
        now = await Invitation.get(id=invitation.id)
        back = await Transfer.filter(invitation_id=invitation.id, kind="refund").count()
        assert (str(now.status), back) in (("paid", 0), ("declined", 1))
        await school.decline(invitation)
        assert await school.balance_cents(school.nora) == 2_000
        if outcome is not CUT:
            break
    assert outcome is not CUT
    assert suspension > 5
    await books_hold()


async def test_no_other_code_gives_back_more_or_twice(school: School) -> None:
    """The database's own guards, whatever the services do."""
    invitation = await paid(school)
    claimed = ledger.Claimed(invitation.id, school.nora.id, 500, 2)
    with pytest.raises(IntegrityError):  # still paid
        await atomic(lambda connection: ledger.refund(connection, claimed, actor="test"))
    await school.decline(invitation)
    with pytest.raises(IntegrityError):
        await atomic(lambda connection: ledger.refund(connection, claimed, actor="test"))
    assert await kinds(invitation) == ["payment", "refund"]


async def test_a_refund_of_what_paid_nothing_is_none(school: School) -> None:
    invitation = await declined(school)
    claimed = ledger.Claimed(invitation.id, school.nora.id, 500, 1)
    assert await atomic(lambda connection: ledger.refund(connection, claimed, actor="test")) is False
    assert await kinds(invitation) == []
