"""Reminders before the due date, and the warning that the wallet will not do for what is due (daily, idempotent).

Each invitation is reminded of once for each term (7 and 2 days before, by default), and never once it is answered;
a day on which nothing ran is caught up on the next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tortoise.expressions import Q

from creos_ui import clock
from creos_ui.database import values
from creos_ui.database.transactions import atomic, default_connection, rows
from creos_ui.services import outbox
from creos_ui.services.invitations import still_open
from models import Guardian, Invitation, InvitationStatus, MailKind, MailMessage

DEFAULT_DAYS = (7, 2)
LOOKED_AHEAD = 7  # days of due dates the wallet should hold
WARNED_AGAIN_AFTER = timedelta(days=7)

# due from today on, until a day; who was due before was reminded before
_COMING = f"""
    SELECT i.id, i.debtor_id, a.due_on FROM invitation i JOIN activity a ON a.id = i.activity_id
    WHERE {still_open.is_due_sql("$1", "$1")} AND a.due_on <= $2 ORDER BY i.debtor_id, a.due_on, i.id
"""  # noqa: S608 - fixed parts
# of the same invitations, those whose debtor's wallet holds less than they cost together
_SHORT = f"""
    WITH due AS (
        SELECT i.debtor_id, i.id, i.amount_cents, a.due_on FROM invitation i JOIN activity a ON a.id = i.activity_id
        WHERE {still_open.is_due_sql("$1", "$1")} AND a.due_on <= $2),
    short AS (
        SELECT d.debtor_id FROM due d JOIN ledger_account w ON w.guardian_id = d.debtor_id
        GROUP BY d.debtor_id, w.balance_cents HAVING w.balance_cents < sum(d.amount_cents))
    SELECT d.debtor_id, d.id FROM due d WHERE d.debtor_id IN (SELECT debtor_id FROM short)
    ORDER BY d.debtor_id, d.due_on, d.id
"""  # noqa: S608


async def remind(today: date, *, days: Iterable[int] = DEFAULT_DAYS) -> None:
    """Write today's reminders and warnings into the outbox; again on the same day, it writes none."""
    await _remind_of_invitations(today, sorted(set(days)))
    await _warn_of_low_credit(today)


async def _remind_of_invitations(today: date, days: list[int]) -> None:
    if not days:
        return
    coming = await rows(default_connection(), _COMING, today, today + timedelta(days=days[-1]))
    for guardian_id, theirs in _by_guardian(coming, "debtor_id").items():

        async def work(connection: Any, guardian_id: int = guardian_id, theirs: Any = theirs) -> None:
            reminded = []
            for row in theirs:
                due_on = values.day(row["due_on"])
                term = next(term for term in days if (due_on - today).days <= term)
                start = _start_of(due_on - timedelta(days=term))
                waits = Q(reminded_at=None) | Q(reminded_at__lt=start)
                one = Invitation.filter(waits, id=row["id"], status=InvitationStatus.OPEN).using_db(connection)
                if await one.update(reminded_at=clock.now()):
                    reminded.append(int(row["id"]))
            if reminded:
                await outbox.put_for_guardian(connection, guardian_id, MailKind.REMINDER, {"invitations": reminded})

        await atomic(work)


async def _warn_of_low_credit(today: date) -> None:
    short = await rows(default_connection(), _SHORT, today, today + timedelta(days=LOOKED_AHEAD))
    for guardian_id, theirs in _by_guardian(short, "debtor_id").items():
        invitations = [int(row["id"]) for row in theirs]

        async def work(connection: Any, guardian_id: int = guardian_id, invitations: Any = invitations) -> None:
            await Guardian.filter(id=guardian_id).using_db(connection).select_for_update()  # one warning at a time
            since = clock.now() - WARNED_AGAIN_AFTER
            warned = MailMessage.filter(kind=MailKind.LOW_CREDIT, created_at__gt=since).using_db(connection)
            if not await warned.filter(account__guardian_id=guardian_id).exists():
                facts = {"invitations": invitations}
                await outbox.put_for_guardian(connection, guardian_id, MailKind.LOW_CREDIT, facts)

        await atomic(work)


def _by_guardian(found: list[dict[str, Any]], column: str) -> dict[int, list[dict[str, Any]]]:
    grouped: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in found:
        grouped[int(row[column])].append(row)
    return grouped


def _start_of(day: date) -> datetime:
    """The first instant of a school day."""
    return datetime.combine(day, time(0), clock.SCHOOL_ZONE).astimezone(UTC)
