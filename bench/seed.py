"""The school that is measured: families that are all alike, with full wallets."""

from __future__ import annotations

from datetime import timedelta

from creos_ui import clock
from creos_ui.services.accounts.passwords import hash_password
from creos_ui.settings import Settings
from models import Account, Activity, Guardian, Guardianship, Invitation, Pupil, folded
from tests.portal import PASSWORD
from tests.school import add_guardian

TWENTY, MANY = "bench.twenty", "bench.many"
FAMILIES = 60  # bench.family0 ..., twenty open invitations each
ROWS, MANY_ROWS = 20, 12_000


def family(number: int) -> str:
    return f"bench.family{number}"


async def seed(settings: Settings) -> None:
    """One family with 20 open invitations, one with 12,000, and FAMILIES more with 20 each."""
    del settings
    password_hash = await hash_password(PASSWORD)
    activities = await make_activities(400)
    for identifier in (TWENTY, MANY, *(family(n) for n in range(FAMILIES))):
        guardian = await add_guardian("Dubois", identifier, credit_cents=1_000_000)
        await Account.create(identifier=identifier, guardian_id=guardian.id, password_hash=password_hash, language="fr")
        rows = MANY_ROWS if identifier == MANY else ROWS
        await invite(guardian, activities, rows)


async def make_activities(number: int) -> list[Activity]:
    today = clock.today()
    await Activity.bulk_create(
        [
            Activity(
                title=f"Sortie {n:04d}",
                title_key=folded(f"Sortie {n:04d}"),
                starts_on=today + timedelta(days=n % 90 + 10),
                due_on=today + timedelta(days=n % 90 + 1),
                mandatory=n % 2 == 0,
            )
            for n in range(number)
        ],
        batch_size=200,
    )
    return await Activity.all().order_by("id")


async def invite(guardian: Guardian, activities: list[Activity], rows: int) -> None:
    """`rows` open invitations of one cent to one guardian, spread over as many children as are needed."""
    pupils = []
    for number in range(-(-rows // len(activities))):
        name = f"Camille {number}"
        pupil = await Pupil.create(last_name="Dubois", first_name=name, name_key=folded(f"Dubois {name}"))
        await Guardianship.create(guardian_id=guardian.id, pupil_id=pupil.id)
        pupils.append(pupil)
    pairs = [(activity, pupil) for pupil in pupils for activity in activities][:rows]
    await Invitation.bulk_create(
        [Invitation(activity_id=a.id, pupil_id=p.id, debtor_id=guardian.id, amount_cents=1) for a, p in pairs],
        batch_size=200,
    )
