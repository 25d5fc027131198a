"""What a family's days hold, and what of another household is not told."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from creos_ui import clock
from creos_ui.services.invitations.calendar import (
    Days,
    Entry,
    Kind,
    State,
    children_of_family,
    days_of,
    last_of,
    month_beside,
    month_named,
    next_day_after,
    weeks_of,
)
from models import Activity, Guardian, Guardianship, Invitation, folded
from tests.school import School, add_guardian

SOON = timedelta(days=60)


async def seen(guardian: Guardian, *, back: int = 60) -> list[Entry]:
    today = clock.today()
    days = await days_of(guardian.id, today - timedelta(days=back), today + SOON)
    assert days.whole
    return days.entries


def in_short(entries: list[Entry]) -> list[tuple[str, str, str]]:
    return [(str(e.kind), e.title.rsplit(" ", 1)[0], str(e.state)) for e in entries]


async def starting(invitation: Invitation, days: int) -> None:
    """The activity itself begins so many days after its due date."""
    activity = await Activity.get(id=invitation.activity_id)
    await Activity.filter(id=activity.id).update(starts_on=activity.due_on + timedelta(days=days))


async def test_an_invitation_is_a_due_date_and_an_activity(school: School) -> None:
    invitation = await school.invite(school.lou, price_cents=1_250, title="Musée")
    await starting(invitation, 7)
    due, activity = await seen(school.nora)
    assert (due.kind, activity.kind) == (Kind.DUE, Kind.ACTIVITY)
    assert due.on == clock.today() + timedelta(days=10)
    assert activity.on == due.on + timedelta(days=7)
    for entry in (due, activity):
        assert (entry.children, entry.state, entry.amount_cents) == (("Lou",), State.TO_PAY, 1_250)


async def test_each_state_has_its_word(school: School) -> None:
    await school.pay(await school.invite(school.lou, title="Payée"))
    await school.decline(await school.invite(school.lou, title="Refusée"))
    await school.invite(school.lou, title="Tardive", due_in_days=-2)
    yesterday = clock.today() - timedelta(days=1)
    await school.invite(school.lou, title="Close", due_in_days=-3, closes_on=yesterday)
    await school.invite(school.lou, title="Obligatoire", due_in_days=-1, closes_on=yesterday, mandatory=True)
    assert in_short(await seen(school.nora)) == [
        ("due", "Close", "closed"),
        ("due", "Tardive", "late"),
        ("due", "Obligatoire", "late"),  # for ever
        ("activity", "Close", "closed"),
        ("activity", "Obligatoire", "late"),
        ("activity", "Tardive", "late"),
        ("due", "Payée", "paid"),
        ("activity", "Payée", "paid"),
        ("activity", "Refusée", "declined"),  # what is declined is not due
    ]


async def test_children_alike_are_one_entry_and_their_amounts_one_sum(school: School) -> None:
    first = await school.invite(school.lou, price_cents=800)
    tims = await Invitation.create(
        activity_id=first.activity_id, pupil_id=school.tim.id, debtor_id=school.nora.id, amount_cents=900
    )
    due, _ = await seen(school.nora)
    assert (due.children, due.amount_cents) == (("Lou", "Tim"), 1_700)

    await school.pay(tims)
    states = {(e.children, e.state, e.amount_cents) for e in await seen(school.nora) if e.kind is Kind.DUE}
    assert states == {(("Lou",), State.TO_PAY, 800), (("Tim",), State.PAID, 900)}


async def test_a_day_outside_is_left_out_also_where_the_other_of_the_two_is_inside(school: School) -> None:
    invitation = await school.invite(school.lou)
    await starting(invitation, 7)
    due_on = clock.today() + timedelta(days=10)
    inside = (await days_of(school.nora.id, due_on, due_on + timedelta(days=6))).entries
    assert [e.kind for e in inside] == [Kind.DUE]
    assert (await days_of(school.nora.id, due_on + timedelta(days=1), due_on + timedelta(days=6))).entries == []


async def test_another_family_s_days_are_not_there(school: School) -> None:
    await school.invite(school.mia, title="Théâtre")
    assert await seen(school.nora) == []
    assert await next_day_after(school.nora.id, clock.today()) is None
    assert await children_of_family(school.nora.id) == ["Lou", "Tim"]
    assert in_short(await seen(school.omar)) == [("due", "Théâtre", "to_pay"), ("activity", "Théâtre", "to_pay")]


@pytest.fixture
async def paul(school: School) -> Guardian:
    """Lou's father, of another household."""
    paul = await add_guardian("Zielinski", "Paul", credit_cents=9_999)
    await Guardianship.create(guardian_id=paul.id, pupil_id=school.lou.id)
    return paul


