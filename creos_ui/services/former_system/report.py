"""What a reading of the former system's list found, in numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from creos_ui.services.former_system.people import Namesake
from creos_ui.services.former_system.plan import Plan
from creos_ui.services.former_system.questions import Question, Together
from creos_ui.services.former_system.rows import Listing
from creos_ui.services.invitations import documents
from creos_ui.tables.cells import Fault
from models import InvitationStatus


@dataclass(frozen=True)
class Changes:
    """How many of each would be, or were, written."""

    guardians: int = 0
    accounts: int = 0
    pupils: int = 0
    names: int = 0
    identifiers: int = 0
    guardianships: int = 0
    activities: int = 0
    moved: int = 0
    documents: int = 0
    invitations: int = 0
    prices: int = 0
    paid: int = 0
    declined: int = 0

    def __bool__(self) -> bool:
        return any(asdict(self).values())


@dataclass(frozen=True)
class Report:
    """What the list says and what became of it; `applied` only where something was written.

    `faults` forbid writing, and so do the questions among them. `together`: those of one kind. `said`: what a
    person has said, for the act that follows. `remarks`: what is left as it is here.
    """

    row_count: int
    mandatory_known: bool
    ignored_columns: list[str]
    faults: list[Fault]
    changes: Changes
    unchanged: int
    answered_here: int
    remarks: list[Fault]
    together: list[Together]
    said: dict[str, bool]
    namesakes: list[Namesake]
    fingerprint: str
    applied: bool

    @property
    def questions(self) -> list[Question]:
        return [fault for fault in self.faults if isinstance(fault, Question)]

    @property
    def bad_rows(self) -> list[Fault]:
        return [fault for fault in self.faults if not isinstance(fault, Question)]


def report_of(listing: Listing, plan: Plan, *, applied: bool = False) -> Report:
    """The plan of this list, in numbers."""
    changes = Changes(
        guardians=len(plan.people.new_debtors),
        accounts=len(plan.people.new_accounts),
        pupils=len(plan.people.new_children),
        names=len(plan.people.new_names),
        identifiers=len(plan.people.new_identifiers),
        guardianships=len(plan.people.new_carers),
        activities=len(plan.new_offers),
        moved=len(plan.moved),
        documents=len({documents.digest(content) for _, _, content in plan.new_documents}),
        invitations=len(plan.new_invitations),
        prices=len(plan.prices),
        paid=sum(answer.status == InvitationStatus.PAID for answer in plan.answers),
        declined=sum(answer.status == InvitationStatus.DECLINED for answer in plan.answers),
    )
    return Report(
        row_count=listing.row_count,
        mandatory_known=listing.mandatory_known,
        ignored_columns=listing.ignored_columns,
        faults=plan.faults,
        changes=changes,
        unchanged=plan.unchanged,
        answered_here=plan.answered_here,
        remarks=plan.remarks,
        together=plan.questions.together(),
        said=plan.questions.said,
        namesakes=plan.people.namesakes,
        fingerprint=plan.fingerprint,
        applied=applied and bool(changes),
    )
