"""Every word a reader sees: a folder a language, a file the first word of its keys, `t(key, language, **values)`."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from creos_ui.money import money

LANGUAGES = ("fr", "nl", "de", "en")
QUASAR = {"fr": "fr", "nl": "nl", "de": "de", "en": "en-GB"}  # Quasar's names, also the lang attribute
DEFAULT = "fr"


@cache
def catalogue(language: str) -> dict[str, str]:
    """All texts of one language: key to text."""
    texts: dict[str, str] = {}
    for file in sorted((Path(__file__).parent / language).glob("*.json")):
        texts |= json.loads(file.read_text("utf-8"))
    return texts


def t(text_key: str, language: str, **values: Any) -> str:
    """The text in this language, its {places} filled: `..._cents` as money, dates as 19/06/2024.

    A value `count` chooses between the keys KEY.one and KEY.other, where the catalogue has them.
    """
    texts = catalogue(language)
    if "count" in values and f"{text_key}.other" in texts:
        one = values["count"] in ((0, 1) if language == "fr" else (1,))  # « 0 invitation », but 0 uitnodigingen
        text_key = f"{text_key}.{'one' if one else 'other'}"
    return texts[text_key].format(**{name: shown(name, value, language) for name, value in values.items()})


def shown(name: str, value: Any, language: str) -> Any:
    if name.endswith("_cents"):
        return money(value, language)
    return day(value) if isinstance(value, date) else value


def day(value: date) -> str:
    """19/06/2024: Belgium writes days so in all its languages."""
    return f"{value:%d/%m/%Y}"
