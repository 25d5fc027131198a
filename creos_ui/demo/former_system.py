"""Lists as the former system exports them: a year of activities, as CSV with the column names of its grid.

All dates are relative to today and on school days: open invitations are due in the coming weeks.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from creos_ui import clock
from creos_ui.demo.families import CAMILLE, JACQUELINE, MARC, NOLAN, SEED, Adult, Schoolchild
from creos_ui.services.people.names import free_identifier
from creos_ui.tables.writing import BOM, csv_lines, number_cell

COLUMNS = (
    "Date de début",
    "Bénéficiaire",
    "Débiteur",
    "Description de l’invitation à payer",
    "Montant",
    "Échéance",
    "Date de paiement",
    "Date de refus",
    "Payé automatiquement",
    "Action(s)",
    "Obligatoire",
    "Document",
    "Identifiant",
)
DOCUMENT = "musee-du-jouet.pdf"
UPPER, LOWER, ALL, FOURTH = range(2, 6), range(2), range(6), range(3, 4)


@dataclass(frozen=True)
class Occasion:
    """One activity of the year: its price in cents, `starts` and `due` in days from today."""

    title: str
    classes: range
    price_cents: int
    mandatory: bool
    starts: int
    due: int
    document: str = ""


MUSEUM = Occasion("Musée du jouet", FOURTH, 500, True, 16, 9, DOCUMENT)
HANDBALL = Occasion("Activité handball temps de midi", ALL, 800, False, 12, 8)
GREEN_CLASSES = Occasion("Classes vertes", FOURTH, 12_000, True, 46, 24)
SHOW = Occasion("Spectacle de fin d’année", ALL, 600, False, 36, 18)
WALK = Occasion("Promenade au bois", ALL, 400, True, 4, -6)  # past its due date, and still open for answers
PHOTO = Occasion("Photo de classe", ALL, 1_000, False, -25, -30)  # the school has closed it since
POOL_1 = Occasion("Piscine, premier trimestre", UPPER, 2_400, True, -280, -273)
FARM = Occasion("Ferme pédagogique", LOWER, 1_200, True, -215, -221)
PLAY = Occasion("Théâtre : Le Petit Prince", UPPER, 700, True, -245, -252)
RUN = Occasion("Cross de l’école", ALL, 300, False, -230, -236)
SCIENCE = Occasion("Musée des Sciences naturelles", UPPER, 850, True, -200, -207)
SAINT_NICHOLAS = Occasion("Goûter de Saint-Nicolas", ALL, 250, False, -180, -184)
SKATING = Occasion("Patinoire", UPPER, 950, True, -160, -166)
POTTERY = Occasion("Atelier poterie temps de midi", ALL, 1_500, False, -140, -147)
POOL_2 = Occasion("Piscine, deuxième trimestre", UPPER, 2_400, True, -120, -127)
CINEMA = Occasion("Cinéma : la séance des petits", LOWER, 500, True, -100, -105)
MAGAZINE = Occasion("Abonnement au magazine", ALL, 3_900, False, -90, -97)
CHESS = Occasion("Échecs temps de midi", ALL, 1_200, False, -60, -66)
STARS = Occasion("Planétarium", UPPER, 1_100, True, -45, -51)
OCCASIONS = (
    *(POOL_1, PLAY, RUN, FARM, SCIENCE, SAINT_NICHOLAS, SKATING, POTTERY, POOL_2, CINEMA, MAGAZINE, CHESS, STARS),
    *(PHOTO, WALK, HANDBALL, MUSEUM, SHOW, GREEN_CLASSES),
)


@dataclass(frozen=True)
class FormerLine:
    """One line of the list; `answered` in days from today."""

    occasion: Occasion
    child: Schoolchild
    debtor: Adult
    answer: str = "open"
    answered: int = 0
    automatic: bool = False


# Jacqueline's year: four open ones, a show that loading the demo pays from her wallet, and all that is past
DUBOIS = (
    FormerLine(POOL_1, CAMILLE, JACQUELINE, "paid", -276),
    FormerLine(PLAY, CAMILLE, JACQUELINE, "paid", -258),
    FormerLine(RUN, CAMILLE, JACQUELINE, "declined", -238),
    FormerLine(FARM, NOLAN, JACQUELINE, "paid", -225),
    FormerLine(SCIENCE, CAMILLE, JACQUELINE, "paid", -208),
    FormerLine(SAINT_NICHOLAS, CAMILLE, JACQUELINE, "paid", -184, automatic=True),
    FormerLine(SKATING, CAMILLE, JACQUELINE, "paid", -170),
    FormerLine(POOL_2, CAMILLE, JACQUELINE, "paid", -127, automatic=True),
    FormerLine(CINEMA, NOLAN, JACQUELINE, "paid", -107),
    FormerLine(MAGAZINE, NOLAN, JACQUELINE, "declined", -99),
    FormerLine(STARS, CAMILLE, JACQUELINE, "paid", -52),
    FormerLine(WALK, CAMILLE, JACQUELINE, "paid", -8),
    FormerLine(WALK, NOLAN, JACQUELINE, "paid", -8),
    FormerLine(SHOW, CAMILLE, JACQUELINE),
    FormerLine(MUSEUM, CAMILLE, JACQUELINE),
    FormerLine(HANDBALL, CAMILLE, JACQUELINE),
    FormerLine(HANDBALL, NOLAN, JACQUELINE),
    FormerLine(GREEN_CLASSES, CAMILLE, JACQUELINE),
)


def lines_of_others(children: Iterable[Schoolchild]) -> Iterator[FormerLine]:
    """The invitations of all other families, and their answers: most pay in time, some decline, a few forget."""
    chance = random.Random(SEED)  # noqa: S311 - imaginary answers
    for child in children:
        if JACQUELINE in child.debtors:
            continue
        for number, occasion in enumerate(occasion for occasion in OCCASIONS if child.class_no in occasion.classes):
            debtor = child.debtors[number % len(child.debtors)]
            forgets = debtor == MARC and occasion in (WALK, PHOTO, MUSEUM, HANDBALL, GREEN_CLASSES)
            yield FormerLine(occasion, child, debtor) if forgets else _answered(chance, occasion, child, debtor)


def _answered(chance: random.Random, occasion: Occasion, child: Schoolchild, debtor: Adult) -> FormerLine:
    luck = chance.random()
    if luck < (0.05 if occasion.due < 0 else 0.6):
        return FormerLine(occasion, child, debtor)
    answered = min(occasion.due, -1) - chance.randrange(6)
    if not occasion.mandatory and luck > 0.75:
        return FormerLine(occasion, child, debtor, "declined", answered)
    return FormerLine(occasion, child, debtor, "paid", answered, automatic=chance.random() < 0.1)


def write_list(path: Path, lines: Iterable[FormerLine]) -> None:
    """As a Belgian spreadsheet saves it: semicolons, dates 19/06/2024, amounts 5,00 €."""
    path.write_bytes(BOM + csv_lines([COLUMNS, *map(_cells, lines)]))


def _cells(line: FormerLine) -> tuple[str, ...]:
    occasion, debtor = line.occasion, line.debtor
    return (
        f"{school_day(occasion.starts):%d/%m/%Y}",
        line.child.name,
        debtor.name,
        occasion.title,
        f"{number_cell(occasion.price_cents)} €",
        f"{school_day(occasion.due):%d/%m/%Y}",
        f"{_day(line.answered):%d/%m/%Y}" if line.answer == "paid" else "",
        f"{_day(line.answered):%d/%m/%Y}" if line.answer == "declined" else "",
        "oui" if line.automatic else "non",
        "",
        "oui" if occasion.mandatory else "non",
        occasion.document,
        free_identifier(debtor.last_name, debtor.first_name, ()),
    )


def school_day(days: int) -> date:
    """The day so many days from today; instead of a weekend the Friday before if it is past, else the Monday after."""
    day = _day(days)
    if day.weekday() < 5:
        return day
    return day - timedelta(days=day.weekday() - 4) if days < 0 else day + timedelta(days=7 - day.weekday())


def _day(days: int) -> date:
    return clock.today() + timedelta(days=days)
