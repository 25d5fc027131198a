"""The time, and the school's own day (R54)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

SCHOOL_ZONE = ZoneInfo("Europe/Brussels")


def now() -> datetime:
    """This instant, aware, in UTC: what is stored."""
    return datetime.now(UTC)


def today() -> date:
    """Today at the school: due and closing dates are compared with it."""
    return now().astimezone(SCHOOL_ZONE).date()


def school_day(at: datetime) -> date:
    """The day of an instant at the school."""
    return at.astimezone(SCHOOL_ZONE).date()


def noon_of(day: date) -> datetime:
    """An instant that is surely on this day, for facts of which only the date is known."""
    return datetime.combine(day, time(12), SCHOOL_ZONE).astimezone(UTC)
