"""What the former system's list would change here; nothing is written.

An invitation is the same when activity (title and both dates), child and debtor are the same. Where the list does not
say whether an activity is mandatory, one known here keeps its rule, and a new one is optional.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from creos_ui import clock
from creos_ui.database.transactions import default_connection, rows
from creos_ui.services.former_system.people import Child, Debtor, People, known_people
from creos_ui.services.former_system.rows import Fault, Row
from creos_ui.services.former_system.table import Column
from creos_ui.services.invitations import documents
from models import InvitationStatus, folded

Occasion = tuple[str, date, date]  # folded title, first day, due day


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


@dataclass(frozen=True)
class Answer:
    """An answer given in the former system, still unknown here."""

    invited: Invited
    status: InvitationStatus
    on: date
    automatic: bool


@dataclass
class Plan:
    """All that would be written, and the bad rows that forbid it."""

    people: People
    new_offers: list[Offer] = field(default_factory=list)
    new_documents: list[tuple[Offer, str, bytes]] = field(default_factory=list)
    new_invitations: list[Invited] = field(default_factory=list)
    prices: list[tuple[Invited, int]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    unchanged: int = 0
    answered_here: int = 0
    faults: list[Fault] = field(default_factory=list)


class Known:
    """The activities and invitations the database has for the days of the list."""

    def __init__(self) -> None:
        self.offers: dict[Occasion, list[Offer]] = defaultdict(list)
        self.invited: dict[tuple[Occasion, int, int], list[Invited]] = defaultdict(list)


async def plan_of(read: Sequence[Row], beside: Path) -> Plan:
    """Compare every row with what is here. `beside`: the folder of the list, where its documents lie."""
    plan = Plan(await known_people())
    known = await _known(read)
    debtors = plan.people.debtors_of(read)
    seen: dict[tuple[Occasion, Child, Debtor], int] = {}
    for row in read:
        debtor = debtors[row.line]
        child = debtor if isinstance(debtor, Fault) else plan.people.child_of(row, debtor)
        if isinstance(child, Fault):
            plan.faults.append(child)
            continue
        assert isinstance(debtor, Debtor)
        occasion = (folded(row.title), row.starts_on, row.due_on)
        first = seen.setdefault((occasion, child, debtor), row.line)
        if first != row.line:
            plan.faults.append(Fault(row.line, "", "twice", {"other": first}))
            continue
        known_here = known.invited.get((occasion, child.id, debtor.id), []) if child.id and debtor.id else []
        offer = _offer(row, known.offers[occasion], known_here, plan)
        here = next((one for one in known_here if one.offer is offer), None)
        _compare(row, here, Invited(offer, child, debtor, row.amount_cents), plan)
        _name_document(row, offer, plan)
    _read_documents([offer for same in known.offers.values() for offer in same], beside, plan)
    plan.faults.sort(key=lambda fault: fault.line)
    return plan


def _offer(row: Row, here: list[Offer], known_here: list[Invited], plan: Plan) -> Offer:
    """The activity of a row, among those of the same title and dates; a new one where none fits."""
    if row.mandatory is None and (fitting := [one.offer for one in known_here] or here):
        return fitting[0]
    mandatory = bool(row.mandatory)
    if known_here and all(one.offer.mandatory != mandatory for one in known_here):
        # a twin under the other rule would be due a second time
        reason = "optional_here" if mandatory else "mandatory_here"
        plan.faults.append(Fault(row.line, Column.MANDATORY.value, reason))
    for offer in here:
        if offer.mandatory == mandatory:
            return offer
    offer = Offer(row.title, row.starts_on, row.due_on, mandatory)
    here.append(offer)
    plan.new_offers.append(offer)
    return offer


def _compare(row: Row, here: Invited | None, new: Invited, plan: Plan) -> None:
    """One row against the invitation known here; where there is none, `new` is created."""
    if row.status == InvitationStatus.DECLINED and new.offer.mandatory:
        plan.faults.append(Fault(row.line, Column.DECLINED_ON.value, "declined_mandatory"))
    elif here is None:
        plan.new_invitations.append(new)
        _answer(row, new, plan)
    elif here.status != InvitationStatus.OPEN:
        _compare_answered(row, here, plan)
    else:
        _compare_open(row, replace(here, child=new.child, debtor=new.debtor), plan)


def _compare_open(row: Row, here: Invited, plan: Plan) -> None:
    same_price = here.amount_cents == row.amount_cents
    if not same_price:
        plan.prices.append((here, row.amount_cents))
        here.amount_cents = row.amount_cents
    if row.status == InvitationStatus.OPEN:
        plan.unchanged += same_price
    elif here.answer_no:
        plan.answered_here += 1  # answered and opened again since: the list's answer is an old one
    else:
        _answer(row, here, plan)


def _compare_answered(row: Row, here: Invited, plan: Plan) -> None:
    if here.amount_cents != row.amount_cents:
        amounts = {"here_cents": here.amount_cents, "list_cents": row.amount_cents}
        plan.faults.append(Fault(row.line, Column.AMOUNT.value, "amount_of_answered", amounts))
    elif row.status == InvitationStatus.OPEN:
        plan.answered_here += 1
    elif (row.status, row.answered_on) == (here.status, here.answered_on):
        plan.unchanged += 1
    else:
        column = Column.PAID_ON if row.status == InvitationStatus.PAID else Column.DECLINED_ON
        plan.faults.append(Fault(row.line, column.value, f"already_{here.status.value}", {"on": here.answered_on}))


def _answer(row: Row, invited: Invited, plan: Plan) -> None:
    if row.status != InvitationStatus.OPEN:
        assert row.answered_on
        plan.answers.append(Answer(invited, row.status, row.answered_on, row.automatic))


def _name_document(row: Row, offer: Offer, plan: Plan) -> None:
    if row.document is None:
        return
    if offer.named_document is None:
        offer.named_document = (row.document, row.line)
    elif offer.named_document[0] != row.document:
        values: dict[str, Any] = {"text": offer.named_document[0], "other": offer.named_document[1]}
        plan.faults.append(Fault(row.line, Column.DOCUMENT.value, "other_document", values))


def _read_documents(offers: list[Offer], beside: Path, plan: Plan) -> None:
    """Read each named PDF once; those not yet joined to their activity are to be stored."""
    contents: dict[str, bytes] = {}
    for offer in offers:
        if offer.named_document is None:
            continue
        name, line = offer.named_document
        try:
            if name not in contents:
                contents[name] = documents.read_beside(beside, name)
        except documents.DocumentRefused as refusal:
            reason = refusal.text_key.removeprefix("command.fault.")
            plan.faults.append(Fault(line, Column.DOCUMENT.value, reason, refusal.values))
            continue
        if documents.digest(contents[name]) != offer.document:
            plan.new_documents.append((offer, name, contents[name]))


async def _known(read: Sequence[Row]) -> Known:
    known = Known()
    if not read:
        return known
    days = [row.starts_on for row in read]
    database = default_connection()
    offers: dict[int, Offer] = {}
    for found in await rows(
        database,
        """SELECT a.id, a.title, a.starts_on, a.due_on, a.mandatory, d.sha256 FROM activity a
        LEFT JOIN document d ON d.id = a.document_id WHERE a.starts_on BETWEEN $1 AND $2 ORDER BY a.id""",
        min(days),
        max(days),
    ):
        offer = Offer(
            found["title"],
            _day(found["starts_on"]),
            _day(found["due_on"]),
            bool(found["mandatory"]),
            int(found["id"]),
            found["sha256"],
        )
        offers[int(found["id"])] = offer
        known.offers[offer.occasion].append(offer)
    await _known_invitations(known, offers, (min(days), max(days)))
    return known


async def _known_invitations(known: Known, offers: dict[int, Offer], days: tuple[date, date]) -> None:
    nobody, nowhere = Debtor("", ""), Child("", "")  # known by their ids in the key
    for found in await rows(
        default_connection(),
        """SELECT i.id, i.activity_id, i.pupil_id, i.debtor_id, i.amount_cents, i.status, i.answer_no, i.answered_at
        FROM invitation i JOIN activity a ON a.id = i.activity_id WHERE a.starts_on BETWEEN $1 AND $2""",
        *days,
    ):
        offer = offers[int(found["activity_id"])]
        at = found["answered_at"]
        invited = Invited(
            offer,
            nowhere,
            nobody,
            int(found["amount_cents"]),
            int(found["id"]),
            InvitationStatus(found["status"]),
            int(found["answer_no"]),
            clock.school_day(datetime.fromisoformat(str(at))) if at else None,
        )
        known.invited[offer.occasion, int(found["pupil_id"]), int(found["debtor_id"])].append(invited)


def _day(value: Any) -> date:
    """SQLite gives days as text."""
    return value if isinstance(value, date) else date.fromisoformat(value)
