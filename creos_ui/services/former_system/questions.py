"""What only a person can say of a list: is it the one meant before, or another?

A question is a fault until it is answered. Its key stands for all that was shown with it, so that an answer never
reaches another question: one of an edited list, or of what has changed here since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from creos_ui.services.former_system.rows import Column, Row
from creos_ui.services.preview import fingerprint_of
from creos_ui.tables.cells import Fault

T = TypeVar("T")
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Question(Fault):
    """`key`: what a person repeats to answer it."""

    key: str = ""


@dataclass(frozen=True)
class Decided:
    """What a person has said: the keys of what is the same one, and of what is another."""

    same: frozenset[str] = frozenset()
    other: frozenset[str] = frozenset()


UNDECIDED = Decided()


class Questions:
    """`open`: still to be answered. `assumed`: taken for the same one unless somebody says otherwise. `answered`: the
    answers that counted. All by their keys."""

    def __init__(self, decided: Decided) -> None:
        self._decided = decided
        self.open: dict[str, Question] = {}
        self.assumed: dict[str, Question] = {}
        self.answered: dict[str, bool] = {}

    def which(self, asked: Sequence[tuple[T, Question]], *, assume: bool = False) -> T | Question | None:
        """The one that a person says is meant; None where it is none of these; a Question where nobody has said yet.

        `assume`: where nobody has said, the first one is.
        """
        for one, question in asked:
            if question.key in self._decided.same:
                self.answered[question.key] = True
                return one
        waiting = [(one, question) for one, question in asked if question.key not in self._decided.other]
        self.answered |= {question.key: False for _, question in asked if question.key in self._decided.other}
        if not waiting:
            return None
        if assume:
            one, question = waiting[0]
            self.assumed.setdefault(question.key, question)
            return one
        for _, question in waiting:
            self.open.setdefault(question.key, question)
        return waiting[0][1]


def question(
    row: Row, column: Column, text_key: str, values: dict[str, Any], *ids: Any, shown: Mapping[str, Any] = NOTHING
) -> Question:
    """Asked at this row. `ids` tell apart what reads alike; `shown` may change without changing the answer."""
    return Question(row.line, column.value, text_key, {**values, **shown}, fingerprint_of(text_key, values, ids)[:8])
