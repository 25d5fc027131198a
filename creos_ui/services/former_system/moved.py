"""An activity that a newer list moved or renamed: asked about, never doubled.

Suspected is an activity known here that the list does not name any more, of which a child is now invited to an
occasion that is new to it: one of the same title on other days, or one on the same days at the same price or under a
similar title. Each child's nearest two belong together, so what stands in the list on both days is never suspected.

The former days must be days the list speaks of: within its period, from its first beginning to its last; or at most
six days from the new ones, since a list of one row may have moved by two days. What lies outside the period is not
suspected where a child takes part in a series, twice or more around these days: swimming on Mondays and Thursdays, a
meal every day, in a list that begins where the last one ended. Swimming once a week lies seven days apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from creos_ui.services.former_system.known import AROUND, Invited, Known, Offer, period_of
from creos_ui.services.former_system.people import Child, Debtor
from creos_ui.services.former_system.questions import Question, Questions, question
from creos_ui.services.former_system.rows import Column, Occasion, Row

NEAR = timedelta(days=6)
SIMILAR = 0.6  # of two titles, from 0 to 1


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


def settle_moved(all_named: Sequence[Named], known: Known, questions: Questions) -> tuple[list[Offer], set[int]]:
    """Ask about each suspected one; what a person says is the same is moved in `known`, and returned.

    The lines returned beside it are left out: their child is invited already, to an activity that cannot become this
    occasion, because another activity is it, or because it became another occasion.
    """
    moved: list[Offer] = []
    left_out: set[int] = set()
    spoken_for: set[Offer] = set()
    taken = {occasion for occasion, offers in known.offers.items() if offers}
    for one in _suspected(all_named, known):
        free = one.offer not in spoken_for and one.occasion not in taken
        spoken_for.add(one.offer)
        taken.add(one.occasion)
        row = one.named[0].row
        asked = _question(one, row, "import.moved" if free else "import.joined")
        if questions.which([(one.offer, asked)]) is not one.offer:
            continue
        if free:
            known.move(one.offer, row.title, row.starts_on, row.due_on)
            moved.append(one.offer)
        else:
            left_out |= {named.row.line for named in one.named}
    return moved, left_out


def _suspected(all_named: Sequence[Named], known: Known) -> list[Suspected]:
    """Those with the most children first."""
    if not all_named:
        return []
    first, last = period_of([named.row for named in all_named])
    found: dict[tuple[Offer, Occasion], Suspected] = {}
    for new, gone in _new_and_gone(all_named, known):
        for named, offer in _nearest(new, gone, (first, last)):
            occasion = named[0].row.occasion
            found.setdefault((offer, occasion), Suspected(offer, occasion)).named.extend(named)
    days_here = _days((child_id, *occasion[:2]) for occasion, child_id in known.invited)
    days_listed = _days((named.child.id, *named.row.occasion[:2]) for named in all_named)

    def in_series(named: Named) -> bool:
        title, starts_on, _ = named.row.occasion
        here = [day for day in days_here[named.child.id, title] if abs(day - starts_on) <= AROUND]
        return len(here) > 1 or len(days_listed[named.child.id, title]) > 1

    suspected = [
        one for one in found.values() if first <= one.offer.starts_on <= last or not any(map(in_series, one.named))
    ]
    return sorted(suspected, key=lambda one: (-len(one.named), one.named[0].row.line))


def _days(all_days: Iterable[tuple[int | None, str, date]]) -> dict[tuple[int | None, str], set[date]]:
    """By child and title."""
    found: dict[tuple[int | None, str], set[date]] = defaultdict(set)
    for child_id, title, day in all_days:
        found[child_id, title].add(day)
    return found


def _new_and_gone(all_named: Sequence[Named], known: Known) -> Iterator[tuple[list[list[Named]], list[list[Invited]]]]:
    """Of each child: its rows of each occasion new to it, and its invitations to each activity the list names no
    more."""
    listed = {named.row.occasion for named in all_named}
    gone: dict[int, dict[Offer, list[Invited]]] = defaultdict(lambda: defaultdict(list))
    for (occasion, child_id), invited in known.invited.items():
        if occasion not in listed:
            for one in invited:
                gone[child_id][one.offer].append(one)
    new: dict[int, dict[Occasion, list[Named]]] = defaultdict(lambda: defaultdict(list))
    for named in all_named:
        if named.child.id in gone and not known.at(named.row.occasion, named.child):
            new[named.child.id][named.row.occasion].append(named)
    for child_id, of_child in new.items():
        yield list(of_child.values()), list(gone[child_id].values())


def _nearest(
    new: list[list[Named]], gone: list[list[Invited]], period: tuple[date, date]
) -> Iterator[tuple[list[Named], Offer]]:
    """The two that are nearest to each other, then the nearest two of the rest, as long as they may be one."""
    fitting = []
    for position, named in enumerate(new):
        for invited in gone:
            if distance := _distance(named[0], invited, period):
                fitting.append((distance, position, invited[0].offer))
    used: set[int | Offer] = set()
    for _, position, offer in sorted(fitting, key=lambda one: (one[0], one[1], one[2].id)):
        if position not in used and offer not in used:
            used |= {position, offer}
            yield new[position], offer


def _distance(
    named: Named, invited: list[Invited], period: tuple[date, date]
) -> tuple[bool, timedelta, timedelta] | None:
    """How far this occasion is from that activity; None where they cannot be one."""
    row, offer = named.row, invited[0].offer
    apart, due_apart = abs(offer.starts_on - row.starts_on), abs(offer.due_on - row.due_on)
    title, *_ = offer.occasion
    if title == row.occasion[0]:
        may_be = apart <= NEAR or period[0] <= offer.starts_on <= period[1]
    else:
        alike = any(one.amount_cents == row.amount_cents for one in invited) or _similar(title, row.occasion[0])
        may_be = not apart and not due_apart and alike
    return (title != row.occasion[0], apart, due_apart) if may_be else None


@lru_cache(maxsize=1_000)  # every child of the two asks
def _similar(title: str, other: str) -> bool:
    return SequenceMatcher(None, title, other).ratio() >= SIMILAR


def _question(one: Suspected, row: Row, text_key: str) -> Question:
    offer = one.offer
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
    return question(row, column, text_key, values, offer.id)
