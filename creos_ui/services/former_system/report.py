"""What a reading of the former system's list found, in words and for machines."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from creos_ui.errors import DomainError
from creos_ui.services.former_system.bringing_over import Report
from creos_ui.services.former_system.rows import Fault
from creos_ui.texts import t


def report_in_words(report: Report, language: str) -> list[str]:
    """Lines for the operator: what was read, what changes, what is left alone, each bad row."""
    lines = [t("command.import.rows", language, count=report.rows)]
    if report.ignored_columns:
        lines.append(t("command.import.ignored", language, columns=", ".join(report.ignored_columns)))
    if not report.mandatory_known:
        lines.append(t("command.import.without_mandatory", language))
    for namesake in report.namesakes:
        lines.append(t("command.import.namesake", language, **asdict(namesake)))
    if report.faults:
        lines += [fault_in_words(fault, language) for fault in report.faults]
        lines.append(t("command.import.bad_rows", language, count=len(report.faults)))
        return lines
    if report.changes:
        lines.append(t("command.import.done" if report.applied else "command.import.would", language))
        changes = {name: count for name, count in asdict(report.changes).items() if count}
        lines += [t(f"command.import.{name}", language, count=count) for name, count in changes.items()]
    else:
        lines.append(t("command.import.nothing", language))
    if report.unchanged:
        lines.append(t("command.import.unchanged", language, count=report.unchanged))
    if report.answered_here:
        lines.append(t("command.import.answered_here", language, count=report.answered_here))
    return lines


def report_for_machines(report: Report, language: str) -> dict[str, Any]:
    """The same as one object; reasons are codes, messages are sentences."""
    return {
        "applied": report.applied,
        "rows": report.rows,
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
                "reason": fault.reason,
                "message": _reason(fault, language),
            }
            for fault in report.faults
        ],
    }


def refusal_for_machines(refusal: DomainError, language: str) -> dict[str, Any]:
    """A file that is not such a list at all."""
    reason = refusal.text_key.rpartition(".")[2]
    return {"applied": False, "error": reason, "message": t(refusal.text_key, language, **refusal.values)}


def fault_in_words(fault: Fault, language: str) -> str:
    """« Ligne 4, Montant : ... »; a fault of the whole row names no column."""
    key = "command.import.bad_row" if fault.column else "command.import.bad_row_whole"
    return t(key, language, line=fault.line, column=fault.column, reason=_reason(fault, language))


def _reason(fault: Fault, language: str) -> str:
    return t(f"command.fault.{fault.reason}", language, **fault.values)
