"""The rows of the former system's list, read strictly: what is not exactly a date, an amount or a yes is named (R29).

Nothing is guessed: a spreadsheet's 43012, 1/feb or 3,00E+05 is a fault with its line, column and reason.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from creos_ui import clock
from creos_ui.money import parse_cents
from creos_ui.services.former_system.table import Column, Table
from creos_ui.services.people.names import LONGEST_PART, split_name
from models import InvitationStatus, folded

LONGEST_TITLE = 200
MOST_CENTS = 10_000_000  # the database's own limit of an invitation
_YES = {"oui", "x", "✓", "✔", "☑", "vrai", "true", "1"}
_NO = {"", "non", "-", "–", "—", "☐", "faux", "false", "0"}
_NO_DATE = {"", "-", "–", "—"}
_DATES = (
    re.compile(r"(?P<day>\d\d)(?P<mark>[/.-])(?P<month>\d\d)(?P=mark)(?P<year>\d{4})", re.ASCII),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)", re.ASCII),
)
_IDENTIFIER = re.compile(r"[a-z0-9._-]{3,100}")  # as accounts/account.py takes them


@dataclass(frozen=True)
class Fault:
    """What is wrong with one row: `reason` and `values` become the sentence command.fault.<reason>."""

    line: int
    column: str
    reason: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One invitation as the list says it; the amount in integer euro cents. `mandatory` None: the list is silent."""

    line: int
    starts_on: date
    pupil: str
    debtor: str
    title: str
    amount_cents: int
    due_on: date
    status: InvitationStatus
    answered_on: date | None
    automatic: bool
    mandatory: bool | None
    document: str | None
    identifier: str | None


def read_rows(table: Table) -> tuple[list[Row], list[Fault]]:
    """The rows that can be read, and every fault of the others, in the order of the file."""
    rows: list[Row] = []
    faults: list[Fault] = []
    today = clock.today()
    for line, cells in table.rows:
        if len(cells) < table.width or any(cell.strip() for cell in cells[table.width :]):
            faults.append(Fault(line, "", "cells", {"have": len(cells), "want": table.width}))
            continue
        reader = _RowReader(line, {column: cells[at] for column, at in table.columns.items()}, today)
        row = reader.row()
        if reader.faults:
            faults += reader.faults
        else:
            rows.append(row)
    return rows, faults


class _RowReader:
    """Reads one row's cells; what is wrong is added to `faults`, and a stand-in returned."""

    def __init__(self, line: int, cells: dict[Column, str], today: date) -> None:
        self.line, self.cells, self.today = line, cells, today
        self.faults: list[Fault] = []

    def row(self) -> Row:
        status, answered_on = self._answer()
        mandatory = self._yes(Column.MANDATORY) if Column.MANDATORY in self.cells else None
        automatic = self._yes(Column.AUTOMATIC)
        if automatic and status != InvitationStatus.PAID:
            self._fault(Column.AUTOMATIC, "automatic_unpaid")
        if mandatory and status == InvitationStatus.DECLINED:
            self._fault(Column.DECLINED_ON, "declined_mandatory")
        identifier = self._identifier()
        return Row(
            line=self.line,
            starts_on=self._date(Column.STARTS_ON) or self.today,
            pupil=self._name(Column.PUPIL),
            debtor=self._name(Column.DEBTOR, identifier),
            title=self._words(Column.TITLE, LONGEST_TITLE),
            amount_cents=self._amount(),
            due_on=self._date(Column.DUE_ON) or self.today,
            status=status,
            answered_on=answered_on,
            automatic=automatic,
            mandatory=mandatory,
            document=self._text(Column.DOCUMENT) if self._text(Column.DOCUMENT) not in _NO_DATE else None,
            identifier=identifier,
        )

    def _answer(self) -> tuple[InvitationStatus, date | None]:
        paid_on, declined_on = self._past_date(Column.PAID_ON), self._past_date(Column.DECLINED_ON)
        if paid_on and declined_on:
            self._fault(Column.DECLINED_ON, "both_answers")
        if paid_on:
            return InvitationStatus.PAID, paid_on
        return (InvitationStatus.DECLINED if declined_on else InvitationStatus.OPEN), declined_on

    def _past_date(self, column: Column) -> date | None:
        if self._text(column) in _NO_DATE:
            return None
        day = self._date(column)
        if day and day > self.today:
            self._fault(column, "future")
        return day

    def _date(self, column: Column) -> date | None:
        text = self._text(column)
        if text in _NO_DATE:
            self._fault(column, "empty")
            return None
        found = next((match for match in (shape.fullmatch(text) for shape in _DATES) if match), None)
        try:
            day = date(int(found["year"]), int(found["month"]), int(found["day"])) if found else None
        except ValueError:  # 31/02/2024
            day = None
        if day is None or not 2000 <= day.year < 2100:
            self._fault(column, "date", text=_short(text))
            return None
        return day

    def _amount(self) -> int:
        text = self._text(Column.AMOUNT)
        if not text:
            self._fault(Column.AMOUNT, "empty")
            return 0
        try:
            cents = parse_cents(text)
        except ValueError:
            self._fault(Column.AMOUNT, "amount", text=_short(text))
            return 0
        if not 0 < cents <= MOST_CENTS:
            self._fault(Column.AMOUNT, "amount_range", text=_short(text), most_cents=MOST_CENTS)
        return cents

    def _yes(self, column: Column) -> bool:
        text = self._text(column)
        if folded(text) not in _YES | _NO:
            self._fault(column, "yes_no", text=_short(text))
        return folded(text) in _YES

    def _identifier(self) -> str | None:
        text = folded(self._text(Column.IDENTIFIER))
        if text in _NO_DATE:
            return None
        if not _IDENTIFIER.fullmatch(text):
            self._fault(Column.IDENTIFIER, "identifier", text=_short(text))
        return text

    def _name(self, column: Column, identifier: str | None = None) -> str:
        name = self._words(column, 2 * LONGEST_PART)
        if any(max(len(part), len(folded(part))) > LONGEST_PART for part in split_name(name, identifier)):
            self._fault(column, "too_long", most=LONGEST_PART)
        return name

    def _words(self, column: Column, most: int) -> str:
        """A text people read, never empty, its spaces made single."""
        text = self._text(column)
        if not folded(text):
            self._fault(column, "empty")
        if max(len(text), len(folded(text))) > most:
            self._fault(column, "too_long", most=most)
        return text

    def _text(self, column: Column) -> str:
        text = " ".join(self.cells.get(column, "").replace("\ufeff", "").split())
        if any(unicodedata.category(c) in ("Cc", "Cs") for c in text):
            fault = Fault(self.line, column.value, "characters")
            if fault not in self.faults:
                self.faults.append(fault)
        return text

    def _fault(self, column: Column, reason: str, **values: Any) -> None:
        self.faults.append(Fault(self.line, column.value, reason, values))


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
