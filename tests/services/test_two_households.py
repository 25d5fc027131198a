"""Two households (R22): a guardian learns whether their child takes part, and nothing of the other one's money."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest

from creos_ui import clock
from creos_ui.errors import InvitationNotFound
from creos_ui.services.invitations.automatic import wish_all
from creos_ui.services.invitations.listing import Tab, Wanted, counts_of, page_of_invitations
from creos_ui.services.invitations.other_household import answered_elsewhere
from creos_ui.services.money.ledger import Agreed
from models import Activity, Guardianship, Invitation
from tests.school import School


@pytest.fixture
async def both(school: School) -> School:
    """Mia is Omar's daughter and Nora's."""
    await Guardianship.create(guardian_id=school.nora.id, pupil_id=school.mia.id)
    return school


async def seen(school: School) -> list[tuple[str, bool | None]]:
    """What Nora reads: title without its number, and whether the child takes part."""
    return [(one.title.rsplit(" ", 1)[0], one.takes_part) for one in await answered_elsewhere(school.nora.id)]


async def refreshed(invitation: Invitation) -> Invitation:
    return await Invitation.get(id=invitation.id)


async def test_taking_part_follows_the_other_households_answer(both: School) -> None:
    invitation = await both.invite(both.mia, title="Théâtre")
    assert await seen(both) == [("Théâtre", None)]
    await both.pay(invitation, payer=both.omar)
    assert await seen(both) == [("Théâtre", True)]
    await both.decline(await refreshed(invitation), by=both.omar)
    assert await seen(both) == [("Théâtre", False)]


async def test_a_mandatory_activity_does_not_tell_whether_it_is_paid(both: School) -> None:
    invitation = await both.invite(both.mia, title="Piscine", mandatory=True)
    before = await answered_elsewhere(both.nora.id)
    await both.pay(invitation, payer=both.omar)
    assert await answered_elsewhere(both.nora.id) == before
    assert before[0].takes_part is True


async def test_one_paying_household_is_enough_to_take_part(both: School) -> None:
    """Both are asked for the same activity: the child takes part once either has paid."""
    theirs = await both.invite(both.mia, title="Théâtre")
    ours = await Invitation.create(
        activity_id=theirs.activity_id, pupil_id=both.mia.id, debtor_id=both.nora.id, amount_cents=100
    )
    await both.decline(theirs, by=both.omar)
    assert await seen(both) == [("Théâtre", None)]
    await both.pay(ours)
    assert await seen(both) == [("Théâtre", True)]


async def test_nothing_else_of_the_other_household_is_in_it(both: School) -> None:
    await both.invite(both.mia, title="Théâtre", price_cents=4_321)
    (one,) = await answered_elsewhere(both.nora.id)
    assert asdict(one).keys() == {"title", "starts_on", "child", "takes_part"}
    assert one.child == "Mia"


async def test_who_is_not_a_guardian_sees_nothing(school: School) -> None:
    await school.invite(school.mia)
    assert await answered_elsewhere(school.nora.id) == []
    assert await answered_elsewhere(school.omar.id) == []  # his own stand in his list
    assert await answered_elsewhere(10**6) == []


async def test_what_is_over_is_not_shown_and_the_next_comes_first(both: School) -> None:
    over, later, today = [await both.invite(both.mia, title=title) for title in ("Ferme", "Piscine", "Cinéma")]
    await Activity.filter(id=over.activity_id).update(starts_on=clock.today() - timedelta(days=1))
    await Activity.filter(id=today.activity_id).update(starts_on=clock.today())
    assert later
    assert [title for title, _ in await seen(both)] == ["Cinéma", "Piscine"]


async def test_the_other_households_invitation_does_not_exist_for_any_act(both: School) -> None:
    theirs = await both.invite(both.mia)
    acts: list[Any] = [
        lambda: both.pay(theirs, payer=both.nora),
        lambda: both.decline(theirs, by=both.nora),
        lambda: wish_all([Agreed(theirs.id, theirs.amount_cents)], both.nora.id, True),
    ]
    for act in acts:
        with pytest.raises(InvitationNotFound):
            await act()
    assert (await page_of_invitations(both.nora.id, Wanted(tab=Tab.ALL))).lines == []
    assert (await counts_of(both.nora.id)).all == 0
    assert await both.balance_cents(both.omar) == 500
