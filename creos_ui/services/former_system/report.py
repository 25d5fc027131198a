"""What a reading of the former system's list found: in numbers, in words and for machines."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from creos_ui.errors import DomainError
from creos_ui.services.former_system.people import Namesake
from creos_ui.services.former_system.plan import Plan
from creos_ui.services.former_system.rows import Listing
from creos_ui.services.invitations import documents
from creos_ui.tables.cells import Fault
from creos_ui.texts import t
from models import InvitationStatus


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


@dataclass(frozen=True)
class Report:
    """What the list says and what became of it; `applied` only where something was written."""

    row_count: int
    mandatory_known: bool
    ignored_columns: list[str]
    faults: list[Fault]
    changes: Changes
    unchanged: int
    answered_here: int
    namesakes: list[Namesake]
    fingerprint: str
    applied: bool


def report_of(listing: Listing, plan: Plan, *, applied: bool = False) -> Report:
    """The plan of this list, in numbers."""
    changes = Changes(
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
    return Report(
        row_count=listing.row_count,
        mandatory_known=listing.mandatory_known,
        ignored_columns=listing.ignored_columns,
        faults=plan.faults,
        changes=changes,
        unchanged=plan.unchanged,
        answered_here=plan.answered_here,
        namesakes=plan.people.namesakes,
        fingerprint=plan.fingerprint,
        applied=applied and bool(changes),
    )


def report_in_words(report: Report, language: str) -> list[str]:
    """Lines for the operator: what was read, what changes, what is left alone, each bad row."""
    lines = [t("import.rows", language, count=report.row_count)]
    if report.ignored_columns:
        lines.append(t("import.ignored", language, columns=", ".join(report.ignored_columns)))
    if not report.mandatory_known:
        lines.append(t("import.without_mandatory", language))
    for namesake in report.namesakes:
        lines.append(t("import.namesake", language, **asdict(namesake)))
    if report.faults:
        lines += [fault_in_words(fault, language) for fault in report.faults]
        lines.append(t("import.bad_rows", language, count=len(report.faults)))
        return lines
    if report.changes:
        lines.append(t("import.done" if report.applied else "command.import.would", language))
        changes = {name: count for name, count in asdict(report.changes).items() if count}
        lines += [f"  {t(f'import.changes.{name}', language, count=count)}" for name, count in changes.items()]
    else:
        lines.append(t("import.nothing", language))
    if report.unchanged:
        lines.append(t("import.unchanged", language, count=report.unchanged))
    if report.answered_here:
        lines.append(t("import.answered_here", language, count=report.answered_here))
    return lines


def report_for_machines(report: Report, language: str) -> dict[str, Any]:
    """The same as one object; reasons are codes, messages are sentences."""
    return {
        "applied": report.applied,
        "rows": report.row_count,
        "changes": asdict(report.changes),
        "unchanged": report.unchanged,
        "answered_here": report.answered_here,
        "ignored_columns": report.ignored_columns,
        "mandatory_column": report.mandatory_known,
        "namesakes": [asdict(namesake) for namesake in report.namesakes],
        "bad_rows": [
            {
                "line": fault.line,
                "column": fault.column,
                "reason": _code(fault.text_key),
                "message": t(fault.text_key, language, **fault.values),
            }
            for fault in report.faults
        ],
    }


def refusal_for_machines(refusal: DomainError, language: str) -> dict[str, Any]:
    """A file that is not such a list at all."""
    message = t(refusal.text_key, language, **refusal.values)
    return {"applied": False, "error": _code(refusal.text_key), "message": message}


def fault_in_words(fault: Fault, language: str) -> str:
    """« Ligne 4, Montant : ... »; a fault of the whole row names no column."""
    key = "import.bad_row" if fault.column else "import.bad_row_whole"
    return t(key, language, line=fault.line, column=fault.column, reason=t(fault.text_key, language, **fault.values))


def _code(text_key: str) -> str:
    """import.too_large -> too_large"""
    return text_key.rpartition(".")[2]
