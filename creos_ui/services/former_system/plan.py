"""What the former system's list would change here; nothing is written.

An invitation is the same when activity (title and both days), child and debtor are the same. Where the list does not
say whether an activity is mandatory, one known here keeps its rule, and a new one is optional. What was answered here
stays: another answer or price in the list is a remark. What could be due a second time is asked about: an activity
moved or renamed (moved.py), an invitation whose debtor the list has changed, or its rule. What a person says is the
same is compared like any other: what was paid there is paid here, once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from creos_ui.services.former_system.known import Found, Invited, Offer, find_known, known_of
from creos_ui.services.former_system.moved import Named, settle_moved
from creos_ui.services.former_system.people import Pair, People
from creos_ui.services.former_system.person import Child, Debtor
from creos_ui.services.former_system.questions import Decided, Question, Questions, question, remembered_answers
from creos_ui.services.former_system.register import known_people
from creos_ui.services.former_system.rows import Column, Listing, Occasion, Row
from creos_ui.services.invitations import documents
from creos_ui.services.preview import fingerprint_of
from creos_ui.tables.cells import Fault
from models import InvitationStatus

Owed = tuple[Occasion, int | None, int | None]  # to what, the child, who owes it


@dataclass(frozen=True)
class Answer:
    """An answer given in the former system, still unknown here."""

    invited: Invited
    status: InvitationStatus
    on: date
    automatic: bool


@dataclass
class Plan:
    """All that would be written, and the bad rows and open questions that forbid it."""

    people: People
    questions: Questions
    moved: list[Offer] = field(default_factory=list)
    new_offers: list[Offer] = field(default_factory=list)
    new_documents: list[tuple[Offer, str, bytes]] = field(default_factory=list)
    new_invitations: list[Invited] = field(default_factory=list)
    prices: list[tuple[Invited, int]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    unchanged: int = 0
    answered_here: int = 0
    remarks: list[Fault] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    fingerprint: str = ""


async def plan_of(listing: Listing, beside: Path, decided: Decided) -> Plan:
    """Compare every good row with what is here. `beside`: the folder of the list, where its documents lie; `decided`:
    what a person has answered so far. Raises AnswerUnknown.

    An answer may bring up the next question: planned again until no key of `decided` answers a further one.
    """
    plan = await _plan(listing, beside, Questions(await remembered_answers(), decided.said))
    while (again := plan.questions.with_answers(decided)).said != plan.questions.said:
        plan = await _plan(listing, beside, again)
    plan.questions.refuse_unknown(decided)
    return plan


async def _plan(listing: Listing, beside: Path, questions: Questions) -> Plan:
    """The loop is free while it computes: that is done in a thread."""
    people = await known_people(listing.rows)
    pairs = await asyncio.to_thread(people.pairs_of, listing.rows, questions)
    await people.open_accounts(pairs.values())
    children = {pair[1] for pair in pairs.values() if not isinstance(pair, Fault)}
    found = await find_known(listing.rows, children)
    plan = Plan(people, questions, faults=[*listing.faults])
    await asyncio.to_thread(_compare_all, listing, pairs, found, beside, plan)
    return plan


def _compare_all(listing: Listing, pairs: Mapping[int, Pair | Fault], found: Found, beside: Path, plan: Plan) -> None:
    named = _named(listing.rows, pairs, plan)
    known = known_of(found, [one.child for one in named])
    plan.moved, joined = settle_moved(named, known, plan.questions)
    owed = {(one.row.occasion, one.child.id, one.debtor.id) for one in named}
    met: set[Invited] = set()
    for one in named:
        row, child, debtor = one
        offer = joined.get(row.line)
        here = known.to(offer, child) if offer else known.at(row.occasion, child)
        same = _known_here(one, [invited for invited in here if invited not in met], owed, plan)
        if isinstance(same, Question):
            continue
        if same:
            met.add(same)
        offer = same.offer if same else _offer(row, known.offers[row.occasion], plan)
        _compare(row, same, Invited(offer, child, debtor, row.amount_cents), plan)
        if row.line not in joined:
            _name_document(row, offer, plan)
    _read_documents([offer for same in known.offers.values() for offer in same], beside, plan)
    plan.remarks.sort(key=lambda remark: remark.line)
    plan.faults = sorted([*plan.faults, *plan.questions.open.values()], key=lambda fault: fault.line)
    plan.fingerprint = _fingerprint(listing, plan)


def _named(all_rows: Sequence[Row], pairs: Mapping[int, Pair | Fault], plan: Plan) -> list[Named]:
    """The rows whose people are known, each invitation once."""
    named: list[Named] = []
    seen: dict[tuple[Occasion, Child, Debtor], int] = {}
    for row in all_rows:
        pair = pairs[row.line]
        if isinstance(pair, Fault):
            if not isinstance(pair, Question):
                plan.faults.append(pair)
            continue
        debtor, child = pair
        first = seen.setdefault((row.occasion, child, debtor), row.line)
        if first != row.line:
            plan.faults.append(Fault(row.line, "", "import.twice", {"other": first}))
        else:
            named.append(Named(row, child, debtor))
    return named


def _known_here(named: Named, here: list[Invited], owed: Set[Owed], plan: Plan) -> Invited | Question | None:
    """The invitation that this row is: the debtor's own; or one of a debtor the list does not name for it any more,
    where a person says so. It then stays theirs: no invitation changes its debtor yet, and none is due twice."""
    row, child, debtor = named
    own = [invited for invited in here if invited.debtor.id == debtor.id]
    if not own:
        others = [one for one in here if (row.occasion, child.id, one.debtor.id) not in owed]
        meant = plan.questions.which([(one, _whether_of_another(named, one)) for one in others])
        if not isinstance(meant, Invited):
            return meant
        own = [meant]
    fitting = [one for one in own if row.mandatory in (None, one.offer.mandatory)]
    # a twin under the other rule would be due a second time
    return fitting[0] if fitting else plan.questions.which([(own[0], _whether_its_rule_stays(row, own[0].offer))])


def _whether_of_another(named: Named, known: Invited) -> Question:
    row, offer = named.row, known.offer
    values = {"title": offer.title, "starts": offer.starts_on, "name": row.debtor}
    ids = (offer.id, offer.due_on, named.child.id, known.debtor.id, row.identifier)
    shown = {"child": named.child.name, "former": known.debtor.name, "amount_cents": known.amount_cents}
    return question(row, Column.DEBTOR, "import.other_debtor", values, *ids, shown=shown)


def _whether_its_rule_stays(row: Row, offer: Offer) -> Question:
    text_key = "import.mandatory_here" if offer.mandatory else "import.optional_here"
    values = {"title": offer.title, "starts": offer.starts_on}
    return question(row, Column.MANDATORY, text_key, values, offer.id, offer.due_on)


def _offer(row: Row, here: list[Offer], plan: Plan) -> Offer:
    """The activity of a row, among those of the same title and dates; a new one where none fits."""
    if row.mandatory is None and here:
        return here[0]
    mandatory = bool(row.mandatory)
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
        plan.faults.append(Fault(row.line, Column.DECLINED_ON.value, "import.declined_mandatory"))
    elif here is None:
        plan.new_invitations.append(new)
        _answer(row, new, plan)
    elif here.status != InvitationStatus.OPEN:
        _compare_answered(row, here, plan)
    else:
        _compare_open(row, replace(here), plan)


def _compare_open(row: Row, here: Invited, plan: Plan) -> None:
    same_price = here.amount_cents == row.amount_cents
    if not same_price:
        plan.prices.append((here, row.amount_cents))
        here.former_cents, here.amount_cents = here.amount_cents, row.amount_cents
    if row.status == InvitationStatus.OPEN:
        plan.unchanged += same_price
    elif here.answer_no:
        plan.answered_here += 1  # answered and opened again since: the list's answer is an old one
    else:
        _answer(row, here, plan)


def _compare_answered(row: Row, here: Invited, plan: Plan) -> None:
    """What a parent answered here, and the price it was answered at, stay; where the list says otherwise, a remark."""
    remarks: list[Fault] = []
    if here.amount_cents != row.amount_cents:
        amounts = {"here_cents": here.amount_cents, "list_cents": row.amount_cents}
        remarks.append(Fault(row.line, Column.AMOUNT.value, "import.amount_of_answered", amounts))
    if row.status != InvitationStatus.OPEN and (row.status, row.answered_on) != (here.status, here.answered_on):
        column = Column.PAID_ON if row.status == InvitationStatus.PAID else Column.DECLINED_ON
        text_key = "import.already_paid" if here.status == InvitationStatus.PAID else "import.already_declined"
        remarks.append(Fault(row.line, column.value, text_key, {"on": here.answered_on}))
    plan.remarks += remarks
    if row.status == InvitationStatus.OPEN:
        plan.answered_here += 1
    elif not remarks:
        plan.unchanged += 1


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
        plan.faults.append(Fault(row.line, Column.DOCUMENT.value, "import.other_document", values))


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
            plan.faults.append(Fault(line, Column.DOCUMENT.value, refusal.text_key, refusal.values))
            continue
        if documents.digest(contents[name]) != offer.document:
            plan.new_documents.append((offer, name, contents[name]))


def _fingerprint(listing: Listing, plan: Plan) -> str:
    """Over the file, each thing that would be written, what a person has said, and what a person has to judge."""
    people = plan.people
    return fingerprint_of(
        listing.sha256,
        [(debtor.last_name, debtor.first_name, debtor.identifier) for debtor in people.new_debtors],
        [(debtor.id, debtor.identifier) for debtor in people.new_accounts],
        [(child.last_name, child.first_name) for child in people.new_children],
        [(_debtor(debtor), _child(child)) for debtor, child in people.new_carers],
        [(debtor.id, debtor.identifier) for debtor in people.new_identifiers],
        [(isinstance(one, Child), one.id, one.last_name, one.first_name) for one in people.new_names],
        [asdict(namesake) for namesake in people.namesakes],
        sorted(plan.questions.answered.items()),
        [(offer.id, offer.former, offer.title, offer.starts_on, offer.due_on) for offer in plan.moved],
        [_activity(offer) for offer in plan.new_offers],
        [(_activity(one), one.document, name, documents.digest(content)) for one, name, content in plan.new_documents],
        [_invitation(invited) for invited in plan.new_invitations],
        [(invited.id, invited.former_cents, amount_cents) for invited, amount_cents in plan.prices],
        [(_invitation(answer.invited), answer.status, answer.on, answer.automatic) for answer in plan.answers],
    )


# What is here goes by its id; what is new by all that makes it.


def _debtor(debtor: Debtor) -> Any:
    return debtor.id or debtor.identifier


def _child(child: Child) -> Any:
    return child.id or (child.last_name, child.first_name)


def _activity(offer: Offer) -> Any:
    return offer.id or (offer.title, offer.starts_on, offer.due_on), offer.mandatory


def _invitation(invited: Invited) -> Any:
    made_of = _activity(invited.offer), _child(invited.child), _debtor(invited.debtor)
    return invited.id, made_of, invited.amount_cents, invited.answer_no
