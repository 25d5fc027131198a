"""creos-ui import-invitations: the former system's list, previewed or applied."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from creos_ui.commands.data_folder import database_exists, make_folder, with_database
from creos_ui.commands.ending import USER_MISTAKE, Refusal
from creos_ui.commands.terminal import show_json, words
from creos_ui.database.config import sqlite_url
from creos_ui.errors import DomainError
from creos_ui.services.former_system.bringing_over import import_list, preview_list
from creos_ui.services.former_system.questions import Decided, Question
from creos_ui.services.former_system.report import Report
from creos_ui.settings import DataSettings, data_settings
from creos_ui.tables.cells import Fault

SHOWN_EVERY = 1_000  # steps of long work


@click.command("import-invitations", help=words("command.import.about"))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--apply", is_flag=True, help=words("command.import.apply"))
@click.option("--same", metavar="KEY", multiple=True, help=words("command.import.answer_same"))
@click.option("--other", metavar="KEY", multiple=True, help=words("command.import.answer_other"))
@click.option("--json", "as_json", is_flag=True, help=words("command.import.json"))
def command(file: Path, apply: bool, same: tuple[str, ...], other: tuple[str, ...], as_json: bool) -> None:
    if both := sorted({*same} & {*other}):
        raise Refusal("command.import.both", keys=", ".join(both))
    settings, decided = data_settings(), Decided(frozenset(same), frozenset(other))
    try:
        report = (_apply if apply else _preview)(settings, file, decided)
    except DomainError as refusal:
        if not as_json:
            raise
        show_json({"applied": False, "error": _code(refusal.text_key), "message": _sentence(refusal)})
        sys.exit(USER_MISTAKE)
    if as_json:
        show_json(_for_machines(report))
    else:
        click.echo("\n".join(_in_words(report)), err=bool(report.faults))
    if report.faults:
        sys.exit(USER_MISTAKE)


def _apply(settings: DataSettings, file: Path, decided: Decided) -> Report:
    make_folder(settings.data)
    work = import_list(file, documents_folder=settings.documents, decided=decided, progress=_show_progress)
    return with_database(settings.database, work)


def _preview(settings: DataSettings, file: Path, decided: Decided) -> Report:
    """Leaves nothing behind, not even an empty database."""
    if database_exists(settings):
        return with_database(settings.database, preview_list(file, decided=decided))
    with tempfile.TemporaryDirectory() as nowhere:
        return with_database(sqlite_url(Path(nowhere)), preview_list(file, decided=decided))


def _show_progress(done: int, total: int) -> None:
    """One line that counts on a terminal, plain lines elsewhere; nothing for short work."""
    if total >= SHOWN_EVERY and (done % SHOWN_EVERY == 0 or done == total):
        terminal = sys.stderr.isatty()
        line = words("command.import.progress", done=done, total=total)
        click.echo(f"\r{line}" if terminal else line, nl=not terminal or done == total, err=True)


def _in_words(report: Report) -> list[str]:
    """What was read, what changes, what is left alone, each bad row and each question."""
    lines = [words("import.rows", count=report.row_count)]
    if report.ignored_columns:
        lines.append(words("import.ignored", columns=", ".join(report.ignored_columns)))
    if not report.mandatory_known:
        lines.append(words("import.without_mandatory"))
    lines += [words("import.namesake", **asdict(namesake)) for namesake in report.namesakes]
    if report.remarks:
        lines.append(words("import.remarks"))
        lines += map(_row, report.remarks)
    if report.faults:
        lines += map(_row, report.bad_rows)
        lines += _questions(report)
        if report.bad_rows:
            lines.append(words("import.bad_rows", count=len(report.bad_rows)))
        if report.questions:
            lines.append(words("import.questions", count=len(report.questions)))
        return lines
    if report.changes:
        lines.append(words("import.done" if report.applied else "command.import.would"))
        changes = {name: count for name, count in asdict(report.changes).items() if count}
        lines += [f"  {words(f'import.changes.{name}', count=count)}" for name, count in changes.items()]
    else:
        lines.append(words("import.nothing"))
    if report.unchanged:
        lines.append(words("import.unchanged", count=report.unchanged))
    if report.answered_here:
        lines.append(words("import.answered_here", count=report.answered_here))
    return lines


def _questions(report: Report) -> list[str]:
    """Each question on a line, with its key; after those of one kind what to type, for all of them together."""
    lines = []
    together = {kind.text_key: kind for kind in report.together}
    for text_key in dict.fromkeys(question.text_key for question in report.questions):
        alike = [question for question in report.questions if question.text_key == text_key]
        lines += [f"{_row(question)} [{question.key}]" for question in alike]
        if kind := together.get(text_key):
            lines.append(words("import.together", count=len(alike)))
        key = kind.key if kind else alike[0].key
        lines += [f"  --{answer} {key}  {meaning}" for answer, meaning in _answers(text_key).items()]
    return lines


def _row(fault: Fault) -> str:
    """« Ligne 4, Montant : ... »; a fault of the whole row names no column."""
    key = "import.bad_row" if fault.column else "import.bad_row_whole"
    return words(key, line=fault.line, column=fault.column, reason=_sentence(fault))


def _answers(text_key: str) -> dict[str, str]:
    """What each answer to such a question means."""
    return {answer: words(f"import.{answer}.{_code(text_key)}") for answer in ("same", "other")}


def _for_machines(report: Report) -> dict[str, Any]:
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
        "remarks": [_row_for_machines(remark) for remark in report.remarks],
        "bad_rows": [_row_for_machines(fault) for fault in report.bad_rows],
        "questions": [_question_for_machines(question) for question in report.questions],
        "together": [
            {"reason": _code(kind.text_key), "count": len(kind.questions), "key": kind.key} for kind in report.together
        ],
    }


def _row_for_machines(fault: Fault) -> dict[str, Any]:
    return {"line": fault.line, "column": fault.column, "reason": _code(fault.text_key), "message": _sentence(fault)}


def _question_for_machines(question: Question) -> dict[str, Any]:
    return {**_row_for_machines(question), "key": question.key, **_answers(question.text_key)}


def _code(text_key: str) -> str:
    """import.too_large -> too_large"""
    return text_key.rpartition(".")[2]


def _sentence(wrong: Fault | DomainError) -> str:
    return words(wrong.text_key, **wrong.values)
