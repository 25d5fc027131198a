"""What a family's days hold: the activities of a guardian's children, and what is due when.

A guardian sees their own invitations with amount and state. Of a child of two households they also see the
activities the other household answers for: whether the child takes part, and nothing else (R22). SQL of its own: each
question joins children of two kinds, one's own invitations and those of one's children.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from creos_ui import clock
from creos_ui.database import values
from creos_ui.database.transactions import default_connection, rows
from creos_ui.services.invitations import still_open
from creos_ui.services.invitations.still_open import Terms, terms_of
from models import InvitationStatus, folded

FIRST_YEAR, LAST_YEAR = 2000, 2099
MOST = 300  # invitations read at once for a month; more are said to be left out
# one's own, and the others' of one's children; each through its own index: for an OR of both PostgreSQL would read all
# invitations there are
_OF_FAMILY = """(
            SELECT own.* FROM invitation own WHERE own.debtor_id = $1
            UNION ALL SELECT others.* FROM guardianship m JOIN invitation others ON others.pupil_id = m.pupil_id
            WHERE m.guardian_id = $1 AND others.debtor_id <> $1)"""
_MONTH = re.compile(r"(2\d{3})-(0[1-9]|1[0-2])", re.ASCII)


class Kind(StrEnum):
    DUE = "due"
    ACTIVITY = "activity"


class State(StrEnum):
    TO_PAY = "to_pay"
    LATE = "late"
    CLOSED = "closed"
    PAID = "paid"
    DECLINED = "declined"
    GOING = "going"  # these three: the other household answers
    NOT_GOING = "not_going"
    UNANSWERED = "unanswered"


@dataclass(frozen=True)
class Entry:
    """One thing on one day; `amount_cents` is all of its children's together, None where it is not theirs to know."""

    on: date
    kind: Kind
    title: str
    children: tuple[str, ...]  # first names
    state: State
    amount_cents: int | None
    activity_id: int


@dataclass(frozen=True)
class Days:
    """The entries of some days, in order; `whole` unless there were too many to read."""

    entries: list[Entry]
    whole: bool


async def days_of(guardian_id: int, first: date, last: date, *, most: int = MOST) -> Days:
    """What this guardian's calendar holds from `first` to `last`, both included; one entry for all children alike."""
    sql = f"""SELECT i.activity_id, i.pupil_id, i.amount_cents, i.debtor_id = $1 AS theirs, {still_open.TERMS}, a.title,
            p.first_name, p.last_name
        FROM {_OF_FAMILY} i JOIN activity a ON a.id = i.activity_id JOIN pupil p ON p.id = i.pupil_id
        JOIN guardian g ON g.id = i.debtor_id
        WHERE (a.starts_on BETWEEN $2 AND $3 OR a.due_on BETWEEN $2 AND $3)
        ORDER BY a.starts_on DESC, p.name_key, i.id LIMIT $4"""  # noqa: S608 - fixed parts
    found = await rows(default_connection(), sql, guardian_id, first, last, most + 1)
    today = clock.today()
    entries = _alike_together(entry for row in _one_per_child(found[:most]) for entry in _entries(row, today))
    inside = [entry for entry in entries if first <= entry.on <= last]
    return Days(sorted(inside, key=lambda e: (e.on, e.kind is Kind.ACTIVITY, folded(e.title))), len(found) <= most)


async def next_day_after(guardian_id: int, day: date) -> date | None:
    """The first day after `day` that holds something, None if there is none."""
    sql = f"""SELECT min(a.starts_on) AS day FROM {_OF_FAMILY} i JOIN activity a ON a.id = i.activity_id
        WHERE a.starts_on > $2
        UNION ALL SELECT min(a.due_on) FROM invitation i JOIN activity a ON a.id = i.activity_id
        WHERE i.debtor_id = $1 AND i.status <> 'declined' AND a.due_on > $2"""  # noqa: S608 - fixed parts
    found = await rows(default_connection(), sql, guardian_id, day)
    return min((values.day(row["day"]) for row in found if row["day"] is not None), default=None)


