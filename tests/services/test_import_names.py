"""« Nom Prénom » taken apart as people in Belgium are really called."""

from __future__ import annotations

import pytest

from creos_ui.services.people.names import free_identifier, split_name


@pytest.mark.parametrize(
    ("full", "identifier", "last", "first"),
    [
        ("Dubois Jacqueline", None, "Dubois", "Jacqueline"),
        ("Dubois Jean Marie", None, "Dubois", "Jean Marie"),
        ("Dubois-Petit Anne-Sophie", None, "Dubois-Petit", "Anne-Sophie"),
        ("Van den Berghe Jan", None, "Van den Berghe", "Jan"),
        ("De Smet Marie Louise", None, "De Smet", "Marie Louise"),
        ("D'Hondt Luc", None, "D'Hondt", "Luc"),
        ("D’ Hondt Luc", None, "D’ Hondt", "Luc"),
        ("Van 't Hof Piet", None, "Van 't Hof", "Piet"),
        ("El Amrani Yasmine", None, "El Amrani", "Yasmine"),
        ("Ben Salah Amira", None, "Ben Salah", "Amira"),
        ("Da Silva João", None, "Da Silva", "João"),
        ("de la Fontaine Rose", None, "de la Fontaine", "Rose"),
        ("Le Roy", None, "Le", "Roy"),  # two words are a name each
        ("DUPONT MARTIN Élise", None, "DUPONT MARTIN", "Élise"),
        ("de SMET Jan", None, "de SMET", "Jan"),
        ("DUBOIS JACQUELINE", None, "DUBOIS", "JACQUELINE"),
        ("Garcia Lopez Ana", "garcialopez.ana", "Garcia Lopez", "Ana"),
        ("García López Ana María", "garcialopez.ana2", "García López", "Ana María"),
        ("Garcia Lopez Ana", "ana.garcia", "Garcia", "Lopez Ana"),  # the other way round settles nothing
        ("Sukarno", None, "Sukarno", ""),
        ("Шевченко Оксана", None, "Шевченко", "Оксана"),
    ],
)
def test_a_name_is_split(full: str, identifier: str | None, last: str, first: str) -> None:
    assert split_name(full, identifier) == (last, first)


@pytest.mark.parametrize(
    ("last", "first", "taken", "identifier"),
    [
        ("Dubois", "Jacqueline", (), "dubois.jacqueline"),
        ("Van den Berghe", "Jan", (), "vandenberghe.jan"),
        ("Öztürk", "Anne-Sophie", (), "ozturk.anne-sophie"),
        ("Dubois", "Jacqueline", ("dubois.jacqueline", "dubois.jacqueline2"), "dubois.jacqueline3"),
        ("Шевченко", "Оксана", (), "parent"),
        ("Ng", "", (), "parent.ng"),
        ("<script>", "=1+1", (), "script.11"),
    ],
)
def test_an_identifier_is_made_of_it(last: str, first: str, taken: tuple[str, ...], identifier: str) -> None:
    assert free_identifier(last, first, taken) == identifier
