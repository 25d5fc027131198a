"""Facts: a list of names and values, the last of which may be their sum."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True)
class Fact:
    name: str
    value: str
    look: str = ""  # of the value: num, mono; sum: the name too


def facts(lines: Iterable[Fact]) -> Markup:
    """A <dl>, for `fixed`."""
    return Markup('<dl class="facts">{}</dl>').format(Markup("").join(map(_line, lines)))


def in_fours(characters: str) -> str:
    """BE68 5390 0754 7034: easier to compare and to type."""
    return " ".join(characters[i : i + 4] for i in range(0, len(characters), 4))


def _line(fact: Fact) -> Markup:
    return Markup('<dt class="{}">{}</dt><dd class="{}">{}</dd>').format(
        "sum" if "sum" in fact.look else "", fact.name, fact.look, fact.value
    )
