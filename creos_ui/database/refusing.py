"""A database that does not do what it is asked: a full disk, a server that is gone, a lock that all of it waits for and
that is not let go. While that lasts every click fails, so the operator is told once an hour, and whoever asks for the
portal's health at any time."""

from __future__ import annotations

import logging
import sqlite3
import time

import asyncpg
from tortoise.exceptions import OperationalError

from creos_ui.database.safe_asyncpg import UNDONE, Retry

LOGGED_EVERY = 3600.0  # seconds
LATELY = 60.0  # seconds; what could not be written is tried again meanwhile, or there was nothing to write
log = logging.getLogger("creos_ui")

_refused_at = _logged_at = float("-inf")


def is_refusal(exc: OperationalError) -> bool:
    """False for a row that breaks a rule or is not there (Tortoise derives those), and for a statement of ours that
    would be wrong on any day."""
    if type(exc) not in (OperationalError, Retry):
        return False
    cause = exc.args[0] if exc.args else None
    wrong = getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    return not wrong and not isinstance(cause, asyncpg.SyntaxOrAccessError)


def is_of_some_rows(exc: OperationalError) -> bool:
    """A lock on PostgreSQL concerns whoever wants the same rows; one on SQLite, or a free connection, everybody."""
    return bool(exc.args) and isinstance(exc.args[0], UNDONE)


def note(exc: OperationalError) -> None:
    """The database has just refused."""
    global _refused_at, _logged_at
    _refused_at = time.monotonic()
    if _refused_at - _logged_at >= LOGGED_EVERY:
        _logged_at = _refused_at
        log.error(
            "the database refuses what it is asked, people see a sentence instead: %s", str(exc).partition("\n")[0]
        )


def lately() -> bool:
    """Has it refused in the last minute?"""
    return time.monotonic() - _refused_at < LATELY
