"""The rulebook of declining."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tortoise.exceptions import IntegrityError

from creos_ui import clock
from creos_ui.errors import AlreadyAnswered, AnsweringClosed, InvitationNotFound, MandatoryCannotBeDeclined
from creos_ui.services.invitations.answering import participants
from models import Invitation, Transfer
from tests.school import School


async def test_declining_takes_nothing_and_does_not_enrol(school: School) -> None:
    invitation = await school.invite(school.lou)
    await school.decline(invitation)
    await invitation.refresh_from_db()
    assert (invitation.status, invitation.answer_no) == ("declined", 1)
    assert await participants(invitation.activity_id) == []
    assert await school.balance_cents(school.nora) == 2_000


async def test_the_same_click_twice_declines_once(school: School) -> None:
    invitation = await school.invite(school.lou)
    await asyncio.gather(school.decline(invitation), school.decline(invitation))
    await invitation.refresh_from_db()
    assert invitation.answer_no == 1


async def test_a_mandatory_activity_is_never_declined(school: School) -> None:
    invitation = await school.invite(school.lou, mandatory=True)
    with pytest.raises(MandatoryCannotBeDeclined):
        await school.decline(invitation)
    with pytest.raises(IntegrityError):  # not even by other code
        await Invitation.filter(id=invitation.id).update(status="declined", answer_no=1)
    assert (await Invitation.get(id=invitation.id)).status == "open"


async def test_what_is_paid_cannot_be_declined_from_an_old_tab(school: School) -> None:
    invitation = await school.invite(school.lou)
    await school.pay(invitation)
    with pytest.raises(AlreadyAnswered):
        await school.decline(invitation)


async def test_what_is_declined_cannot_be_paid_from_an_old_tab(school: School) -> None:
    invitation = await school.invite(school.lou)
    await school.decline(invitation)
    with pytest.raises(AlreadyAnswered):
        await school.pay(invitation)
    assert await school.balance_cents(school.nora) == 2_000


async def test_somebody_elses_invitation_does_not_exist(school: School) -> None:
    invitation = await school.invite(school.lou)
    with pytest.raises(InvitationNotFound):
        await school.decline(invitation, by=school.omar)


async def test_after_the_closing_day_it_is_too_late(school: School) -> None:
    invitation = await school.invite(school.lou, closes_on=clock.today() - timedelta(days=1))
    with pytest.raises(AnsweringClosed):
        await school.decline(invitation)


async def test_pay_against_decline_leaves_one_answer_and_books_that_agree(school: School) -> None:
    for _ in range(10):
        invitation = await school.invite(school.lou, price_cents=1)
        await asyncio.gather(school.pay(invitation), school.decline(invitation), return_exceptions=True)
        await invitation.refresh_from_db()
        paid = await Transfer.filter(invitation_id=invitation.id).count()
        assert (invitation.status, paid) in (("paid", 1), ("declined", 0))
        assert invitation.answer_no == 1
    await school.balance_cents(school.nora)
