"""What the operator reads at the terminal: texts in their language, progress, JSON for machines."""

from __future__ import annotations

import json
import os
from typing import Any

import click

from creos_ui.texts import t


def operators_language() -> str:
    """As the terminal is set; French unless it says English."""
    locale = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "en" if locale.casefold().startswith("en") else "fr"


def words(text_key: str, **values: Any) -> str:
    """The text with plain spaces: a terminal breaks lines anywhere, and operators search with a plain space."""
    return t(text_key, operators_language(), **values).replace("\u00a0", " ").replace("\u202f", " ")


def say(line: str) -> None:
    """Show how far the work is, or what is wrong; standard output stays free for results."""
    click.echo(line, err=True)


def show_json(value: dict[str, Any]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
