"""The former system's list: the columns of its grid, and each row as it says it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from creos_ui import clock
from creos_ui.services.people.names import LONGEST_PART, split_name
from creos_ui.tables.cells import Cells, Fault, read_rows, short
from creos_ui.tables.reading import read_table
from models import InvitationStatus, folded

LONGEST_TITLE = 200
MOST_CENTS = 10_000_000  # the database's own limit of an invitation
_IDENTIFIER = re.compile(r"[a-z0-9._-]{3,100}")  # as accounts/account.py takes them


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
_BUTTONS = ("Action", "Action(s)")  # the grid's own: nothing to bring over


Occasion = tuple[str, date, date]  # folded title, first day, due day


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

    @cached_property
    def pupil_key(self) -> str:
        return folded(self.pupil)

    @cached_property
    def debtor_key(self) -> str:
        return folded(self.debtor)

    @cached_property
    def occasion(self) -> Occasion:
        return folded(self.title), self.starts_on, self.due_on


@dataclass(frozen=True)
class Listing:
    """The list as it was read: its good rows, and every fault of the others. `sha256`: of the whole file."""

    sha256: str
    row_count: int
    mandatory_known: bool
    ignored_columns: list[str]
    rows: list[Row]
    faults: list[Fault]


def read_listing(content: bytes) -> Listing:
    """Raises the refusals of tables.reading for a file that is not such a list."""
    table = read_table(content, Column, required=REQUIRED, example=Column.PUPIL, passed_over=_BUTTONS)
    today = clock.today()
    rows, faults = read_rows(table, lambda cells: _row(cells, today))
    return Listing(
        sha256=hashlib.sha256(content).hexdigest(),
        row_count=len(table.rows),
        mandatory_known=Column.MANDATORY in table.columns,
        ignored_columns=table.ignored,
        rows=rows,
        faults=faults,
    )


def _row(cells: Cells[Column], today: date) -> Row:
    status, answered_on = _answer(cells, today)
    mandatory = cells.yes(Column.MANDATORY) if Column.MANDATORY in cells else None
    automatic = cells.yes(Column.AUTOMATIC)
    if automatic and status != InvitationStatus.PAID:
        cells.fault(Column.AUTOMATIC, "import.automatic_unpaid")
    if mandatory and status == InvitationStatus.DECLINED:
        cells.fault(Column.DECLINED_ON, "import.declined_mandatory")
    identifier = _identifier(cells)
    return Row(
        line=cells.line,
        starts_on=cells.day(Column.STARTS_ON) or today,
        pupil=_name(cells, Column.PUPIL),
        debtor=_name(cells, Column.DEBTOR, identifier),
        title=cells.words(Column.TITLE, LONGEST_TITLE),
        amount_cents=cells.cents(Column.AMOUNT, MOST_CENTS),
        due_on=cells.day(Column.DUE_ON) or today,
        status=status,
        answered_on=answered_on,
        automatic=automatic,
        mandatory=mandatory,
        document=None if cells.nothing(Column.DOCUMENT) else cells.text(Column.DOCUMENT),
        identifier=identifier,
    )


def _answer(cells: Cells[Column], today: date) -> tuple[InvitationStatus, date | None]:
    paid_on, declined_on = _past_day(cells, Column.PAID_ON, today), _past_day(cells, Column.DECLINED_ON, today)
    if paid_on and declined_on:
        cells.fault(Column.DECLINED_ON, "import.both_answers")
    if paid_on:
        return InvitationStatus.PAID, paid_on
    return (InvitationStatus.DECLINED if declined_on else InvitationStatus.OPEN), declined_on


def _past_day(cells: Cells[Column], column: Column, today: date) -> date | None:
    if cells.nothing(column):
        return None
    day = cells.day(column)
    if day and day > today:
        cells.fault(column, "import.future")
    return day


def _identifier(cells: Cells[Column]) -> str | None:
    if cells.nothing(Column.IDENTIFIER):
        return None
    identifier = folded(cells.text(Column.IDENTIFIER))
    if not _IDENTIFIER.fullmatch(identifier):
        cells.fault(Column.IDENTIFIER, "import.identifier", text=short(identifier))
    return identifier


def _name(cells: Cells[Column], column: Column, identifier: str | None = None) -> str:
    name = cells.words(column, 2 * LONGEST_PART)
    if any(max(len(part), len(folded(part))) > LONGEST_PART for part in split_name(name, identifier)):
        cells.fault(column, "import.too_long", most=LONGEST_PART)
    return name
