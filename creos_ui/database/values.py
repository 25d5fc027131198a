"""What a value is in Python, whatever the driver or a browser makes of it: SQLite gives days and instants as text."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

LARGEST_ID = 2**31 - 1  # what an INTEGER column of PostgreSQL holds


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
