"""The limits on guessing one-time codes: 5 wrong ones in 5 minutes, 50 in a day, for each account and kind of code.

As with passwords (guessing.py) a try is recorded before its code is looked at, and in the database, so that neither
tries at the same time nor a restart slip past. A right code takes its own try away and leaves the wrong ones: what a
stranger has guessed is not forgiven because the owner signs in.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from creos_ui import clock
from creos_ui.database.transactions import atomic, execute, rows
from creos_ui.database.values import instant
from creos_ui.errors import DomainError
from creos_ui.keyed_hash import keyed_hash

LIMITS = ((5, timedelta(minutes=5)), (50, timedelta(days=1)))

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('sign_in_attempt'))"
_NTH = "SELECT at FROM sign_in_attempt WHERE identifier_hash = $1 AND at > $2 ORDER BY at DESC LIMIT 1 OFFSET {offset}"
_RECORD = """
    INSERT INTO sign_in_attempt (at, identifier_hash, address_hash, browser_hash, succeeded)
    VALUES ($1, $2, $2, NULL, $3) RETURNING id
"""


class TooManyCodes(DomainError):
    """Wait so many `minutes`, or use the other kind of code."""

    text_key = "error.too_many_codes"

    def __init__(self, *, minutes: int) -> None:
        super().__init__(minutes=minutes)


async def begin(kind: str, account_id: int) -> int:
    """Record a try; returns its id. Raises TooManyCodes, and then records nothing."""
    track = keyed_hash("code", kind, str(account_id))

    async def work(connection: Any) -> int:
        if connection.capabilities.dialect == "postgres":
            await connection.execute_query(_ONE_AT_A_TIME)
        now = clock.now()
        for most, within in LIMITS:
            found = await rows(connection, _NTH.format(offset=most - 1), track, now - within)
            if found:
                raise TooManyCodes(minutes=math.ceil((instant(found[0]["at"]) + within - now) / timedelta(minutes=1)))
        recorded = await rows(connection, _RECORD, now, track, False)
        return int(recorded[0]["id"])

    return await atomic(work)


async def right(this: int) -> None:
    """The code was right: this try was no guess."""

    async def work(connection: Any) -> None:
        await execute(connection, "DELETE FROM sign_in_attempt WHERE id = $1", this)

    await atomic(work)
