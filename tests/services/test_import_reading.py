"""The former system's list as files really come: encodings, delimiters, orders, damage."""

from __future__ import annotations

import codecs
import csv
import io
from datetime import date

import pytest

from creos_ui.errors import DomainError
from creos_ui.services.former_system.rows import Row, read_listing
from creos_ui.tables.cells import Fault
from creos_ui.tables.reading import (
    MOST_BYTES,
    MOST_ROWS,
    BrokenQuotes,
    ColumnsMissing,
    ColumnTwice,
    FileTooLarge,
    NoHeader,
    NotText,
    TooManyRows,
)

HEADER = [
    "Date de début",
    "Bénéficiaire",
    "Débiteur",
    "Description de l'invitation à payer",
    "Montant",
    "Échéance",
    "Date de paiement",
    "Date de refus",
    "Payé automatiquement",
    "Obligatoire",
    "Identifiant",
]
ROWS = [
    row.split("|")
    for row in (
        "19/06/2024|Muller Camille|Dubois Jacqueline|Musée du jouet|5,00 €|24/06/2024|||non|oui|dubois.jacqueline",
        "03/05/2024|Muller Nolan|Dubois Jacqueline|L'été, c'est à l'œuvre|1.234,50 €|10/05/2024|09/05/2024|-|oui|oui|"
        "dubois.jacqueline",
        "03/05/2024|Muller Nolan|Dubois Jacqueline|Cross|3,00 €|10/05/2024|–|08/05/2024||non|",
    )
]


def text(delimiter: str = ";", line_end: str = "\r\n", quoting: int = csv.QUOTE_MINIMAL, order: int = 1) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=line_end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows(row[::order] for row in [HEADER, *ROWS])
    return out.getvalue()


def plain_header(content: str) -> str:
    head, rest = content.split("\r\n", 1)
    head = head.replace("é", "e").replace("É", "E").replace("à", "a").upper()
    return f"{head}\r\n{rest}"


ELEVEN = {
    "UTF-8, semicolon": text().encode(),
    "UTF-8 with mark": text().encode("utf-8-sig"),
    "Windows-1252": text().encode("windows-1252"),
    "UTF-16 little-endian": codecs.BOM_UTF16_LE + text().encode("utf-16-le"),
    "UTF-16 big-endian": codecs.BOM_UTF16_BE + text().encode("utf-16-be"),
    "comma, all quoted": text(",", quoting=csv.QUOTE_ALL).encode(),
    "tab, Unix line ends": text("\t", "\n").encode(),
    "columns the other way round": text(order=-1).encode(),
    "no accents, capitals, comma": plain_header(text(",")).encode("windows-1252"),
    "typographic apostrophe, other dates and amounts": text()
    .replace("l'invitation", "l’invitation")
    .replace("19/06/2024", "2024-06-19")
    .replace("24/06/2024", "24.06.2024")
    .replace("10/05/2024", "10-05-2024")
    .replace("5,00 €", "5.00")
    .replace("1.234,50 €", "EUR 1 234,50")
    .replace(";oui;", ";Vrai;")
    .replace(";non;", ";FAUX;")
    .encode(),
    "empty lines, unknown column, actions, spreadsheet's hint": (
        "sep=;\r\n\r\n"
        + text().replace("\r\n", ";x;;\r\n\r\n").replace("Identifiant;x;;", "Identifiant;Couleur;Action(s);")
    ).encode("utf-8-sig"),
}


def without_lines(rows: list[Row]) -> list[dict[str, object]]:
    return [{name: value for name, value in vars(row).items() if name != "line"} for row in rows]


@pytest.mark.parametrize("layout", ELEVEN)
def test_the_same_list_in_eleven_layouts_is_the_same(layout: str) -> None:
    listing = read_listing(ELEVEN[layout])
    assert listing.faults == []
    assert without_lines(listing.rows) == [
        {
            "starts_on": date(2024, 6, 19),
            "pupil": "Muller Camille",
            "debtor": "Dubois Jacqueline",
            "title": "Musée du jouet",
            "amount_cents": 500,
            "due_on": date(2024, 6, 24),
            "status": "open",
            "answered_on": None,
            "automatic": False,
            "mandatory": True,
            "document": None,
            "identifier": "dubois.jacqueline",
        },
        {
            "starts_on": date(2024, 5, 3),
            "pupil": "Muller Nolan",
            "debtor": "Dubois Jacqueline",
            "title": "L'été, c'est à l'œuvre",
            "amount_cents": 123_450,
            "due_on": date(2024, 5, 10),
            "status": "paid",
            "answered_on": date(2024, 5, 9),
            "automatic": True,
            "mandatory": True,
            "document": None,
            "identifier": "dubois.jacqueline",
        },
        {
            "starts_on": date(2024, 5, 3),
            "pupil": "Muller Nolan",
            "debtor": "Dubois Jacqueline",
            "title": "Cross",
            "amount_cents": 300,
            "due_on": date(2024, 5, 10),
            "status": "declined",
            "answered_on": date(2024, 5, 8),
            "automatic": False,
            "mandatory": False,
            "document": None,
            "identifier": None,
        },
    ]


def test_columns_nothing_is_read_from_are_named_except_the_buttons() -> None:
    listing = read_listing(ELEVEN["empty lines, unknown column, actions, spreadsheet's hint"])
    assert listing.ignored_columns == ["Couleur"]


