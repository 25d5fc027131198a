"""Euro cents to text and back; no rules, no floats."""

from __future__ import annotations

import re
from decimal import Decimal

from babel.numbers import format_currency

LOCALES = {"fr": "fr_BE", "en": "en_BE", "nl": "nl_BE", "de": "de_BE"}
_AMOUNT = re.compile(r"(?P<euros>\d{1,3}(?:[. \u00a0\u202f]\d{3})+|\d+)(?:[.,](?P<cents>\d{1,2}))?", re.ASCII)


def money(cents: int, language: str) -> str:
    """500 -> « 5,00 € », with the language's own separators and unbreakable spaces."""
    return format_currency(Decimal(cents).scaleb(-2), "EUR", locale=LOCALES[language])


def parse_cents(text: str) -> int:
    """« 5,00 € », « 1.234,50 », « EUR 12.5 » -> integer euro cents; ValueError for anything not exactly an amount.

    A lone separator before three digits (1.234) is a thousands separator, as Belgian lists write it; more than two
    decimals and damaged spreadsheet numbers (3,00E+05) are refused, never guessed (R29, R36).
    """
    bare = text.replace("€", "").replace("EUR", "").strip(" \u00a0\u202f\t")
    found = _AMOUNT.fullmatch(bare)
    if not found:
        raise ValueError(text)
    euros = re.sub(r"\D", "", found["euros"])
    return int(euros) * 100 + int((found["cents"] or "").ljust(2, "0"))
