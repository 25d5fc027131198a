"""Every word a reader sees stands in every language's catalogue, and says the same things."""

from __future__ import annotations

import ast
import json
import re
import string
from datetime import date
from pathlib import Path

import pytest
from nicegui.translations import translations

from creos_ui import errors
from creos_ui.texts import LANGUAGES, catalogue, t
from models import SWITCHES

ROOT = Path(__file__).parent.parent
PLURALS = (".one", ".other")
# what no reader of the language wants to meet: another language's words, and the familiar "you"
FRENCH = re.compile(
    r"\b(?:le|la|une|vous|votre|vos|nous|est|sont|pour|avec|dans|sur|aux|échéance|élève|payer|décliner|crédit|solde)\b"
    r"|\b(?:qu|[ldnsjcm])’[a-zéêh]\w+",
    re.IGNORECASE,
)
FOREIGN = {
    "fr": re.compile(r"\b(?:the|your|you|het|een|uw|der|und|Ihre?|tu|toi|ton|tes)\b"),
    "nl": re.compile(r"\b(?:the|your|you|der|und|Ihre?|jij|jou|jouw|jullie)\b|\bje\b", re.IGNORECASE),
    "de": re.compile(r"\b(?:the|your|you|het|een|uw|niet|du|dich|dir|dein\w*|euch|euer|eure)\b", re.IGNORECASE),
    "en": re.compile(r"\b(?:het|een|uw|niet|der|und|nicht|Ihre?)\b"),
}
# names of things that stay French in every language: the former system's columns and cells, the demo's school
STAYS = re.compile(r"École communale du Tilleul|Obligatoire|Identifiant")
QUOTES = {"fr": "«»", "nl": "“”", "de": "„“", "en": "“”"}
# keys made of a fixed part and a value from a short list of the code's own
MADE = (
    "invitations.tab_",
    "invitation.",
    "empty.",
    "column.",
    "action.",
    "error.",
    "fault.",
    "import.changes.",
    "import.same.",
    "import.other.",
    "mail.notice_",
)


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


def asked_by_the_import() -> set[str]:
    """The keys of the questions: what is passed to a function named after them, or stands in one, on its way to
    question()."""
    asked = set()
    for file in (ROOT / "creos_ui" / "services" / "former_system").rglob("*.py"):
        for found in ast.walk(ast.parse(file.read_text("utf-8"))):
            name = getattr(found.func, "id", "") if isinstance(found, ast.Call) else getattr(found, "name", "")
            if re.match(r"_?question$|_whether_", name or ""):
                given = [node.value for node in ast.walk(found) if isinstance(node, ast.Constant)]
                asked |= {text for text in given if isinstance(text, str) and text.startswith("import.")}
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


def test_every_refusal_and_fault_of_a_file_has_its_sentence() -> None:
    named = {text for text in used_keys() if re.fullmatch(r"import\.[a-z_]+", text)}
    assert len(named) > 40
    for key in named:
        assert key in catalogue("fr") or f"{key}.other" in catalogue("fr"), key


def test_every_question_of_the_import_has_its_answers() -> None:
    """Their keys are put together from the question's own: nothing else would miss one."""
    asked = asked_by_the_import()
    assert asked <= catalogue("fr").keys()
    answers = {f"import.same.{key.removeprefix('import.')}" for key in asked}
    answers |= {f"import.other.{key.removeprefix('import.')}" for key in asked}
    assert answers == {key for key in catalogue("fr") if key.startswith(("import.same.", "import.other."))}


def test_every_message_that_can_be_switched_off_has_its_line_in_the_profile() -> None:
    named = {key for key in catalogue("fr") if key.startswith("mail.notice_")}
    assert named == {f"mail.notice_{kind}{end}" for kind in SWITCHES for end in ("", "_text")}


