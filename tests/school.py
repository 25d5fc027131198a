"""The cast of the tests: a small school with two families."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from creos_ui import clock
from creos_ui.database.transactions import atomic, default_connection, rows
from creos_ui.services.invitations import automatic, credit
from creos_ui.services.invitations.answering import decline_invitation, pay_invitations
from creos_ui.services.money import ledger
from creos_ui.services.money.ledger import Agreed
from models import Activity, Guardian, Guardianship, Invitation, Pupil, Transfer, folded

DEFAULT_PRICE = 500


def new_key() -> str:
    """An idempotency key as the pages make them."""
    import secrets

    return secrets.token_urlsafe(24)


async def add_guardian(last: str, first: str, *, credit_cents: int = 0) -> Guardian:
    guardian = await Guardian.create(last_name=last, first_name=first, name_key=folded(f"{last} {first}"))
    await ledger.open_wallet(guardian.id)
    if credit_cents:
        await credit.top_up(guardian.id, credit_cents, key=f"test-credit-{guardian.id:06d}", actor="test")
    return guardian


async def add_pupil(last: str, first: str, *guardians: Guardian) -> Pupil:
    pupil = await Pupil.create(last_name=last, first_name=first, name_key=folded(f"{last} {first}"))
    for guardian in guardians:
        await Guardianship.create(guardian_id=guardian.id, pupil_id=pupil.id)
    return pupil


async def add_activity(title: str, due_on: date, *, mandatory: bool = False, **values: Any) -> Activity:
    """It starts on the day it is due, unless `values` say otherwise."""
    more: dict[str, Any] = {"title_key": folded(title), "starts_on": due_on, **values}
    return await Activity.create(title=title, due_on=due_on, mandatory=mandatory, **more)


async def add_invitation(activity: Activity, pupil: Pupil, debtor: Guardian, cents: int) -> Invitation:
    return await Invitation.create(activity_id=activity.id, pupil_id=pupil.id, debtor_id=debtor.id, amount_cents=cents)


@dataclass
class School:
    nora: Guardian
    omar: Guardian
    lou: Pupil
    tim: Pupil
    mia: Pupil
    activities: int = 0

    @classmethod
    async def open(cls) -> School:
        nora = await add_guardian("Peeters", "Nora", credit_cents=2_000)
        omar = await add_guardian("Haddad", "Omar", credit_cents=500)
        return cls(
            nora=nora,
            omar=omar,
            lou=await add_pupil("Peeters", "Lou", nora),
            tim=await add_pupil("Peeters", "Tim", nora),
            mia=await add_pupil("Haddad", "Mia", omar),
        )

    async def invite(
        self,
        pupil: Pupil,
        *,
        debtor: Guardian | None = None,
        price_cents: int = DEFAULT_PRICE,
        mandatory: bool = False,
        title: str = "Musée du jouet",
        due_in_days: int = 10,
        closes_on: date | None = None,
    ) -> Invitation:
        """A new activity and its invitation; the debtor is the pupil's own parent unless named. It begins when it is
        due, or today where that is past."""
        self.activities += 1
        today = clock.today()
        due_on, name = today + timedelta(days=due_in_days), f"{title} {self.activities}"
        activity = await add_activity(
            name, due_on, mandatory=mandatory, closes_on=closes_on, starts_on=max(due_on, today)
        )
        owner = debtor or (self.omar if pupil.id == self.mia.id else self.nora)
        return await add_invitation(activity, pupil, owner, price_cents)

    async def pay(
        self, *invitations: Invitation, payer: Guardian | None = None, key: str | None = None
    ) -> list[Transfer]:
        payer = payer or self.nora
        agreed = [Agreed(one.id, one.amount_cents, one.answer_no) for one in invitations]
        return await pay_invitations(agreed, debtor_id=payer.id, key=key or new_key(), actor=f"guardian:{payer.id}")

    async def wish(self, *invitations: Invitation, by: Guardian | None = None, on: bool = True) -> list[Transfer]:
        """The debtor's wish to pay these by themselves, at the price these objects have; what it paid at once."""
        agreed = [Agreed(one.id, one.amount_cents, one.answer_no) for one in invitations]
        return await automatic.wish_all(agreed, (by or self.nora).id, on)

    async def decline(self, invitation: Invitation, *, by: Guardian | None = None) -> None:
        by = by or self.nora
        await decline_invitation(
            invitation.id, debtor_id=by.id, answer_no=invitation.answer_no, actor=f"guardian:{by.id}"
        )

    async def carry_over(self, invitation: Invitation) -> None:
        """It was paid in the former system."""

        async def work(connection: Any) -> None:
            await Invitation.filter(id=invitation.id).update(status="paid", answer_no=1)
            claimed = ledger.Claimed(invitation.id, invitation.debtor_id, invitation.amount_cents, 1)
            await ledger.carry_over(connection, claimed, key=new_key(), actor="test")

        await atomic(work)

    async def balance_cents(self, guardian: Guardian) -> int:
        """The wallet's balance; also checks that all the books add up."""
        assert await rows(default_connection(), "SELECT * FROM ledger_drift") == []
        return await ledger.balance_cents(guardian.id)
