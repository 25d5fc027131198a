"""Reminders: once for each term, never for what is answered; and the warning that the wallet will not do."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from creos_ui import clock
from creos_ui.database.transactions import atomic
from creos_ui.services import outbox
from creos_ui.services.invitations import credit
from creos_ui.services.mail.reminders import remind
from models import Account, MailKind, MailMessage
from tests.school import School, new_key
from tests.services.post import NORA_AT, MovedClock, account_for


@pytest.fixture
async def nora(school: School) -> Account:
    return await account_for(school.nora, "peeters.nora", NORA_AT, mail_low_credit=False)


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> MovedClock:
    return MovedClock(monkeypatch)


async def reminded(kind: MailKind = MailKind.REMINDER) -> list[list[int]]:
    return [json.loads(row.facts)["invitations"] for row in await MailMessage.filter(kind=kind).order_by("id")]


async def test_once_seven_days_before_and_once_two(school: School, nora: Account, moved: MovedClock) -> None:
    invitation = await school.invite(school.lou, due_in_days=10)
    counts = []
    for _ in range(13):
        await remind(clock.today())
        await remind(clock.today())  # the portal was restarted
        counts.append(len(await reminded()))
        moved.move(days=1)
    assert counts == [0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2]
    assert await reminded() == [[invitation.id]] * 2


async def test_a_day_on_which_nothing_ran_is_caught_up(school: School, nora: Account) -> None:
    await school.invite(school.lou, due_in_days=5)
    await remind(clock.today())
    assert len(await reminded()) == 1


async def test_several_are_one_message_and_what_is_answered_is_in_none(school: School, nora: Account) -> None:
    first, second, third, fourth = [await school.invite(school.lou, due_in_days=5) for _ in range(4)]
    await school.pay(first)
    await school.decline(fourth)
    await school.invite(school.lou, due_in_days=5, closes_on=clock.today() - timedelta(days=1))
    await school.invite(school.lou, due_in_days=-1)
    await remind(clock.today())
    assert await reminded() == [[second.id, third.id]]


async def test_the_days_are_the_schools_choice(school: School, nora: Account) -> None:
    await school.invite(school.lou, due_in_days=5)
    await remind(clock.today(), days=[3])
    assert await reminded() == []
    await remind(clock.today(), days=[14, 1])
    assert len(await reminded()) == 1


async def test_who_was_just_invited_is_not_reminded_of_the_same_term(
    school: School, nora: Account, moved: MovedClock
) -> None:
    invitation = await school.invite(school.lou, due_in_days=6)

    async def publish(connection: object) -> None:
        await outbox.invited(connection, school.nora.id, [invitation.id])

    await atomic(publish)
    await remind(clock.today())
    assert await reminded() == []
    moved.move(days=4)
    await remind(clock.today())
    assert len(await reminded()) == 1


async def test_a_wallet_that_will_not_do_is_told_once_a_week(school: School, moved: MovedClock) -> None:
    await account_for(school.nora, "peeters.nora", NORA_AT, mail_reminder=False)
    near = await school.invite(school.lou, due_in_days=7, price_cents=2_000)
    await school.invite(school.tim, due_in_days=8, price_cents=5_000)
    await remind(clock.today())
    assert await reminded(MailKind.LOW_CREDIT) == []  # 20,00 € is just enough
    more = await school.invite(school.tim, due_in_days=7, price_cents=1)
    for _ in range(2):
        await remind(clock.today())
    assert await reminded(MailKind.LOW_CREDIT) == [[near.id, more.id]]
    moved.move(days=1)
    await remind(clock.today())
    assert len(await reminded(MailKind.LOW_CREDIT)) == 1
    await credit.top_up(school.nora.id, 10_000, key=new_key(), actor="test")
    moved.move(days=6, seconds=60)
    await remind(clock.today())
    assert len(await reminded(MailKind.LOW_CREDIT)) == 1


async def test_each_guardian_hears_of_their_own_only(school: School, nora: Account) -> None:
    omar = await account_for(school.omar, "haddad.omar", "omar@example.org")
    hers = await school.invite(school.lou, due_in_days=3)
    his = await school.invite(school.mia, due_in_days=3)
    await remind(clock.today())
    found = {row.account_id: json.loads(row.facts) for row in await MailMessage.all()}
    assert found == {nora.id: {"invitations": [hers.id]}, omar.id: {"invitations": [his.id]}}
