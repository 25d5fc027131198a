"""An activity that a newer list moved or renamed, for all its children or for some: asked about, never doubled.

Looked at child by child. Suspected to be one are an invitation known here, whose occasion the child's own rows do not
name any more, and an occasion new to the child: where both begin on the same day, whatever else changed; or where
their titles are alike and the first days lie at most 27 days apart (what comes once a month lies 28 apart or more), or
the former day is one the list speaks of: within its period, from its first beginning to its last. Each child's nearest
two belong together, so what stands in the list on both days is never suspected.

Where a child has two days or more under such titles, here or in the list, it is in a series: swimming every Monday, a
meal every day. Most new days are then the next ones. Suspected is only what lies at most six days apart and is no
continuation: the former day lies among those of the list, or the new one among those known here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from creos_ui.services.former_system.known import Invited, Known, Offer, period_of
from creos_ui.services.former_system.likeness import look_alike
from creos_ui.services.former_system.person import Child, Debtor
from creos_ui.services.former_system.questions import Question, Questions, question
from creos_ui.services.former_system.rows import Column, Occasion, Row

FAR = timedelta(days=27)
NEAR = timedelta(days=6)  # within a series
Span = tuple[date, date]


class Named(NamedTuple):
    """One row, and who it is about."""

    row: Row
    child: Child
    debtor: Debtor


@dataclass
class Suspected:
    """An activity and the occasion it may have become, with the rows of the children invited to both."""

    offer: Offer
    occasion: Occasion
    named: list[Named] = field(default_factory=list)


def settle_moved(
    all_named: Sequence[Named], known: Known, questions: Questions
) -> tuple[list[Offer], dict[int, Offer]]:
    """Ask about each suspected one; what a person says is the same is moved in `known`, and returned.

    By line beside it: the activity that a row means, of those that cannot become its occasion, because another activity
    is it, because it became another occasion, or because the list still names it for other children.
    """
    moved: list[Offer] = []
    joined: dict[int, Offer] = {}
    listed = {named.row.occasion for named in all_named}
    spoken_for: set[Offer] = set()
    taken = {occasion for occasion, offers in known.offers.items() if offers}
    for one in _suspected(all_named, known):
        free = one.offer not in spoken_for and one.offer.occasion not in listed and one.occasion not in taken
        spoken_for.add(one.offer)
        taken.add(one.occasion)
        if free:
            row = one.named[0].row
            if questions.which([(one.offer, _question(one.offer, row, "import.moved"))]) is one.offer:
                known.move(one.offer, row.title, row.starts_on, row.due_on)
                moved.append(one.offer)
            continue
        for row, child, _ in one.named:
            if questions.which([(one.offer, _question(one.offer, row, "import.joined", of=child))]) is one.offer:
                joined[row.line] = one.offer
    return moved, joined


def _suspected(all_named: Sequence[Named], known: Known) -> list[Suspected]:
    """Those with the most children first."""
    if not all_named:
        return []
    period = period_of([named.row for named in all_named])
    here: dict[int, list[Invited]] = defaultdict(list)
    for (_, child_id), invited in known.invited.items():
        here[child_id] += invited
    rows: dict[int, list[Named]] = defaultdict(list)
    for named in all_named:
        if named.child.id in here:
            rows[named.child.id].append(named)
    found: dict[tuple[Offer, Occasion], Suspected] = {}
    for child_id, of_child in rows.items():
        for together, offer in _of_child(of_child, here[child_id], period):
            occasion = together[0].row.occasion
            found.setdefault((offer, occasion), Suspected(offer, occasion)).named.extend(together)
    return sorted(found.values(), key=lambda one: (-len(one.named), one.named[0].row.line))


def _of_child(rows: list[Named], here: list[Invited], period: Span) -> Iterator[tuple[list[Named], Offer]]:
    """The two that are nearest to each other, then the nearest two of the rest, as long as they may be one."""
    known = {one.offer.occasion for one in here}
    listed = {named.row.occasion for named in rows}
    new: dict[Occasion, list[Named]] = defaultdict(list)
    for named in rows:
        if named.row.occasion not in known:
            new[named.row.occasion].append(named)
    gone = {one.offer for one in here if one.offer.occasion not in listed}
    if not new or not gone:
        return
    series = _Series(known, listed)
    fitting = []
    for occasion in new:
        for offer in gone:
            if distance := _distance(offer.occasion, occasion, period, series):
                fitting.append((distance, new[occasion][0].row.line, offer.id or 0, occasion, offer))
    used: set[Occasion | Offer] = set()
    for *_, occasion, offer in sorted(fitting, key=lambda one: one[:3]):
        if occasion not in used and offer not in used:
            used |= {occasion, offer}
            yield new[occasion], offer


class _Series:
    """The days of one child under titles that are alike, here and in the list."""

    def __init__(self, here: Iterable[Occasion], listed: Iterable[Occasion]) -> None:
        self._days = [_days_of(here), _days_of(listed)]
        self._spans: dict[str, list[Span | None]] = {}

    def goes_on(self, former: Occasion, new: Occasion) -> bool:
        """Whether the new day is rather the next one of a series than the former one moved."""
        here, listed = (_joined(span, other) for span, other in zip(self._of(former[0]), self._of(new[0]), strict=True))
        if here[0] == here[1] and listed[0] == listed[1]:
            return False
        within = listed[0] <= former[1] <= listed[1] or here[0] <= new[1] <= here[1]
        return not within or abs(former[1] - new[1]) > NEAR

    def _of(self, title: str) -> list[Span | None]:
        if title not in self._spans:
            self._spans[title] = [
                _span([day for other, days in by_title.items() if look_alike(title, other) for day in days])
                for by_title in self._days
            ]
        return self._spans[title]


def _days_of(occasions: Iterable[Occasion]) -> dict[str, list[date]]:
    found: dict[str, list[date]] = defaultdict(list)
    for title, starts_on, _ in occasions:
        found[title].append(starts_on)
    return found


def _span(days: list[date]) -> Span | None:
    return (min(days), max(days)) if days else None


def _joined(span: Span | None, other: Span | None) -> Span:
    """From the first day of both to the last."""
    spans = [one for one in (span, other) if one]
    return min(one[0] for one in spans), max(one[1] for one in spans)


def _distance(
    former: Occasion, new: Occasion, period: Span, series: _Series
) -> tuple[bool, bool, timedelta, timedelta] | None:
    """How far the new occasion is from the former one; None where they cannot be one."""
    apart, due_apart, similar = abs(former[1] - new[1]), abs(former[2] - new[2]), look_alike(former[0], new[0])
    if apart:
        may_be = similar and (apart <= FAR or period[0] <= former[1] <= period[1])
        if not may_be or series.goes_on(former, new):
            return None
    return former[0] != new[0], not similar, apart, due_apart


def _question(offer: Offer, row: Row, text_key: str, *, of: Child | None = None) -> Question:
    """Whether this activity is the occasion of this row, for all its children or for one."""
    column = Column.DUE_ON
    if offer.occasion[0] != row.occasion[0]:
        column = Column.TITLE
    elif offer.starts_on != row.starts_on:
        column = Column.STARTS_ON
    values = {
        "title": offer.title,
        "starts": offer.starts_on,
        "due": offer.due_on,
        "new_title": row.title,
        "new_starts": row.starts_on,
        "new_due": row.due_on,
    }
    if of:
        return question(row, column, text_key, values, offer.id, of.id, shown={"child": of.name})
    return question(row, column, text_key, values, offer.id)
