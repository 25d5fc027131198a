"""The questions of « still open », asked in SQL and in Python: one answer (K9)."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

from creos_ui import clock
from creos_ui.database.transactions import rows
from creos_ui.errors import AnsweringClosed, MandatoryCannotBeDeclined
from creos_ui.services.invitations import credit, still_open
from creos_ui.services.invitations.automatic import set_pays_mandatory
from creos_ui.services.invitations.still_open import TERMS, terms_of
from models import Activity, Guardian, Invitation, InvitationStatus, Pupil, folded
from tests.school import School, add_pupil, new_key

QUESTIONS = ("may_pay", "may_decline", "may_take_back", "may_be_declined", "is_waiting", "is_due", "awaits_credit")
AGEING = ("is_due", "awaits_credit")


async def test_sql_and_python_give_the_same_answers(school: School, db: Any) -> None:
    """Every state an invitation can be in, around today and around a year ago."""
    today = clock.today()
    days = [today + timedelta(days=n) for n in (-1, 0, 1)]
    await Guardian.filter(id=school.omar.id).update(pays_mandatory=True)
    cases = list(product((school.nora, school.omar), [False, True], InvitationStatus))
    children = [await add_pupil("Peeters", f"Child {n}") for n in range(len(cases))]
    due_days = [still_open.since(today) + timedelta(days=n) for n in (-1, 0)]
    for n, activity_facts in enumerate(product([False, True], days, due_days, [None, *days])):
        activity, mandatory = await activity_of(n, *activity_facts), activity_facts[0]
        for (debtor, wished, status), child in zip(cases, children, strict=True):
            if not (mandatory and status == InvitationStatus.DECLINED):
                await invitation_of(activity, child, debtor, wished, status)
    places = {name: ("$1", "$2") if name in AGEING else ("$1",) for name in QUESTIONS}
    asked = ", ".join(f"{getattr(still_open, f'{name}_sql')(*places[name])} AS {name}" for name in QUESTIONS)
    found = await rows(
        db,
        f"""SELECT {TERMS}, {asked}
        FROM invitation i JOIN activity a ON a.id = i.activity_id JOIN guardian g ON g.id = i.debtor_id""",
        today,
        still_open.since(today),
    )
    assert len(found) == 48 * len(cases) - 24 * 4
    for row in found:
        terms = terms_of(row)
        for name in QUESTIONS:
            assert bool(row[name]) is getattr(still_open, name)(terms, today), (name, terms)
    for name in QUESTIONS:
        assert {bool(row[name]) for row in found} == {False, True}, name


async def test_until_when_each_may_be_answered(school: School, subtests: pytest.Subtests) -> None:
    """K9, by the clicks of a parent: +1 tomorrow, -1 yesterday; what is left out cannot be done."""
    for mandatory, starts, closes, can in (
        (False, 1, None, "pay decline take_back"),
        (False, 0, None, "pay decline take_back"),
        (False, -1, None, ""),  # it is over
        (False, -1, 1, "pay decline"),  # no longer undone: it was taken part in
        (False, 1, -1, ""),
        (True, -1, None, "pay"),
        (True, 1, -1, "pay"),  # for ever
        (True, -500, -450, "pay"),
    ):
        for act in ("pay", "decline", "take_back"):
            if mandatory and act == "take_back":
                continue
            one = await school.invite(school.lou, price_cents=1, mandatory=mandatory)
            if act == "take_back":
                await school.pay(one)
                await one.refresh_from_db()
            today = clock.today()
            closes_on = None if closes is None else today + timedelta(days=closes)
            starts_on = today + timedelta(days=starts)
            await Activity.filter(id=one.activity_id).update(starts_on=starts_on, due_on=starts_on, closes_on=closes_on)
            with subtests.test(mandatory=mandatory, starts=starts, closes=closes, act=act):
                try:
                    await (school.pay(one) if act == "pay" else school.decline(one))
                    done = True
                except (AnsweringClosed, MandatoryCannotBeDeclined):
                    done = False
                assert done is (act in can.split())


async def test_what_was_due_over_a_year_ago_is_paid_by_hand_alone(school: School) -> None:
    old, recent = [await school.invite(school.lou, price_cents=100, mandatory=True) for _ in range(2)]
    day = still_open.since(clock.today())
    await Activity.filter(id=old.activity_id).update(starts_on=day, due_on=day - timedelta(days=1))
    await Activity.filter(id=recent.activity_id).update(starts_on=day, due_on=day)
    assert [one.invitation_id for one in await set_pays_mandatory(school.nora.id, True)] == [recent.id]
    with pytest.raises(AnsweringClosed):
        await school.wish(old)
    await school.pay(old)
    assert await school.balance_cents(school.nora) == 1_800


async def test_a_wish_pays_nothing_that_is_over(school: School) -> None:
    """No list sets a closing day: an optional outing takes answers until it begins, and then no money either."""
    outing = await school.invite(school.lou, price_cents=2_500)
    await school.wish(outing)
    await Activity.filter(id=outing.activity_id).update(starts_on=clock.today() - timedelta(days=1))
    await credit.top_up(school.nora.id, 1_000, key=new_key(), actor="test")
    assert await school.balance_cents(school.nora) == 3_000


@pytest.mark.parametrize(
    ("today", "day"), [("2026-11-25", "2025-11-25"), ("2028-02-29", "2027-02-28"), ("2029-02-28", "2028-02-28")]
)
def test_a_year_ago(today: str, day: str) -> None:
    assert still_open.since(date.fromisoformat(today)) == date.fromisoformat(day)


async def activity_of(n: int, mandatory: bool, starts_on: date, due_on: date, closes_on: date | None) -> Activity:
    title = f"Sortie {n}"
    return await Activity.create(
        title=title,
        title_key=folded(title),
        starts_on=starts_on,
        due_on=due_on,
        closes_on=closes_on,
        mandatory=mandatory,
    )


async def invitation_of(
    activity: Activity, child: Pupil, debtor: Guardian, wished: bool, status: InvitationStatus
) -> None:
    invitation = await Invitation.create(
        activity_id=activity.id, pupil_id=child.id, debtor_id=debtor.id, amount_cents=1, pay_when_credit=wished
    )
    if status != InvitationStatus.OPEN:  # the database lets it begin open only
        await Invitation.filter(id=invitation.id).update(status=status, answer_no=1)
