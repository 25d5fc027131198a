"""What the answer to a native form hands to the page it leads to: a refusal, what was typed, codes to note down.

Kept a few minutes in this process's memory, under a random word and for one session only: the address tells nothing,
and a word that gets around opens nothing to anybody else (R61).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from creos_ui import clock
from creos_ui.errors import DomainError

KEPT_SECONDS, MOST = 300, 1_000


@dataclass(frozen=True)
class Handed:
    """Any part may be empty. `done`: the key of the sentence that says what was done."""

    refusal: DomainError | None = None
    done: str = ""
    typed: str = ""
    codes: tuple[str, ...] = ()


_kept: dict[str, tuple[float, int, Handed]] = {}


def hand(session_id: int, what: Handed) -> str:
    """Keep it for this session; returns the word."""
    now = clock.now().timestamp()
    for word in [word for word, (until, _, _) in _kept.items() if until < now]:
        del _kept[word]
    while len(_kept) >= MOST:  # a flood pushes out the oldest
        del _kept[next(iter(_kept))]
    word = secrets.token_urlsafe(16)
    _kept[word] = (now + KEPT_SECONDS, session_id, what)
    return word


def handed(session_id: int, word: str) -> Handed:
    """What this session was handed under the word; nothing where it is another's, or long ago."""
    until, owner, what = _kept.get(word, (0.0, 0, Handed()))
    return what if owner == session_id and until >= clock.now().timestamp() else Handed()


def drop(session_id: int, word: str) -> None:
    """Forget it now."""
    if _kept.get(word, (0.0, 0))[1] == session_id:
        del _kept[word]
