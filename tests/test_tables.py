"""Tables as files: any list is read by its own columns; what leaves is text and numbers, and no formula (R30)."""

from __future__ import annotations

import csv
import io
from datetime import date
from enum import StrEnum

import pytest

from creos_ui.tables.cells import Cells, Fault, read_rows
from creos_ui.tables.reading import ColumnsMissing, NoHeader, read_table
from creos_ui.tables.writing import BOM, csv_lines, number_cell, text_cell

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠SUM(A1)"]


@pytest.mark.parametrize("text", [*FORMULAS, " =1", "\u00a0=1", "\ufeff=1", "\u200b=1", "\x00=1", "\t", "\r", "="])
def test_what_a_spreadsheet_might_compute_is_stored_as_text(text: str) -> None:
    assert text_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Musée", "1=1", "Noël – été", "l’école", "'=1", "0470 12 34 56", "été = hiver"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert text_cell(text) == text


def test_a_telephone_number_stays_readable() -> None:
    assert text_cell("+32 470 12 34 56") == "'+32 470 12 34 56"


@pytest.mark.parametrize(
    ("cents", "cell"), [(0, "0,00"), (5, "0,05"), (-5, "-0,05"), (123_456, "1234,56"), (-1_250, "-12,50")]
)
def test_amounts_are_numbers_with_a_decimal_comma(cents: int, cell: str) -> None:
    assert number_cell(cents) == cell


def test_what_is_written_is_read_back() -> None:
    lines = [[text_cell(text), number_cell(-1)] for text in [*FORMULAS, 'a;b"c', "deux\nlignes", "Zoë"]]
    content = (BOM + csv_lines(lines)).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(content, newline=""), delimiter=";")) == lines


class Column(StrEnum):
    """Of a list nobody here has yet."""

    NAME = "Nom"
    CLASS = "Classe"
    BORN = "Né le"


def read(content: str) -> tuple[list[tuple[int, str, str, date | None]], list[Fault], list[str]]:
    def row(cells: Cells[Column]) -> tuple[int, str, str, date | None]:
        born = cells.day(Column.BORN) if Column.BORN in cells else None
        return cells.line, cells.words(Column.NAME, 10), cells.text(Column.CLASS), born

    required = [Column.NAME, Column.CLASS]
    table = read_table(content.encode(), Column, required=required, example=Column.NAME, passed_over=["Photo"])
    rows, faults = read_rows(table, row)
    return rows, faults, table.ignored


def test_a_list_is_read_by_its_own_columns() -> None:
    content = "sep=,\nCLASSE,Photo,« Nom »,ne le,Allergies\n\n3A,x,Zoë,19/06/2015,noix\n3B,,Tom,2015-02-01,\n"
    rows, faults, ignored = read(content)
    assert rows == [(4, "Zoë", "3A", date(2015, 6, 19)), (5, "Tom", "3B", date(2015, 2, 1))]
    assert (faults, ignored) == ([], ["Allergies"])


def test_a_column_that_is_not_required_may_be_missing() -> None:
    assert read("Nom;Classe\nZoë;3A\n") == ([(2, "Zoë", "3A", None)], [], [])


def test_a_list_that_is_another_is_refused_by_what_it_lacks() -> None:
    with pytest.raises(ColumnsMissing) as missing:
        read("Nom;Né le\nZoë;19/06/2015\n")
    assert missing.value.values == {"columns": "Classe"}
    with pytest.raises(NoHeader) as header:
        read("Montant;Compte\n1;2\n")
    assert header.value.values == {"column": "Nom"}


def test_a_row_with_a_fault_is_named_and_left_out() -> None:
    rows, faults, _ = read("Nom;Classe;Né le\nZoë;3A;hier\n;3A;19/06/2015\nMarie-Christine;3A;-\nTom;3A;19/06/2015;x\n")
    assert rows == []
    assert faults == [
        Fault(2, "Né le", "import.date", {"text": "hier"}),
        Fault(3, "Nom", "import.empty"),
        Fault(4, "Né le", "import.empty"),
        Fault(4, "Nom", "import.too_long", {"most": 10}),
        Fault(5, "", "import.cells", {"have": 4, "want": 3}),
    ]
