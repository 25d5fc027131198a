"""The activities and invitations already here, for the days of a list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from creos_ui import clock
from creos_ui.database.transactions import default_connection, rows
from creos_ui.database.values import instant
from creos_ui.services.former_system.people import Child, Debtor
from creos_ui.services.former_system.rows import Row
from models import Activity, InvitationStatus, folded

Occasion = tuple[str, date, date]  # folded title, first day, due day

# A whole year's, 100,000 rows and more: the ORM takes three times as long.
_INVITATIONS = """
    SELECT i.id, i.activity_id, i.pupil_id, i.debtor_id, i.amount_cents, i.status, i.answer_no, i.answered_at
    FROM invitation i JOIN activity a ON a.id = i.activity_id WHERE a.starts_on BETWEEN $1 AND $2 ORDER BY i.id
"""


@dataclass(eq=False)
class Offer:
    """An activity; `id` None: to be created. `document`: the digest of its PDF."""

    title: str
    starts_on: date
    due_on: date
    mandatory: bool
    id: int | None = None
    document: str | None = None
    named_document: tuple[str, int] | None = None  # file name and line where the list names one

    @property
    def occasion(self) -> Occasion:
        return folded(self.title), self.starts_on, self.due_on


@dataclass(eq=False)
class Invited:
    """An invitation; `id` None: to be created, open, at `amount_cents`."""

    offer: Offer
    child: Child
    debtor: Debtor
    amount_cents: int
    id: int | None = None
    status: InvitationStatus = InvitationStatus.OPEN
    answer_no: int = 0
    answered_on: date | None = None
    former_cents: int | None = None  # the amount here, where the list has another


@dataclass
class Known:
    """What is here, by what a row of the list says; guardian and pupil by their ids."""

    offers: dict[Occasion, list[Offer]] = field(default_factory=lambda: defaultdict(list))
    invited: dict[tuple[Occasion, int, int], list[Invited]] = field(default_factory=lambda: defaultdict(list))


async def known_here(read: Sequence[Row]) -> Known:
    """The activities that begin on the days of these rows, and who is invited to them."""
    known = Known()
    if not read:
        return known
    days = min(row.starts_on for row in read), max(row.starts_on for row in read)
    offers = await _offers(days)
    for offer in offers.values():
        known.offers[offer.occasion].append(offer)
    nobody, nowhere = Debtor("", ""), Child("", "")  # known by their ids in the key
    for row in await rows(default_connection(), _INVITATIONS, *days):
        offer = offers[int(row["activity_id"])]
        invited = Invited(
            offer,
            nowhere,
            nobody,
            int(row["amount_cents"]),
            int(row["id"]),
            InvitationStatus(row["status"]),
            int(row["answer_no"]),
            clock.school_day(instant(row["answered_at"])) if row["answered_at"] else None,
        )
        known.invited[offer.occasion, int(row["pupil_id"]), int(row["debtor_id"])].append(invited)
    return known


async def _offers(days: tuple[date, date]) -> dict[int, Offer]:
    found = Activity.filter(starts_on__range=days).order_by("id")
    return {
        row["id"]: Offer(
            row["title"], row["starts_on"], row["due_on"], row["mandatory"], row["id"], row["document__sha256"]
        )
        for row in await found.values("id", "title", "starts_on", "due_on", "mandatory", "document__sha256")
    }
