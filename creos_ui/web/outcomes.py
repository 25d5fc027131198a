"""How a native form ended, for the page its answer leads to: a refusal, what was typed, codes to note down.

Each outcome stays a few minutes in this process's memory, under a random word. Only the word is in the address, and it
finds the outcome only for the session that sent the form (R61).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from creos_ui import clock
from creos_ui.errors import DomainError


@dataclass(frozen=True)
class Outcome:
    """Any part may be empty. `done`: the key of the sentence that says what was done."""

    refusal: DomainError | None = None
    done: str = ""
    typed: str = ""
    codes: tuple[str, ...] = ()


class Outcomes:
    """At most `most` outcomes, each for `seconds`. Before sign-in there is no session: `session_id` is None."""

    def __init__(self, *, seconds: int, most: int = 1_000) -> None:
        self._seconds, self._most = seconds, most
        self._by_word: dict[str, tuple[float, int | None, Outcome]] = {}

    def remember(self, outcome: Outcome, session_id: int | None = None) -> str:
        """Returns the word that finds it."""
        now = clock.now().timestamp()
        for word in [word for word, (until, _, _) in self._by_word.items() if until < now]:
            del self._by_word[word]
        while len(self._by_word) >= self._most:  # a flood pushes out the oldest
            del self._by_word[next(iter(self._by_word))]
        word = secrets.token_urlsafe(16)
        self._by_word[word] = (now + self._seconds, session_id, outcome)
        return word

    def find(self, word: str, session_id: int | None = None) -> Outcome:
        """An empty one where there is none, where it is too old, or another session's."""
        until, owner, outcome = self._by_word.get(word, (0.0, None, Outcome()))
        return outcome if owner == session_id and until >= clock.now().timestamp() else Outcome()

    def forget(self, word: str, session_id: int | None = None) -> None:
        if word in self._by_word and self._by_word[word][1] == session_id:
            del self._by_word[word]


BEFORE_SIGN_IN = Outcomes(seconds=120)  # apart from the others: anybody may fill it
SIGNED_IN = Outcomes(seconds=300)
