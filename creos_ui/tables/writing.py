"""What leaves the portal as a table: text that no spreadsheet takes for a formula (R30).

A file as Belgium's spreadsheets open it by themselves: UTF-8 with its mark, semicolons, a decimal comma, 19/06/2024.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable

BOM = codecs.BOM_UTF8
_BEGIN_FORMULAS = frozenset("=+-@\t\r\n＝＋－＠")


def text_cell(text: str) -> str:
    """The text, behind an apostrophe where a spreadsheet might compute it; spaces and unseen marks may lead it."""
    first = next((c for c in text if c in _BEGIN_FORMULAS or (c.isprintable() and not c.isspace())), "")
    return f"'{text}" if first and first in _BEGIN_FORMULAS else text


def number_cell(cents: int) -> str:
    """Euro cents as a number: -1234,50."""
    euros, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{euros},{rest:02d}"


def csv_lines(lines: Iterable[Iterable[str]]) -> bytes:
    """Cells of text_cell and number_cell as lines of the file, in UTF-8."""
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=";", lineterminator="\r\n").writerows(lines)
    return file.getvalue().encode()
