"""What is already here of a list's activities and invitations: those it names, and those it may have moved or renamed.

Only the activities around its days are looked at, and of their invitations only those of its own children: a short list
asks little, however much is here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from creos_ui import clock
from creos_ui.database.transactions import default_connection, rows
from creos_ui.database.values import in_parts, instant
from creos_ui.services.former_system.person import Child, Debtor
from creos_ui.services.former_system.rows import Occasion, Row
from models import Activity, InvitationStatus, folded

AROUND = timedelta(days=31)  # before and after the days of a list
CHILDREN_AT_ONCE = 100

# A whole year's, 100,000 rows and more: the ORM takes three times as long. The sign: found by child, never by activity.
_INVITATIONS = """
    SELECT i.id, i.activity_id, i.pupil_id, i.debtor_id, i.amount_cents, i.status, i.answer_no, i.answered_at,
        g.last_name, g.first_name
    FROM invitation i JOIN guardian g ON g.id = i.debtor_id
    WHERE i.pupil_id IN ({pupils}) AND +i.activity_id IN ({activities}) ORDER BY i.id
"""


@dataclass(eq=False)
class Offer:
    """An activity; `id` None: to be created. `document`: the digest of its PDF. `former`: its title and days here,
    where the list has others."""

    title: str
    starts_on: date
    due_on: date
    mandatory: bool
    id: int | None = None
    document: str | None = None
    named_document: tuple[str, int] | None = None  # file name and line where the list names one
    former: tuple[str, date, date] | None = None

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
    """The activities here, by what a row says, and who of the list's children is invited to them; pupil by id."""

    offers: dict[Occasion, list[Offer]] = field(default_factory=lambda: defaultdict(list))
    invited: dict[tuple[Occasion, int], list[Invited]] = field(default_factory=lambda: defaultdict(list))

    def at(self, occasion: Occasion, child: Child) -> list[Invited]:
        """The invitations of this child to this occasion, whoever owes them."""
        return self.invited.get((occasion, child.id), []) if child.id else []

    def to(self, offer: Offer, child: Child) -> list[Invited]:
        """The invitations of this child to this activity."""
        return [one for one in self.at(offer.occasion, child) if one.offer is offer]

    def move(self, offer: Offer, title: str, starts_on: date, due_on: date) -> None:
        """The activity is the list's of this title and days, with all who are invited to it."""
        before = offer.occasion
        offer.former = offer.title, offer.starts_on, offer.due_on
        offer.title, offer.starts_on, offer.due_on = title, starts_on, due_on
        self.offers[before].remove(offer)
        self.offers[offer.occasion].append(offer)
        for occasion, pupil_id in [key for key in self.invited if key[0] == before]:
            together = self.invited.pop((occasion, pupil_id))
            for one in together:
                self.invited[one.offer.occasion, pupil_id].append(one)


@dataclass(frozen=True)
class Found:
    """What the database answered, not yet sorted out."""

    offers: list[Offer]
    invitations: list[dict[str, Any]]


async def find_known(read: Sequence[Row], children: Iterable[Child]) -> Found:
    """The activities that these rows name or may have changed, and the invitations of these children to them."""
    if not read:
        return Found([], [])
    offers = await _offers(read)
    activities = ", ".join(str(offer.id) for offer in offers)
    invitations: list[dict[str, Any]] = []
    if offers:
        for some in in_parts(sorted({child.id for child in children if child.id}), CHILDREN_AT_ONCE):
            pupils = ", ".join(map(str, some))
            sql = _INVITATIONS.format(pupils=pupils, activities=activities)
            invitations += await rows(default_connection(), sql)
    return Found(offers, invitations)


def known_of(found: Found, children: Iterable[Child]) -> Known:
    """Sort it out, by what a row says."""
    known = Known()
    for offer in found.offers:
        known.offers[offer.occasion].append(offer)
    offers = {offer.id: (offer, offer.occasion) for offer in found.offers}
    pupils = {child.id: child for child in children}
    debtors: dict[int, Debtor] = {}
    for row in found.invitations:
        offer, occasion = offers[int(row["activity_id"])]
        debtor_id = int(row["debtor_id"])
        if debtor_id not in debtors:
            debtors[debtor_id] = Debtor(row["last_name"], row["first_name"], id=debtor_id)
        pupil_id = int(row["pupil_id"])
        invited = Invited(
            offer,
            pupils[pupil_id],
            debtors[debtor_id],
            int(row["amount_cents"]),
            int(row["id"]),
            InvitationStatus(row["status"]),
            int(row["answer_no"]),
            clock.school_day(instant(row["answered_at"])) if row["answered_at"] else None,
        )
        known.invited[occasion, pupil_id].append(invited)
    return known


async def _offers(read: Sequence[Row]) -> list[Offer]:
    """Of any title, around the days of these rows."""
    first, last = period_of(read)
    around = Activity.filter(starts_on__range=(first - AROUND, last + AROUND)).order_by("id")
    columns = ("id", "title", "starts_on", "due_on", "mandatory", "document__sha256")
    return [
        Offer(row["title"], row["starts_on"], row["due_on"], row["mandatory"], row["id"], row["document__sha256"])
        for row in await around.values(*columns)
    ]


def period_of(read: Sequence[Row]) -> tuple[date, date]:
    """The days a list covers: those from its first beginning to its last."""
    return min(row.starts_on for row in read), max(row.starts_on for row in read)
