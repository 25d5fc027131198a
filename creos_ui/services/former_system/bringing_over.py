"""Bring over the former system's list: say what would change, or do it, all of it or nothing (R28).

A list says the same however often it is read: what is already here stays as it is. What it adds: people, activities,
invitations, answers given in the former system, new prices of invitations still open. A payment of the former system
is booked from outside straight to the activities; no wallet moves. A single bad row stops everything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from creos_ui import clock, live
from creos_ui.database.transactions import atomic, rows
from creos_ui.errors import AlreadyAnswered, DomainError
from creos_ui.services import outbox
from creos_ui.services.former_system.people import Namesake, create_people
from creos_ui.services.former_system.plan import Answer, Invited, Plan, plan_of
from creos_ui.services.former_system.rows import Fault, read_rows
from creos_ui.services.former_system.table import MOST_BYTES, Column, read_table
from creos_ui.services.invitations import answering, automatic, claiming, documents
from creos_ui.services.money import ledger
from creos_ui.services.money.ledger import Agreed
from models import Activity, Invitation, InvitationStatus

ACTOR = "command:import-invitations"
AT_ONCE = 500  # rows in one INSERT
Progress = Callable[[int, int], None]  # so many steps of so many are done
T = TypeVar("T")


class ListUnreadable(DomainError):
    """There is no such file, or it may not be read."""

    text_key = "command.import.unreadable"


class ChangedMeanwhile(DomainError):
    """A parent answered while the list was being written; nothing was written, run it again."""

    text_key = "command.import.changed_meanwhile"


@dataclass(frozen=True)
class Changes:
    """How many of each would be, or were, written."""

    guardians: int = 0
    accounts: int = 0
    pupils: int = 0
    guardianships: int = 0
    activities: int = 0
    documents: int = 0
    invitations: int = 0
    prices: int = 0
    paid: int = 0
    declined: int = 0

    def __bool__(self) -> bool:
        return any(asdict(self).values())


@dataclass
class Report:
    """What the list says and what became of it; `applied` only where something was written."""

    rows: int
    mandatory_known: bool
    ignored_columns: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    changes: Changes = field(default_factory=Changes)
    unchanged: int = 0
    answered_here: int = 0
    namesakes: list[Namesake] = field(default_factory=list)
    applied: bool = False


class _HasFaults(Exception):
    """Leaves the transaction: the plan made inside it found bad rows."""


async def import_list(path: Path, *, documents_folder: Path, apply: bool, progress: Progress | None = None) -> Report:
    """Read the list at `path`; with `apply` write what is new in one transaction, unless a row is bad.

    Raises ListUnreadable, ChangedMeanwhile, or a refusal of table.read_table for a file that is not such a list.
    """
    table = read_table(_content(path))
    read, faults = read_rows(table)
    report = Report(len(table.rows), Column.MANDATORY in table.columns, table.ignored)
    if faults or not apply:
        _tell(report, await plan_of(read, path.parent), faults)
        return report
    written: list[Path] = []

    async def work(connection: Any) -> Plan:
        await documents.remove_unrecorded(written)  # of a try the database undid
        plan = await plan_of(read, path.parent)  # planned inside: nothing can change between looking and writing
        _tell(report, plan)
        if plan.faults:
            raise _HasFaults
        await _write(connection, plan, documents_folder, written, progress)
        return plan

    try:
        await atomic(work)
        report.applied = bool(report.changes)
        await automatic.fulfil_all()  # after the commit: what was published, or became cheaper, may be wished for
    except _HasFaults:
        pass
    finally:
        await documents.remove_unrecorded(written)
    return report


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise ListUnreadable(text=str(path))
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError:
        raise ListUnreadable(text=str(path)) from None


def _tell(report: Report, plan: Plan, faults: Sequence[Fault] = ()) -> None:
    report.faults = sorted([*faults, *plan.faults], key=lambda fault: fault.line)
    report.changes = Changes(
        guardians=len(plan.people.new_debtors),
        accounts=len(plan.people.new_accounts),
        pupils=len(plan.people.new_children),
        guardianships=len(plan.people.new_carers),
        activities=len(plan.new_offers),
        documents=len({documents.digest(content) for _, _, content in plan.new_documents}),
        invitations=len(plan.new_invitations),
        prices=len(plan.prices),
        paid=sum(answer.status == InvitationStatus.PAID for answer in plan.answers),
        declined=sum(answer.status == InvitationStatus.DECLINED for answer in plan.answers),
    )
    report.unchanged, report.answered_here = plan.unchanged, plan.answered_here
    report.namesakes = plan.people.namesakes


async def _write(connection: Any, plan: Plan, folder: Path, written: list[Path], progress: Progress | None) -> None:
    await create_people(plan.people)
    for offer in plan.new_offers:
        activity = await Activity.create(
            title=offer.title,
            title_key=offer.occasion[0],
            starts_on=offer.starts_on,
            due_on=offer.due_on,
            mandatory=offer.mandatory,
        )
        offer.id = activity.id
    for offer, name, content in plan.new_documents:
        document = await documents.store_document(folder, name, content, written)
        await Activity.filter(id=offer.id).update(document_id=document.id)
    await _invite(connection, plan.new_invitations)
    known = {invited.id for invited, _ in plan.prices} | {answer.invited.id for answer in plan.answers}
    await claiming.lock(connection, [one for one in known if one])
    for invited, amount_cents in plan.prices:
        assert invited.id
        try:
            await answering.set_amount(invited.id, amount_cents)
        except AlreadyAnswered:
            raise ChangedMeanwhile from None
    told = [*plan.new_invitations, *(answer.invited for answer in plan.answers)]
    live.announce({invited.debtor.id for invited in told if invited.debtor.id})
    for done, answer in enumerate(plan.answers):
        await _carry_over(connection, answer)
        if progress:
            progress(done + 1, len(plan.answers))
    await _write_to_debtors(connection, plan)


async def _write_to_debtors(connection: Any, plan: Plan) -> None:
    """Who has an e-mail address hears of what is new and waits for an answer; who was just brought over has none."""
    answered = {answer.invited.id for answer in plan.answers}
    waiting: dict[int, list[int]] = defaultdict(list)
    for invited in plan.new_invitations:
        if invited.id not in answered:
            assert invited.id
            assert invited.debtor.id
            waiting[invited.debtor.id].append(invited.id)
    reached = await rows(connection, "SELECT guardian_id FROM account WHERE email IS NOT NULL ORDER BY guardian_id")
    for row in reached:
        if ids := waiting.get(row["guardian_id"]):
            await outbox.invited(connection, row["guardian_id"], sorted(ids))


async def _invite(connection: Any, new: Sequence[Invited]) -> None:
    """Create the invitations, open, and learn their ids."""
    for some in _chunks(new, AT_ONCE):
        await Invitation.bulk_create(
            Invitation(
                activity_id=one.offer.id, pupil_id=one.child.id, debtor_id=one.debtor.id, amount_cents=one.amount_cents
            )
            for one in some
        )
    wanted = {(one.offer.id, one.child.id, one.debtor.id): one for one in new}
    for offer_id in {one.offer.id for one in new}:
        for row in await rows(
            connection, "SELECT id, activity_id, pupil_id, debtor_id FROM invitation WHERE activity_id = $1", offer_id
        ):
            if one := wanted.get((row["activity_id"], row["pupil_id"], row["debtor_id"])):
                one.id = int(row["id"])


async def _carry_over(connection: Any, answer: Answer) -> None:
    """Mark the invitation answered, as it was in the former system, and book what was paid there."""
    invited = answer.invited
    assert invited.id
    at = clock.noon_of(answer.on)
    agreed = Agreed(invited.id, invited.amount_cents, invited.answer_no)
    claimed = await claiming.claim_former_answer(
        connection, agreed, answer.status, at=at, actor=ACTOR, automatic=answer.automatic
    )
    if claimed is None:
        raise ChangedMeanwhile
    if answer.status == InvitationStatus.PAID:
        await ledger.carry_over(connection, claimed, key=f"carried-{invited.id:012d}", actor=ACTOR)


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