def test_lines_are_those_of_the_file_also_after_empty_lines_and_quoted_line_ends() -> None:
    content = text(line_end="\n").replace("Musée du jouet", '"Musée\ndu jouet"').replace("\n03/05", "\n\n03/05", 1)
    assert [(row.line, row.title) for row in read_listing(content.encode()).rows][:2] == [
        (2, "Musée du jouet"),
        (5, "L'été, c'est à l'œuvre"),
    ]


GOOD = dict(zip(HEADER, ROWS[0], strict=True))
PAID = {"Date de paiement": "20/06/2024"}
DAMAGED = [
    ({"Montant": "3,00E+05"}, "Montant", "amount"),
    ({"Montant": "5,005"}, "Montant", "amount"),
    ({"Montant": "5,0050"}, "Montant", "amount"),
    ({"Montant": "-5,00 €"}, "Montant", "amount"),
    ({"Montant": "0,00 €"}, "Montant", "amount_range"),
    ({"Montant": "100.000,01 €"}, "Montant", "amount_range"),
    ({"Montant": "cinq"}, "Montant", "amount"),
    ({"Montant": ""}, "Montant", "empty"),
    ({"Échéance": "43012"}, "Échéance", "date"),
    ({"Échéance": "1/feb"}, "Échéance", "date"),
    ({"Échéance": "31/02/2024"}, "Échéance", "date"),
    ({"Échéance": "06/24/2024"}, "Échéance", "date"),
    ({"Échéance": "24/06/24"}, "Échéance", "date"),
    ({"Échéance": "24/06-2024"}, "Échéance", "date"),
    ({"Échéance": "٢٤/06/2024"}, "Échéance", "date"),
    ({"Échéance": "24/06/0204"}, "Échéance", "date"),
    ({"Échéance": ""}, "Échéance", "empty"),
    ({"Date de début": "-"}, "Date de début", "empty"),
    ({"Date de paiement": "hier"}, "Date de paiement", "date"),
    ({"Date de paiement": "19/06/2099"}, "Date de paiement", "future"),
    ({**PAID, "Date de refus": "21/06/2024"}, "Date de refus", "both_answers"),
    ({"Date de refus": "21/06/2024"}, "Date de refus", "declined_mandatory"),
    ({"Payé automatiquement": "oui"}, "Payé automatiquement", "automatic_unpaid"),
    ({"Payé automatiquement": "peut-être", **PAID}, "Payé automatiquement", "yes_no"),
    ({"Obligatoire": "3"}, "Obligatoire", "yes_no"),
    ({"Bénéficiaire": " "}, "Bénéficiaire", "empty"),
    ({"Débiteur": "Dubois\x00Jacqueline"}, None, NotText),
    ({"Débiteur": "Dubois\x07Jacqueline"}, "Débiteur", "characters"),
    ({"Débiteur": "D" * 101}, "Débiteur", "too_long"),
    ({"Description de l'invitation à payer": "t" * 201}, "Description de l'invitation à payer", "too_long"),
    ({"Description de l'invitation à payer": "ß" * 150}, "Description de l'invitation à payer", "too_long"),
    ({"Identifiant": "jacqueline@example.org"}, "Identifiant", "identifier"),
    ({"Identifiant": "jd"}, "Identifiant", "identifier"),
]


@pytest.mark.parametrize(("damage", "column", "reason"), DAMAGED)
def test_each_damage_is_named_and_never_guessed(
    damage: dict[str, str], column: str | None, reason: str | type[DomainError]
) -> None:
    content = "\n".join([";".join(HEADER), ";".join(GOOD.values()), ";".join({**GOOD, **damage}.values())]).encode()
    if isinstance(reason, type):
        with pytest.raises(reason):
            read_listing(content)
        return
    faults = read_listing(content).faults
    assert [(fault.line, fault.column, fault.text_key) for fault in faults] == [(3, column, f"import.{reason}")]


def test_every_fault_of_a_row_is_named_at_once() -> None:
    damaged = {**GOOD, "Montant": "x", "Échéance": "y", "Date de début": "z"}
    faults = read_listing("\n".join([";".join(HEADER), ";".join(damaged.values())]).encode()).faults
    assert {fault.column for fault in faults} == {"Montant", "Échéance", "Date de début"}


def test_a_row_whose_cells_are_shifted_is_refused_whole() -> None:
    """5,00 without quotes in a list with commas is two cells: the rest would stand under wrong names."""
    content = ",".join(HEADER) + "\n" + ",".join(ROWS[0]) + "\n" + ",".join(ROWS[0][:7])
    assert read_listing(content.encode()).faults == [
        Fault(2, "", "import.cells", {"have": 12, "want": 11}),
        Fault(3, "", "import.cells", {"have": 8, "want": 11}),
    ]


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", NoHeader),
        (b"\n\n", NoHeader),
        ("Nom;Prénom\nDubois;Jacqueline".encode(), NoHeader),
        (text().replace("Date de refus", "Refus").encode(), ColumnsMissing),
        (text().replace("Obligatoire", "montant").encode(), ColumnTwice),
        (text().replace("Cross", '"Cross').encode(), BrokenQuotes),
        (b"PK\x03\x04\x00\x00\x81\x8d", NotText),
        (b"\xef\xbb\xbfMontant\xff", NotText),
        (b"x" * (MOST_BYTES + 1), FileTooLarge),
        ((";".join(HEADER) + "\n" + "x;\n" * (MOST_ROWS + 1)).encode(), TooManyRows),
    ],
)
def test_a_file_that_is_not_such_a_list_is_refused(content: bytes, refusal: type[DomainError]) -> None:
    with pytest.raises(refusal):
        read_listing(content)
