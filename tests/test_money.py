"""Amounts as lists and people write them; never a float, never a guess."""

from __future__ import annotations

import re

import pytest

from creos_ui.money import money, parse_cents


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("5,00 €", 500),
        ("5.00", 500),
        ("5", 500),
        ("0,5", 50),
        ("€ 12,5", 1_250),
        ("EUR 12.50", 1_250),
        ("12,50\u00a0€", 1_250),
        ("1.234,50", 123_450),
        ("1 234,50 €", 123_450),
        ("1\u202f234", 123_400),
        ("1.234", 123_400),  # a lone point before three digits groups thousands
        ("1.234.567,89", 123_456_789),
        ("0,00", 0),
        ("007", 700),
    ],
)
def test_an_amount_is_read(text: str, cents: int) -> None:
    assert parse_cents(text) == cents


@pytest.mark.parametrize("text", ["", "€", "cinq", "-5,00", "+5", "5,005", "1234.567", "1.2345", "5,00,00", "12.34.5"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        parse_cents(text)


@pytest.mark.parametrize("text", ["3,00E+05", "1,234.50", "0x10", "٥", "½", "NaN", "inf", "1_000", "5,", ",50", "5 00"])
def test_what_a_spreadsheet_made_of_it_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        parse_cents(text)


@pytest.mark.parametrize("cents", [0, 1, 99, 500, 123_450, 10_000_000])
def test_what_is_written_in_french_can_be_read_again(cents: int) -> None:
    assert parse_cents(money(cents, "fr")) == cents


def test_each_language_writes_as_belgium_does() -> None:
    assert (money(123_450, "fr"), money(123_450, "en")) == ("1\u202f234,50\u00a0€", "1.234,50\u00a0€")
