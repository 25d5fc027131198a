"""The cells of a list, read strictly: what is not exactly a date, an amount or a yes is named, never guessed (R29).

A spreadsheet's 43012, 1/feb or 3,00E+05 is a fault with its line, column and reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, TypeVar

from creos_ui.money import parse_cents
from creos_ui.tables.reading import C, Table
from models import folded

_NOTHING = {"", "-", "–", "—"}
_YES = {"oui", "x", "✓", "✔", "☑", "vrai", "true", "1"}
_NO = {*_NOTHING, "non", "☐", "faux", "false", "0"}
_DAYS = (
    re.compile(r"(?P<day>\d\d)(?P<mark>[/.-])(?P<month>\d\d)(?P=mark)(?P<year>\d{4})", re.ASCII),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)", re.ASCII),
)
R = TypeVar("R")


@dataclass(frozen=True)
class Fault:
    """What is wrong with one row; `text_key` and `values` become the reason. `column` "": with the whole row."""

    line: int
    column: str
    text_key: str
    values: dict[str, Any] = field(default_factory=dict)


class Cells(Generic[C]):
    """One row's cells. What is wrong with one is added to `faults`, and a stand-in returned."""

    def __init__(self, line: int, cells: Mapping[C, str]) -> None:
        self.line = line
        self.faults: list[Fault] = []
        self._cells = cells

    def __contains__(self, column: C) -> bool:
        """Whether the list has this column."""
        return column in self._cells

    def text(self, column: C) -> str:
        """What is written, its spaces made single; "" where the list lacks the column."""
        text = " ".join(self._cells.get(column, "").replace("\ufeff", "").split())
        if any(unicodedata.category(c) in ("Cc", "Cs") for c in text):
            self.fault(column, "import.characters")
        return text

    def nothing(self, column: C) -> bool:
        """Whether the cell is empty, or holds the dash that says so."""
        return self.text(column) in _NOTHING

    def words(self, column: C, most: int) -> str:
        """A text people read, never empty; neither it nor its folded form is longer than `most` characters."""
        text = self.text(column)
        if not folded(text):
            self.fault(column, "import.empty")
        if max(len(text), len(folded(text))) > most:
            self.fault(column, "import.too_long", most=most)
        return text

    def day(self, column: C) -> date | None:
        """19/06/2024, 19.06.2024, 19-06-2024 or 2024-06-19, of this century; None where it is a fault."""
        if self.nothing(column):
            self.fault(column, "import.empty")
            return None
        text = self.text(column)
        found = next((match for match in (shape.fullmatch(text) for shape in _DAYS) if match), None)
        try:
            day = date(int(found["year"]), int(found["month"]), int(found["day"])) if found else None
        except ValueError:  # 31/02/2024
            day = None
        if day is None or not 2000 <= day.year < 2100:
            self.fault(column, "import.date", text=short(text))
            return None
        return day

    def cents(self, column: C, most_cents: int) -> int:
        """An amount above zero and up to `most_cents`, in integer euro cents."""
        text = self.text(column)
        if not text:
            self.fault(column, "import.empty")
            return 0
        try:
            cents = parse_cents(text)
        except ValueError:
            self.fault(column, "import.amount", text=short(text))
            return 0
        if not 0 < cents <= most_cents:
            self.fault(column, "import.amount_range", text=short(text), most_cents=most_cents)
        return cents

    def yes(self, column: C) -> bool:
        """Whether the cell says oui, or bears a tick; an empty one says non."""
        text = folded(self.text(column))
        if text not in _YES | _NO:
            self.fault(column, "import.yes_no", text=short(self.text(column)))
        return text in _YES

    def fault(self, column: C, text_key: str, **values: Any) -> None:
        """Name what is wrong with this cell; the same is named once."""
        fault = Fault(self.line, column.value, text_key, values)
        if fault not in self.faults:
            self.faults.append(fault)


def read_rows(table: Table[C], row_of: Callable[[Cells[C]], R]) -> tuple[list[R], list[Fault]]:
    """`row_of` each row: those that can be read, and every fault of the others, in the order of the file."""
    rows: list[R] = []
    faults: list[Fault] = []
    for line, written in table.rows:
        if len(written) < table.width or any(cell.strip() for cell in written[table.width :]):
            # a cell too many or too few: the rest would stand under wrong names
            faults.append(Fault(line, "", "import.cells", {"have": len(written), "want": table.width}))
            continue
        cells = Cells(line, {column: written[at] for column, at in table.columns.items()})
        row = row_of(cells)
        if cells.faults:
            faults += cells.faults
        else:
            rows.append(row)
    return rows, faults


def short(text: str) -> str:
    """Enough of a cell to be recognised in a sentence."""
    return text if len(text) <= 40 else f"{text[:39]}…"
