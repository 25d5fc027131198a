"""What only a person can say of a list: is it the one meant before, or another?

A question is a fault until it is answered. Its key stands for what was shown with it, so that an answer never reaches
another question: one of an edited list, or of what has changed here since. An answer is remembered with the list it was
given for: what was answered once is not asked again, unless somebody says otherwise.

Questions of one kind can be answered together: the key of all of them stands for exactly those that were open then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar

from creos_ui import clock
from creos_ui.database.values import in_parts
from creos_ui.errors import DomainError
from creos_ui.services.former_system.rows import Column, Row
from creos_ui.services.preview import fingerprint_of
from creos_ui.tables.cells import Fault
from models import ListAnswer

T = TypeVar("T")
NOTHING: Mapping[str, Any] = MappingProxyType({})


class AnswerUnknown(DomainError):
    """Somebody answers what is not asked, and never was: a mistyped key, or one of an older list."""

    text_key = "import.answer_unknown"


@dataclass(frozen=True)
class Question(Fault):
    """`digest`: of what was shown; by it the answer is remembered."""

    digest: str = ""

    @property
    def key(self) -> str:
        """What a person repeats to answer it."""
        return self.digest[:8]


@dataclass(frozen=True)
class Together:
    """Several open questions of one kind, answered by one key."""

    text_key: str
    questions: list[Question]
    digest: str

    @property
    def key(self) -> str:
        return self.digest[:8]


@dataclass(frozen=True)
class Decided:
    """What a person has said: the keys of what is the same one, and of what is another. `said`: the answers by digest,
    where a preview has found out already what the keys stand for."""

    same: frozenset[str] = frozenset()
    other: frozenset[str] = frozenset()
    said: Mapping[str, bool] = field(default_factory=dict)


UNDECIDED = Decided()


class Questions:
    """`open`: still to be answered. `answered`: the answers that counted. `said`: what a person says this time, true
    for the same one. All by digest."""

    def __init__(self, remembered: Mapping[str, bool], said: Mapping[str, bool]) -> None:
        self._remembered = remembered
        self._asked: dict[str, str] = {}  # the digest of each key
        self.said = dict(said)
        self._known = {**remembered, **said}
        self.open: dict[str, Question] = {}
        self.answered: dict[str, bool] = {}

    def which(self, asked: Sequence[tuple[T, Question]]) -> T | Question | None:
        """The one that a person says is meant; None where it is none of these; a Question where nobody has said yet,
        or has said so of two."""
        self._asked |= {question.key: question.digest for _, question in asked}
        same: dict[str, T] = {}
        for answers in (self.said, self._known):
            same = same or {question.digest: one for one, question in asked if answers.get(question.digest)}
        if len(same) == 1:
            ((digest, one),) = same.items()
            self.answered[digest] = True
            return one
        waiting = []  # those too of which two are said to be the one
        for _, question in asked:
            if question.digest in self._known and question.digest not in same:
                self.answered[question.digest] = False
            else:
                waiting.append(question)
        self.open |= {question.digest: question for question in waiting if question.digest not in self.open}
        return waiting[0] if waiting else None

    def together(self) -> list[Together]:
        """The kinds of question that are open more than once."""
        kinds: dict[str, list[Question]] = defaultdict(list)
        for question in self.open.values():
            kinds[question.text_key].append(question)
        return [
            Together(text_key, alike, fingerprint_of("together", sorted(question.digest for question in alike)))
            for text_key, alike in kinds.items()
            if len(alike) > 1
        ]

    def with_answers(self, decided: Decided) -> Questions:
        """The same, to be asked again, with the answers of `decided` to what has been asked so far; the key of a single
        question goes before that of several."""
        said = dict(self.said)
        for keys, same in ((decided.same, True), (decided.other, False)):
            said |= {self._asked[key]: same for key in keys if key in self._asked}
        for kind in self.together():
            if kind.key in decided.same or kind.key in decided.other:
                for digest in (kind.digest, *(question.digest for question in kind.questions)):
                    said.setdefault(digest, kind.key in decided.same)
        return Questions(self._remembered, said)

    def refuse_unknown(self, decided: Decided) -> None:
        """Raises AnswerUnknown where a key is that of no question of this list, nor of an answer remembered."""
        known = {digest[:8] for digest in self._known}
        if unknown := sorted((decided.same | decided.other) - known):
            raise AnswerUnknown(keys=", ".join(unknown))


def question(
    row: Row, column: Column, text_key: str, values: dict[str, Any], *ids: Any, shown: Mapping[str, Any] = NOTHING
) -> Question:
    """Asked at this row. `ids` tell apart what reads alike; `shown` may change without changing the answer."""
    return Question(row.line, column.value, text_key, {**values, **shown}, fingerprint_of(text_key, values, ids))


async def remembered_answers() -> dict[str, bool]:
    """What was said of the lists before, by digest."""
    return dict(await ListAnswer.all().values_list("question", "same"))


async def remember(said: Mapping[str, bool], connection: Any) -> None:
    """Inside the transaction that writes the list."""
    for some in in_parts(sorted(said)):
        await ListAnswer.filter(question__in=some).using_db(connection).delete()
        answers = [ListAnswer(question=digest, same=said[digest], at=clock.now()) for digest in some]
        await ListAnswer.bulk_create(answers, using_db=connection)
