"""What a value is in Python, whatever the driver or a browser makes of it (SQLite gives days and instants as text), and
how many of them go into one statement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from itertools import islice
from typing import Any, TypeVar

LARGEST_ID = 2**31 - 1  # what an INTEGER column of PostgreSQL holds
AT_ONCE = 500  # values in one statement
T = TypeVar("T")


def day(value: Any) -> date:
    """A DATE column's value."""
    return value if isinstance(value, date) else date.fromisoformat(value)


def day_or_none(value: Any) -> date | None:
    """The value of a DATE column that may be NULL."""
    return None if value is None else day(value)


def instant(value: Any) -> datetime:
    """A TIMESTAMP column's value, aware, in UTC."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def instant_or_none(value: Any) -> datetime | None:
    """The value of a TIMESTAMP column that may be NULL."""
    return None if value is None else instant(value)


def whole(value: Any, *, least: int = 0, otherwise: int) -> int:
    """A number a browser names, made to fit a column: at least `least`; what is no whole number is `otherwise`."""
    return min(max(value, least), LARGEST_ID) if type(value) is int else otherwise


def in_parts(wanted: Iterable[T], most: int = AT_ONCE) -> Iterable[list[T]]:
    """As many as one statement should name, and then the rest."""
    waiting = iter(wanted)
    while some := list(islice(waiting, most)):
        yield some
