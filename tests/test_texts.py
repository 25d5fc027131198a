"""Every word a reader sees stands in every language's catalogue, and says the same things."""

from __future__ import annotations

import ast
import json
import string
from datetime import date
from pathlib import Path

import pytest
from nicegui.translations import translations

from creos_ui import errors
from creos_ui.texts import LANGUAGES, catalogue, t

ROOT = Path(__file__).parent.parent
PLURALS = (".one", ".other")
# keys made of a fixed part and a value from a short list of the code's own
MADE = ("invitations.tab_", "invitation.", "empty.", "column.", "action.", "error.", "command.", "fault.")


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def used_keys() -> set[str]:
    """Every text literal in the code that is, or may become, a key."""
    used = set()
    for folder in ("creos_ui", "pages"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    used.add(node.value)
    return used


def asked_for() -> set[str]:
    """The keys the code asks for by name: the first argument of t() and of the views' own self.t()."""
    asked = set()
    for folder in ("creos_ui", "pages"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                    if name == "t":
                        asked.add(str(node.args[0].value))
    return asked


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_is_missing_and_none_is_too_many(language: str) -> None:
    assert catalogue(language).keys() == catalogue("fr").keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_has_the_same_places_to_fill(language: str) -> None:
    for key, text in catalogue("fr").items():
        assert places(catalogue(language)[key]) == places(text), key
        assert catalogue(language)[key].strip(), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_the_code_asks_for_is_there(language: str) -> None:
    have = catalogue(language).keys()
    assert len(asked_for()) > 50
    for key in asked_for():
        assert key in have or f"{key}.other" in have, key


def test_every_refusal_has_its_sentence() -> None:
    refusals = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.DomainError)]
    assert len(refusals) > 10
    for refusal in refusals:
        if refusal is not errors.DomainError:
            assert refusal.text_key in catalogue("fr"), refusal


def test_no_text_is_left_over() -> None:
    used = used_keys() | {f"connection.{word}" for word in translations["en-GB"]}
    for key in catalogue("fr"):
        bare = key.removesuffix(".one").removesuffix(".other")
        assert bare in used or bare.startswith(MADE), key


def test_values_are_shown_as_belgium_writes_them() -> None:
    assert t("money", "fr", amount_cents=123_456) == "1\u202f234,56\u00a0€"
    assert t("invitation.due", "fr", due=date(2024, 6, 9)) == "Échéance 09/06/2024"


def test_one_and_several() -> None:
    assert t("invitations.waiting", "fr", count=1, total_cents=500).startswith("1 invitation attend ")
    assert t("invitations.waiting", "fr", count=2, total_cents=500).startswith("2 invitations attendent ")
    assert t("invitations.waiting", "en", count=1, total_cents=500).startswith("1 invitation awaits ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_stands_in_one_file_only(language: str) -> None:
    files = list((ROOT / "creos_ui" / "texts").glob(f"*{language}.json"))
    assert sum(len(json.loads(file.read_text("utf-8"))) for file in files) == len(catalogue(language))
