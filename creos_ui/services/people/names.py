"""Names of people as lists write them: « Nom Prénom » taken apart, and the identifier made of the two."""

from __future__ import annotations

import re
from collections.abc import Container

from models import folded

LONGEST_PART = 100  # characters of a last or a first name; the columns' length
_PARTICLES = frozenset(
    """abou ait al bel ben bin d' da de de' del della den der des di do dos du el ibn l' la le les mac op 't t ten ter
    van vande vanden vander von zu zum""".split()  # noqa: SIM905 - reads better than forty quoted words
)


def split_name(full: str, identifier: str | None = None) -> tuple[str, str]:
    """« Van den Berghe Jan » -> ("Van den Berghe", "Jan"); a single word is a last name, the first name then empty.

    An identifier last.first settles it; else leading words in capitals are the last name; else it is the leading
    particles and one word more. Letters and case stay as written.
    """
    words = full.split()
    at = _split_of_identifier(words, identifier or "") or _split_of_capitals(words) or _split_of_particles(words)
    return " ".join(words[:at]), " ".join(words[at:])


def free_identifier(last_name: str, first_name: str, taken: Container[str]) -> str:
    """last.first in plain letters (vandenberghe.jan), with a number appended where it is taken already."""
    parts = [re.sub(r"[^a-z0-9-]", "", folded(part)).strip("-")[:45] for part in (last_name, first_name)]
    wish = ".".join(part for part in parts if part) or "parent"
    if len(wish) < 3:
        wish = f"parent.{wish}"
    found, number = wish, 1
    while found in taken:
        number += 1
        found = f"{wish}{number}"
    return found


def _split_of_identifier(words: list[str], identifier: str) -> int:
    last, _, first = identifier.partition(".")
    last, first = _letters(last), _letters(first).rstrip("0123456789")
    if not last or not first:
        return 0
    for at in range(1, len(words)):
        if _letters("".join(words[:at])) == last and _letters("".join(words[at:])).startswith(first):
            return at
    return 0


def _split_of_capitals(words: list[str]) -> int:
    at = capitals = 0
    while at < len(words) and (_in_capitals(words[at]) or (not capitals and folded(words[at]) in _PARTICLES)):
        capitals += _in_capitals(words[at])
        at += 1
    return at if capitals and at < len(words) else 0


def _split_of_particles(words: list[str]) -> int:
    at = 0
    while at < len(words) - 2 and folded(words[at]) in _PARTICLES:  # one word for each name must remain
        at += 1
    return at + 1


def _in_capitals(word: str) -> bool:
    return word == word.upper() and sum(letter.isalpha() for letter in word) > 1


def _letters(text: str) -> str:
    return re.sub(r"[^\w]|_", "", folded(text))