async def test_of_the_other_household_one_sees_the_answer_and_nothing_else(school: School, paul: Guardian) -> None:
    going = await school.invite(school.lou, debtor=paul, price_cents=3_333, title="Ferme")
    not_going = await school.invite(school.lou, debtor=paul, price_cents=3_333, title="Cirque")
    await school.invite(school.lou, debtor=paul, price_cents=3_333, title="Opéra")
    await school.pay(going, payer=paul)
    await school.decline(not_going, by=paul)
    entries = await seen(school.nora)
    assert in_short(entries) == [
        ("activity", "Cirque", "not_going"),
        ("activity", "Ferme", "going"),
        ("activity", "Opéra", "unanswered"),
    ]
    assert all(entry.amount_cents is None for entry in entries)
    for canary in ("Zielinski", "Paul", "3333"):
        assert canary not in repr(entries)


async def test_whether_the_other_household_paid_a_mandatory_activity_stays_theirs(
    school: School, paul: Guardian
) -> None:
    """Who does not pay stays on the list: open, late or paid, it looks the same from here."""
    paid = await school.invite(school.lou, debtor=paul, mandatory=True, title="Payée")
    await school.invite(school.lou, debtor=paul, mandatory=True, title="Ouverte", due_in_days=-10)
    await school.pay(paid, payer=paul)
    assert [state for *_, state in in_short(await seen(school.nora))] == ["going", "going"]


async def test_invited_through_both_one_s_own_invitation_counts(school: School, paul: Guardian) -> None:
    own = await school.invite(school.lou, title="Piscine")
    his = await Invitation.create(
        activity_id=own.activity_id, pupil_id=school.lou.id, debtor_id=paul.id, amount_cents=3_333
    )
    assert in_short(await seen(school.nora)) == [("due", "Piscine", "to_pay"), ("activity", "Piscine", "to_pay")]

    await school.pay(his, payer=paul)
    await school.decline(own)
    assert in_short(await seen(school.nora)) == [("activity", "Piscine", "going")]  # Lou goes all the same
    assert await children_of_family(paul.id) == ["Lou"]


async def test_too_many_are_cut_and_that_is_said(school: School) -> None:
    for _ in range(4):
        await school.invite(school.lou)
    today = clock.today()
    assert await days_of(school.nora.id, today, today + SOON, most=4) == Days(
        entries=(await days_of(school.nora.id, today, today + SOON)).entries, whole=True
    )
    cut = await days_of(school.nora.id, today, today + SOON, most=3)
    assert (len(cut.entries), cut.whole) == (6, False)


async def test_the_next_day_that_holds_something(school: School) -> None:
    today = clock.today()
    invitation = await school.invite(school.lou, due_in_days=30)
    await starting(invitation, 20)
    assert await next_day_after(school.nora.id, today) == today + timedelta(days=30)
    assert await next_day_after(school.nora.id, today + timedelta(days=30)) == today + timedelta(days=50)
    assert await next_day_after(school.nora.id, today + timedelta(days=50)) is None
    await school.decline(invitation)
    assert await next_day_after(school.nora.id, today) == today + timedelta(days=50)  # no longer due


async def test_a_child_of_one_name_has_it(school: School) -> None:
    await school.lou.update_from_dict({"first_name": "", "last_name": "Zorro", "name_key": folded("Zorro")}).save()
    await school.invite(school.lou)
    assert (await seen(school.nora))[0].children == ("Zorro",)
    assert await children_of_family(school.nora.id) == ["Tim", "Zorro"]


@pytest.mark.parametrize(
    "hostile",
    [
        *("", "2026", "2026-00", "2026-13", "2026-1", " 2026-12", "2026-12 ", "2026-12-01", "2026-12\n", "-2026-12"),
        *(
            "1999-12",
            "2100-01",
            "9999-12",
            "２０２６-12",
            "'; DROP TABLE x",
            "\x00",
            "9" * 10_000,
            None,
            7,
            ["2026-12"],
        ),
    ],
)
def test_a_month_nobody_can_have_is_this_one(hostile: Any) -> None:
    assert month_named(hostile, date(2026, 11, 23)) == date(2026, 11, 1)


def test_months_and_weeks() -> None:
    assert month_named("2024-02", date(2026, 11, 23)) == date(2024, 2, 1)
    assert last_of(date(2024, 2, 1)) == date(2024, 2, 29)
    assert month_beside(date(2024, 1, 31), -1) == date(2023, 12, 1)
    assert month_beside(date(2024, 12, 1), 1) == date(2025, 1, 1)
    assert month_beside(date(2000, 1, 1), -1) == date(2000, 1, 1)
    assert month_beside(date(2099, 12, 1), 1) == date(2099, 12, 1)
    weeks = weeks_of(date(2024, 5, 1))
    assert weeks[0] == [None, None, *(date(2024, 5, day) for day in range(1, 6))]  # Monday first
    assert weeks[-1][4:] == [date(2024, 5, 31), None, None]
    for year in (2024, 2026, 2027):
        for month in range(1, 13):
            days = [day for week in weeks_of(date(year, month, 1)) for day in week if day]
            assert days == [date(year, month, 1) + timedelta(days=n) for n in range(len(days))]
            assert days[-1] == last_of(days[0])