def test_no_text_is_left_over() -> None:
    used = used_keys() | {f"connection.{word}" for word in translations["en-GB"]}
    for key in catalogue("fr"):
        bare = key.removesuffix(".one").removesuffix(".other")
        assert bare in used or bare.startswith(MADE), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_and_several_go_together(language: str) -> None:
    keys = catalogue(language).keys()
    for key in keys:
        if key.endswith(".other"):
            bare = key.removesuffix(".other")
            assert f"{bare}.one" in keys, key
            assert bare not in keys, "t() would never show it"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_in_its_language(language: str) -> None:
    for key, text in catalogue(language).items():
        said = STAYS.sub("", "".join(words for words, *_ in string.Formatter().parse(text)))
        assert not FOREIGN[language].search(said), (key, text)
        assert language == "fr" or not FRENCH.search(said), (key, text)


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "fr"])
def test_a_sentence_is_never_left_in_french(language: str) -> None:
    for key, text in catalogue("fr").items():
        words = re.findall(r"\w{3,}", "".join(said for said, *_ in string.Formatter().parse(text)))
        assert len(words) < 3 or catalogue(language)[key] != text, (key, text)


def test_french_sets_a_space_that_does_not_break_before_high_signs() -> None:
    """The commands' texts are left out: a terminal breaks lines anywhere, and operators search with a plain space."""
    for key, text in catalogue("fr").items():
        if not key.startswith("command."):
            assert not re.search(r"[^\u00a0\u202f][?!;](?=\s|$)|[^\u00a0\u202f]:(?=\s|$)", text), (key, text)
            assert not re.search(r"«[^\u00a0\u202f]|[^\u00a0\u202f]»", text), (key, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_sets_its_signs_its_own_way(language: str) -> None:
    others = {mark for marks in QUOTES.values() for mark in marks} - set(QUOTES[language])
    for key, text in catalogue(language).items():
        assert "'" not in text, (key, text)
        assert not others & set(text), (key, text)
        assert text.count(QUOTES[language][0]) == text.count(QUOTES[language][1]), (key, text)
        assert language == "fr" or not re.search(r"\s[?!;:](?=\s|$)", text), (key, text)
        assert text == text.strip() or key.startswith("command."), (key, text)


def test_values_are_shown_as_belgium_writes_them() -> None:
    assert t("money", "fr", amount_cents=123_456) == "1\u202f234,56\u00a0€"
    assert t("money", "nl", amount_cents=123_456) == "€\u00a01.234,56"
    assert t("money", "de", amount_cents=123_456) == "1.234,56\u00a0€"
    assert t("invitation.due", "fr", due=date(2024, 6, 9)) == "Échéance 09/06/2024"


def test_one_and_several() -> None:
    assert t("invitations.waiting", "fr", count=1, total_cents=500).startswith("1 invitation attend ")
    assert t("invitations.waiting", "fr", count=2, total_cents=500).startswith("2 invitations attendent ")
    assert t("invitations.waiting", "en", count=1, total_cents=500).startswith("1 invitation awaits ")
    assert t("invitations.waiting", "nl", count=1, total_cents=500).startswith("1 uitnodiging wacht ")
    assert t("invitations.waiting", "nl", count=2, total_cents=500).startswith("2 uitnodigingen wachten ")
    assert t("invitations.waiting", "de", count=1, total_cents=500).startswith("1 Einladung wartet ")
    assert t("invitations.waiting", "fr", count=0, total_cents=0).startswith("0 invitation attend ")
    assert t("invitations.waiting", "nl", count=0, total_cents=0).startswith("0 uitnodigingen wachten ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_is_named_after_the_first_word_of_its_keys(language: str) -> None:
    """So each text has one place, and whoever looks for a key knows the file."""
    files = list((ROOT / "creos_ui" / "texts" / language).iterdir())
    assert files
    for file in files:
        assert file.suffix == ".json"
        assert {key.partition(".")[0] for key in json.loads(file.read_text("utf-8"))} == {file.stem}, file
