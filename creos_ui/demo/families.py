"""The imaginary families: the same every time, made from one seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

PUPILS = 120
CLASSES = ["1re primaire", "2e primaire", "3e primaire", "4e primaire", "5e primaire", "6e primaire"]
SEED = 1879

LAST_NAMES = """
    Peeters|Janssens|Maes|Jacobs|Mertens|Willems|Claes|Goossens|Wouters|De Smet|Dupont|Lambert|Dumont|Martin|Simon
    Laurent|Leclercq|Denis|Renard|Lemaire|Fontaine|Collard|Gérard|Mathieu|Piron|Henrard|Noël|Delvaux|Vandenberghe
    Van Damme|Van den Broeck|De Backer|D’Hondt|Vermeulen|Benali|El Amrani|Bouzid|Ait Ouali|Haddad|Ben Salah|Yilmaz
    Demir|Kaya|Öztürk|Rossi|Ferrari|Esposito|Di Stefano|Da Silva|Fernandes|García|López|Nowak|Kowalczyk|Popescu
    Ionescu|Ivanova|Diallo|Traoré|Mukendi|Ilunga|Kabongo|Niyonzima|Nguyen|Tran|Chen|Singh|Papadopoulos|Hoxha|Petrović
"""
CHILDREN = """
    Emma|Louise|Olivia|Juliette|Alice|Lina|Inès|Nour|Zoé|Lou|Manon|Charlotte|Elif|Aylin|Sofia|Giulia|Chiara|Maëlle
    Léa|Anna|Amira|Yasmine|Fatou|Aminata|Grâce|Divine|Mei|Linh|Ana|Teodora|Maria|Élise|Margaux|Apolline|Rose|Clara
    Arthur|Louis|Adam|Noah|Liam|Gabriel|Victor|Lucas|Jules|Mohamed|Rayan|Ilyes|Yanis|Emir|Mehmet|Matteo|Lorenzo|Luca
    Tiago|Mateo|Kacper|Jakub|Andrei|Ivan|Mamadou|Ibrahim|Exaucé|Samuel|Minh|Wei|Arjun|Nikos|Ardit|Stefan|Basile|Côme
"""
ADULTS = """
    Sophie|Nathalie|Isabelle|Karim|Mohammed|Fatima|Khadija|Samira|Mehmet|Ayşe|Giovanni|Francesca|Carlos|Sónia|Pedro
    Ewa|Piotr|Elena|Mihai|Olga|Moussa|Mariam|Patrick|Chantal|Jean-Luc|Anne-Sophie|Benoît|Caroline|David|Émilie
    François|Géraldine|Hélène|Julien|Katrien|Laurence|Luc|Marie|Nicolas|Olivier|Pascal|Rachid|Sarah|Thomas|Valérie
    Véronique|Wim|Xavier|Youssef|Zeynep|Hoa|Jing|Harpreet|Dimitri|Arben|Milica|Aurore|Cédric|Delphine|Grégory
"""


@dataclass(frozen=True)
class Adult:
    last_name: str
    first_name: str

    @property
    def name(self) -> str:
        return f"{self.last_name} {self.first_name}"


@dataclass(frozen=True)
class Schoolchild:
    """A pupil in class 0 to 5; two debtors live in two households and answer in turn."""

    last_name: str
    first_name: str
    class_no: int
    debtors: tuple[Adult, ...]

    @property
    def name(self) -> str:
        return f"{self.last_name} {self.first_name}"


JACQUELINE = Adult("Dubois", "Jacqueline")
MARC = Adult("Leroy", "Marc")
CAMILLE = Schoolchild("Muller", "Camille", 3, (JACQUELINE,))
NOLAN = Schoolchild("Muller", "Nolan", 0, (JACQUELINE,))
ZOE = Schoolchild("Leroy", "Zoé", 3, (MARC,))
BASILE = Schoolchild("Leroy", "Basile", 1, (MARC,))


def schoolchildren() -> list[Schoolchild]:
    """All 120, twenty in each class; no two people have the same name."""
    chance = random.Random(SEED)  # noqa: S311 - imaginary people
    children = [CAMILLE, NOLAN, ZOE, BASILE]
    used = {child.name for child in children} | {JACQUELINE.name, MARC.name}
    places = [n for n in range(len(CLASSES)) for _ in range(PUPILS // len(CLASSES))]
    for child in children:
        places.remove(child.class_no)
    chance.shuffle(places)
    while places:
        children += _family(chance, used, places)
    return children


def _family(chance: random.Random, used: set[str], places: list[int]) -> Iterator[Schoolchild]:
    last_name = chance.choice(_words(LAST_NAMES))
    debtors = [_adult(chance, used, last_name)]
    if chance.random() < 0.25:
        debtors.append(_adult(chance, used, chance.choice(_words(LAST_NAMES))))
    for _ in range(min(chance.choices([1, 2, 3], [60, 32, 8])[0], len(places))):
        first_name = _unused_first_name(chance, used, last_name, _words(CHILDREN))
        yield Schoolchild(last_name, first_name, places.pop(), tuple(debtors))


def _adult(chance: random.Random, used: set[str], last_name: str) -> Adult:
    return Adult(last_name, _unused_first_name(chance, used, last_name, _words(ADULTS)))


def _unused_first_name(chance: random.Random, used: set[str], last_name: str, first_names: list[str]) -> str:
    first_name = chance.choice([name for name in first_names if f"{last_name} {name}" not in used])
    used.add(f"{last_name} {first_name}")
    return first_name


def _words(text: str) -> list[str]:
    return [word.strip() for line in text.strip().splitlines() for word in line.split("|")]
