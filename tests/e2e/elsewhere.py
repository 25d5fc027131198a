"""What happens behind a page's back: `portal.elsewhere(lambda: top_up(guardian_id, 800))`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, TypeVar

from creos_ui import clock, live
from creos_ui.database.transactions import atomic
from creos_ui.services.invitations import credit
from creos_ui.services.invitations.answering import pay_invitations, set_amount
from creos_ui.services.money.ledger import Agreed
from models import Account, Activity, Guardian, Invitation, Pupil
from tests.school import add_activity, add_guardian, add_invitation, new_key

T = TypeVar("T")


async def top_up(guardian_id: int, *amounts: int) -> None:
    for cents in amounts:
        await credit.top_up(guardian_id, cents, key=new_key(), actor="test")


async def invite(guardian_id: int, title: str, cents: int, day: date, *, closes_on: date | None = None) -> Activity:
    """A new optional activity on that day, for this family's first child alone."""
    key = f"{title} {guardian_id}".lower()  # another family may have one of the same name and day

    async def work() -> Activity:
        activity = await add_activity(title, day, title_key=key, closes_on=closes_on)
        await add_invitation(activity, await _first_child(guardian_id), await Guardian.get(id=guardian_id), cents)
        return activity

    return await announced(guardian_id, work)


async def announced(guardian_id: int, work: Callable[[], Awaitable[T]]) -> T:
    """What our services do when they change something of this guardian's: open pages hear of it."""

    async def whole(_: Any) -> T:
        live.announce([guardian_id])
        return await work()

    return await atomic(whole)


async def change_price(guardian_id: int, title: str, cents: int) -> None:
    """Of the family's one invitation of that title."""
    await set_amount((await Invitation.get(debtor_id=guardian_id, activity__title=title)).id, cents)


async def second_household(guardian_id: int) -> int:
    """Another parent for the first child of this one, with credit, a mail address, and an invitation they paid; the id
    of that parent."""
    other = await add_guardian("Vanderkanari", "Ferdinand", credit_cents=73_519)
    await Account.create(identifier=f"kanari.ferdinand{other.id}", guardian_id=other.id, email="canary@kanari.example")
    outing = await add_activity(f"Sortie de l’autre foyer {other.id}", clock.today())
    theirs = await add_invitation(outing, await _first_child(guardian_id), other, 1_357)
    await pay_invitations([Agreed(theirs.id, 1_357)], debtor_id=other.id, key=new_key(), actor="test")
    return other.id


async def _first_child(guardian_id: int) -> Pupil:
    return (await Pupil.filter(guardianships__guardian_id=guardian_id).order_by("id"))[0]
