"""Whether two folded texts may be one, written twice: a title completed, a name corrected."""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import lru_cache

SIMILAR = 0.6  # from 0 to 1


def look_alike(text: str, other: str) -> bool:
    return text == other or _similar(text, other)


@lru_cache(maxsize=100_000)  # every child of two activities asks
def _similar(text: str, other: str) -> bool:
    matcher = SequenceMatcher(None, text, other)
    return matcher.real_quick_ratio() >= SIMILAR and matcher.quick_ratio() >= SIMILAR and matcher.ratio() >= SIMILAR
