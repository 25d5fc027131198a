"""The questions of « still open », asked in SQL and in Python: one answer (K9)."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import Any

from creos_ui import clock
from creos_ui.database.transactions import rows
from creos_ui.services.invitations import still_open
from creos_ui.services.invitations.still_open import TERMS, terms_of
from models import Activity, Guardian, Invitation, InvitationStatus, Pupil, folded
from tests.school import School, add_pupil

QUESTIONS = ("may_pay", "may_decline", "may_take_back", "may_be_declined", "is_due", "awaits_credit")


async def test_sql_and_python_give_the_same_answers(school: School, db: Any) -> None:
    """Every state an invitation can be in, around today."""
    today = clock.today()
    days = [today + timedelta(days=n) for n in (-1, 0, 1)]
    await Guardian.filter(id=school.omar.id).update(pays_mandatory=True)
    cases = list(product((school.nora, school.omar), [False, True], InvitationStatus))
    children = [await add_pupil("Peeters", f"Child {n}") for n in range(len(cases))]
    for n, (mandatory, starts_on, closes_on) in enumerate(product([False, True], days, [None, *days])):
        activity = await activity_of(n, mandatory, starts_on, closes_on)
        for (debtor, wished, status), child in zip(cases, children, strict=True):
            if not (mandatory and status == InvitationStatus.DECLINED):
                await invitation_of(activity, child, debtor, wished, status)
    asked = ", ".join(f"{getattr(still_open, f'{name}_sql')('$1')} AS {name}" for name in QUESTIONS)
    found = await rows(
        db,
        f"""SELECT {TERMS}, {asked}
        FROM invitation i JOIN activity a ON a.id = i.activity_id JOIN guardian g ON g.id = i.debtor_id""",
        today,
    )
    assert len(found) == 24 * len(cases) - 12 * 4
    for row in found:
        terms = terms_of(row)
        for name in QUESTIONS:
            assert bool(row[name]) is getattr(still_open, name)(terms, today), (name, terms)
    for name in QUESTIONS:
        assert {bool(row[name]) for row in found} == {False, True}, name


async def activity_of(n: int, mandatory: bool, starts_on: date, closes_on: date | None) -> Activity:
    title = f"Sortie {n}"
    return await Activity.create(
        title=title,
        title_key=folded(title),
        starts_on=starts_on,
        due_on=starts_on,
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
