"""A CSV file as a table: encoding, delimiter and columns found, cells still as they were written."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Generic, TypeVar

from creos_ui.errors import DomainError

MOST_BYTES = 5_000_000
MOST_ROWS = 20_000
DELIMITERS = ";,\t"
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
C = TypeVar("C", bound=StrEnum)  # the columns a list may have, each under its own name


class FileUnreadable(DomainError):
    """There is no such file, or it may not be read."""

    text_key = "import.unreadable"


class FileTooLarge(DomainError):
    text_key = "import.too_large"


class TooManyRows(DomainError):
    text_key = "import.too_many_rows"


class NotText(DomainError):
    text_key = "import.not_text"


class NoHeader(DomainError):
    """No known column stands in the first line. `column`: one that should."""

    text_key = "import.no_header"


class ColumnsMissing(DomainError):
    """`columns`: their names, with commas."""

    text_key = "import.columns_missing"


class ColumnTwice(DomainError):
    text_key = "import.column_twice"


class BrokenQuotes(DomainError):
    """From `line` on the quotes do not close: where a cell ends is unknown from there."""

    text_key = "import.broken_quotes"


@dataclass(frozen=True)
class Table(Generic[C]):
    """Rows with the line of the file each begins on (the header is line 1), and where each column stands."""

    columns: dict[C, int]
    width: int
    ignored: list[str]  # columns nothing is read from, as they are written
    rows: list[tuple[int, list[str]]]


def read_file(path: Path) -> bytes:
    """The content, cut where read_table refuses it anyway. Raises FileUnreadable."""
    try:
        if not path.is_file():
            raise FileUnreadable(text=str(path))
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError:
        raise FileUnreadable(text=str(path)) from None


def read_table(
    content: bytes, known: type[C], *, required: Collection[C], example: C, passed_over: Collection[str] = ()
) -> Table[C]:
    """The table with the `known` columns; others are ignored, those named in `passed_over` without a word.

    `example`: the column a person knows the list by. Raises FileTooLarge, NotText, NoHeader, ColumnsMissing,
    ColumnTwice, BrokenQuotes or TooManyRows.
    """
    if len(content) > MOST_BYTES:
        raise FileTooLarge(megabytes=MOST_BYTES // 1_000_000)
    names = {_letters(column): column for column in known}
    text = _decoded(content)
    records = _records(text, _delimiter(text, names))
    if records and re.fullmatch(r"sep=.?", ";".join(records[0][1]).strip(), re.IGNORECASE):
        records = records[1:]  # a spreadsheet's own hint
    if len(records) - 1 > MOST_ROWS:
        raise TooManyRows(rows=MOST_ROWS)
    header = records[0][1] if records else []
    columns = _columns(header, names)
    if not columns:
        raise NoHeader(column=example.value)
    if missing := [column.value for column in required if column not in columns]:
        raise ColumnsMissing(columns=", ".join(missing))
    silent = {*names, *map(_letters, passed_over)}
    ignored = [cell.strip() for cell in header if cell.strip() and _letters(cell) not in silent]
    return Table(columns, len(header), ignored, records[1:])


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


def _delimiter(text: str, names: Mapping[str, C]) -> str:
    """The one that makes most known columns out of the header."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:2]
    return max(DELIMITERS, key=lambda mark: max((len(_found(line.split(mark), names)) for line in lines), default=0))


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


def _columns(header: Sequence[str], names: Mapping[str, C]) -> dict[C, int]:
    columns: dict[C, int] = {}
    for position, column in _found(header, names):
        if column in columns:
            raise ColumnTwice(column=column.value)
        columns[column] = position
    return columns


def _found(cells: Sequence[str], names: Mapping[str, C]) -> list[tuple[int, C]]:
    return [(position, names[_letters(cell)]) for position, cell in enumerate(cells) if _letters(cell) in names]


def _letters(name: str) -> str:
    """Letters only: case, accents, apostrophes, quotes and spaces make no difference."""
    return re.sub(r"[^a-z]", "", unicodedata.normalize("NFKD", name).casefold())
