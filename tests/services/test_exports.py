"""R30: what leaves as a table is text and numbers, and no spreadsheet finds a formula in it."""

from __future__ import annotations

import csv
import io

import pytest

from creos_ui.services.exports import BOM, csv_lines, number_cell, text_cell

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
