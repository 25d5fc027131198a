"""What happens behind a page's back: `python -m tests.e2e.elsewhere DATA top_up GUARDIAN CENTS` in another process.

Playwright's loop and the database's do not share a process.
"""

from __future__ import annotations

import asyncio
import secrets
import subprocess
import sys
from pathlib import Path

from creos_ui import clock
from creos_ui.database.config import sqlite_url
from creos_ui.database.opening import opened
from creos_ui.services.invitations import credit
from creos_ui.services.invitations.answering import pay_invitations
from creos_ui.services.money.ledger import Agreed
from models import Account, Guardianship
from tests.e2e.families import activity, invite
from tests.portal import Portal
from tests.school import add_guardian


def elsewhere(portal: Portal, act: str, *values: object) -> str:
    """Let another process act on the portal's own database; what it printed."""
    command = [sys.executable, "-m", "tests.e2e.elsewhere", str(portal.folder / "data"), act, *map(str, values)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


async def top_up(guardian_id: str, cents: str) -> None:
    await credit.top_up(int(guardian_id), int(cents), key=secrets.token_urlsafe(24), actor="test")


async def second_household(guardian_id: str) -> None:
    """Another parent for the first child of this one, with credit, a mail address, and an invitation they paid."""
    pupil = (await Guardianship.filter(guardian_id=int(guardian_id)).order_by("pupil_id").prefetch_related("pupil"))[0]
    other = await add_guardian("Vanderkanari", "Ferdinand", credit_cents=73_519)
    await Account.create(identifier=f"kanari.ferdinand{other.id}", guardian_id=other.id, email="canary@kanari.example")
    outing = await activity(f"Sortie de l’autre foyer {other.id}", clock.today(), mandatory=False)
    theirs = await invite(outing, pupil.pupil, other, 1_357)
    await pay_invitations([Agreed(theirs.id, 1_357)], debtor_id=other.id, key=secrets.token_urlsafe(24), actor="test")
    print(other.id)


async def main(folder: str, act: str, *values: str) -> None:
    async with opened(sqlite_url(Path(folder))):
        await {"top_up": top_up, "second_household": second_household}[act](*values)  # type: ignore[operator]


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