async def children_of_family(guardian_id: int) -> list[str]:
    """The first names of the children in this guardian's calendar, in the order of their names."""
    sql = """SELECT p.id, p.first_name, p.last_name, p.name_key FROM pupil p
        WHERE p.id IN (SELECT pupil_id FROM guardianship WHERE guardian_id = $1)
            OR p.id IN (SELECT pupil_id FROM invitation WHERE debtor_id = $1)
        ORDER BY p.name_key, p.id"""
    names = [_first_name(row) for row in await rows(default_connection(), sql, guardian_id)]
    return list(dict.fromkeys(name for name in names if name))


def month_named(text: Any, otherwise: date) -> date:
    """The first day of the month « 2026-12 »; of `otherwise`'s month for anything else a browser may say."""
    found = _MONTH.fullmatch(text) if isinstance(text, str) else None
    if found and FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        return date(int(found[1]), int(found[2]), 1)
    return otherwise.replace(day=1)


def month_beside(month: date, months: int) -> date:
    """The first day of the month so many months later, or earlier; at the calendar's ends, `month` itself."""
    year, index = divmod(month.year * 12 + month.month - 1 + months, 12)
    return date(year, index + 1, 1) if FIRST_YEAR <= year <= LAST_YEAR else month.replace(day=1)


def last_of(month: date) -> date:
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def weeks_of(month: date) -> list[list[date | None]]:
    """The month's weeks from Monday to Sunday; None for days of another month."""
    first = month.replace(day=1) - timedelta(days=month.replace(day=1).weekday())
    days = [first + timedelta(days=n) for n in range(42)]
    weeks = [[day if day.month == month.month else None for day in days[n : n + 7]] for n in range(0, 42, 7)]
    return [week for week in weeks if any(week)]


def _one_per_child(found: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Of two households' invitations to one activity: one that the child goes with, and among those one's own."""
    best: dict[tuple[int, int], dict[str, Any]] = {}
    for row in found:
        place = (int(row["activity_id"]), int(row["pupil_id"]))
        if place not in best or _worth(row) > _worth(best[place]):
            best[place] = row
    return best.values()


def _worth(row: dict[str, Any]) -> tuple[bool, bool]:
    return row["status"] != InvitationStatus.DECLINED, bool(row["theirs"])


def _entries(row: dict[str, Any], today: date) -> Iterable[Entry]:
    terms, theirs = terms_of(row), bool(row["theirs"])
    state = _own_state(terms, today) if theirs else _other_state(terms)
    cents = int(row["amount_cents"]) if theirs else None
    name, activity = (_first_name(row),), int(row["activity_id"])
    yield Entry(terms.starts_on, Kind.ACTIVITY, row["title"], name, state, cents, activity)
    if theirs and state is not State.DECLINED:
        yield Entry(terms.due_on, Kind.DUE, row["title"], name, state, cents, activity)


def _own_state(terms: Terms, today: date) -> State:
    if terms.status != InvitationStatus.OPEN:
        return State.PAID if terms.status == InvitationStatus.PAID else State.DECLINED
    if not still_open.is_waiting(terms, today):
        return State.CLOSED
    return State.LATE if terms.due_on < today else State.TO_PAY


def _other_state(terms: Terms) -> State:
    """A mandatory activity is attended whether it is paid or not: paid or not stays the other household's affair."""
    if terms.mandatory or terms.status == InvitationStatus.PAID:
        return State.GOING
    return State.NOT_GOING if terms.status == InvitationStatus.DECLINED else State.UNANSWERED


def _alike_together(entries: Iterable[Entry]) -> list[Entry]:
    together: dict[tuple[Any, ...], list[Entry]] = {}
    for entry in entries:
        together.setdefault((entry.on, entry.kind, entry.activity_id, entry.state), []).append(entry)
    return [
        Entry(
            on=same[0].on,
            kind=same[0].kind,
            title=same[0].title,
            children=tuple(dict.fromkeys(name for entry in same for name in entry.children)),
            state=same[0].state,
            amount_cents=None if same[0].amount_cents is None else sum(e.amount_cents or 0 for e in same),
            activity_id=same[0].activity_id,
        )
        for same in together.values()
    ]


def _first_name(row: dict[str, Any]) -> str:
    """A list that names a child by one word gave it a last name only."""
    return str(row["first_name"] or row.get("last_name") or "")
