"""creos-ui import-invitations: the former system's list, previewed or applied."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from creos_ui.commands.data_folder import database_exists, make_folder, with_database
from creos_ui.commands.ending import USER_MISTAKE
from creos_ui.commands.terminal import show_json, words
from creos_ui.database.config import sqlite_url
from creos_ui.errors import DomainError
from creos_ui.services.former_system.bringing_over import import_list, preview_list
from creos_ui.services.former_system.report import Report
from creos_ui.settings import DataSettings, data_settings
from creos_ui.tables.cells import Fault

SHOWN_EVERY = 1_000  # steps of long work


@click.command("import-invitations", help=words("command.import.about"))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--apply", is_flag=True, help=words("command.import.apply"))
@click.option("--json", "as_json", is_flag=True, help=words("command.import.json"))
def command(file: Path, apply: bool, as_json: bool) -> None:
    settings = data_settings()
    try:
        report = _apply(settings, file) if apply else _preview(settings, file)
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


def _apply(settings: DataSettings, file: Path) -> Report:
    make_folder(settings.data)
    work = import_list(file, documents_folder=settings.documents, progress=_show_progress)
    return with_database(settings.database, work)


def _preview(settings: DataSettings, file: Path) -> Report:
    """Leaves nothing behind, not even an empty database."""
    if database_exists(settings):
        return with_database(settings.database, preview_list(file))
    with tempfile.TemporaryDirectory() as nowhere:
        return with_database(sqlite_url(Path(nowhere)), preview_list(file))


def _show_progress(done: int, total: int) -> None:
    """One line that counts on a terminal, plain lines elsewhere; nothing for short work."""
    if total >= SHOWN_EVERY and (done % SHOWN_EVERY == 0 or done == total):
        terminal = sys.stderr.isatty()
        line = words("command.import.progress", done=done, total=total)
        click.echo(f"\r{line}" if terminal else line, nl=not terminal or done == total, err=True)


def _in_words(report: Report) -> list[str]:
    """What was read, what changes, what is left alone, each bad row."""
    lines = [words("import.rows", count=report.row_count)]
    if report.ignored_columns:
        lines.append(words("import.ignored", columns=", ".join(report.ignored_columns)))
    if not report.mandatory_known:
        lines.append(words("import.without_mandatory"))
    lines += [words("import.namesake", **asdict(namesake)) for namesake in report.namesakes]
    if report.faults:
        lines += map(_bad_row, report.faults)
        lines.append(words("import.bad_rows", count=len(report.faults)))
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


def _bad_row(fault: Fault) -> str:
    """« Ligne 4, Montant : ... »; a fault of the whole row names no column."""
    key = "import.bad_row" if fault.column else "import.bad_row_whole"
    return words(key, line=fault.line, column=fault.column, reason=_sentence(fault))


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
        "bad_rows": [
            {
                "line": fault.line,
                "column": fault.column,
                "reason": _code(fault.text_key),
                "message": _sentence(fault),
            }
            for fault in report.faults
        ],
    }


def _code(text_key: str) -> str:
    """import.too_large -> too_large"""
    return text_key.rpartition(".")[2]


def _sentence(wrong: Fault | DomainError) -> str:
    return words(wrong.text_key, **wrong.values)
