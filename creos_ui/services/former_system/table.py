"""The former system's list as a table: encoding, delimiter and columns found, cells still as they were written."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from creos_ui.errors import DomainError
from models import folded

MOST_BYTES = 5_000_000
MOST_ROWS = 20_000
DELIMITERS = ";,\t"
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


class Column(StrEnum):
    """The columns of the grid, under their own names."""

    STARTS_ON = "Date de début"
    PUPIL = "Bénéficiaire"
    DEBTOR = "Débiteur"
    TITLE = "Description de l'invitation à payer"
    AMOUNT = "Montant"
    DUE_ON = "Échéance"
    PAID_ON = "Date de paiement"
    DECLINED_ON = "Date de refus"
    AUTOMATIC = "Payé automatiquement"
    MANDATORY = "Obligatoire"
    DOCUMENT = "Document"
    IDENTIFIER = "Identifiant"


# Without the two dates of answer, what was paid would come in as due.
REQUIRED = list(Column)[:8]
_PASSED_OVER = {"action", "actions"}  # the grid's buttons: nothing to bring over


class ListTooLarge(DomainError):
    text_key = "command.import.too_large"


class TooManyRows(DomainError):
    text_key = "command.import.too_many_rows"


class NotText(DomainError):
    text_key = "command.import.not_text"


class NoHeader(DomainError):
    """None of our columns stands in the first line."""

    text_key = "command.import.no_header"


class ColumnsMissing(DomainError):
    """`columns`: their names, with commas."""

    text_key = "command.import.columns_missing"


class ColumnTwice(DomainError):
    text_key = "command.import.column_twice"


class BrokenQuotes(DomainError):
    """From `line` on the quotes do not close: what follows cannot be told apart."""

    text_key = "command.import.broken_quotes"


@dataclass(frozen=True)
class Table:
    """Rows with the line of the file each begins on (the header is line 1), and where each column stands."""

    columns: dict[Column, int]
    width: int
    ignored: list[str]
    rows: list[tuple[int, list[str]]]


def read_table(content: bytes) -> Table:
    """Raises ListTooLarge, NotText, NoHeader, ColumnsMissing, ColumnTwice, BrokenQuotes or TooManyRows."""
    if len(content) > MOST_BYTES:
        raise ListTooLarge(megabytes=MOST_BYTES // 1_000_000)
    text = _decoded(content)
    records = _records(text, _delimiter(text))
    if records and re.fullmatch(r"sep=.?", ";".join(records[0][1]).strip(), re.IGNORECASE):
        records = records[1:]  # a spreadsheet's own hint
    if not records:
        raise NoHeader(column=Column.PUPIL.value)
    header = records[0][1]
    if len(records) - 1 > MOST_ROWS:
        raise TooManyRows(rows=MOST_ROWS)
    return Table(_columns(header), len(header), _ignored(header), records[1:])


def _decoded(content: bytes) -> str:
    """A byte-order mark decides; else strict UTF-8; else Windows-1252, as spreadsheets in Belgium save."""
    marked = next((name for bom, name in _BOMS.items() if content.startswith(bom)), None)
    for encoding in (marked,) if marked else ("utf-8", "windows-1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise NotText


def _delimiter(text: str) -> str:
    """The one that makes most of our columns out of the header."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:2]
    return max(DELIMITERS, key=lambda mark: max((len(_known(line.split(mark))) for line in lines), default=0))


def _records(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                records.append((line, cells))
            line = reader.line_num + 1
    except csv.Error:
        raise BrokenQuotes(line=line) from None
    return records


def _columns(header: Sequence[str]) -> dict[Column, int]:
    known = _known(header)
    columns: dict[Column, int] = {}
    for position, column in known:
        if column in columns:
            raise ColumnTwice(column=column.value)
        columns[column] = position
    if not columns:
        raise NoHeader(column=Column.PUPIL.value)
    if missing := [column.value for column in REQUIRED if column not in columns]:
        raise ColumnsMissing(columns=", ".join(missing))
    return columns


def _ignored(header: Sequence[str]) -> list[str]:
    """Names of columns nothing is read from, as they are written."""
    names = [cell.strip() for cell in header if _plain(cell) not in _NAMES]
    return [name for name in names if name and _plain(name) not in _PASSED_OVER]


def _known(cells: Sequence[str]) -> list[tuple[int, Column]]:
    return [(position, _NAMES[_plain(cell)]) for position, cell in enumerate(cells) if _plain(cell) in _NAMES]


def _plain(name: str) -> str:
    """Letters only: case, accents, apostrophes, quotes and spaces make no difference."""
    return re.sub(r"[^a-z]", "", folded(name))


_NAMES = {_plain(column): column for column in Column}
