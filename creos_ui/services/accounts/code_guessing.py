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
from creos_ui.database.transactions import atomic, one_at_a_time
from creos_ui.errors import DomainError
from creos_ui.keyed_hash import keyed_hash
from creos_ui.services.accounts import guessing
from models import SignInAttempt

LIMITS = ((5, timedelta(minutes=5)), (50, timedelta(days=1)))


class TooManyCodes(DomainError):
    """Wait so many `minutes`, or use the other kind of code."""

    text_key = "error.too_many_codes"

    def __init__(self, *, minutes: int) -> None:
        super().__init__(minutes=minutes)


async def begin(kind: str, account_id: int) -> int:
    """Record a try; returns its id. Raises TooManyCodes, and then records nothing."""
    track = keyed_hash("code", kind, str(account_id))

    async def work(connection: Any) -> int:
        await one_at_a_time(connection, guessing.LOCK)
        now = clock.now()
        for most, within in LIMITS:
            recent = SignInAttempt.filter(identifier_hash=track, at__gt=now - within, at__lte=now).using_db(connection)
            oldest = await recent.order_by("-at").offset(most - 1).first()
            if oldest is not None:
                raise TooManyCodes(minutes=math.ceil((oldest.at + within - now) / timedelta(minutes=1)))
        this = await SignInAttempt.create(
            at=now, identifier_hash=track, address_hash=track, succeeded=False, using_db=connection
        )
        return this.id

    return await atomic(work)


async def right(connection: Any, this: int) -> None:
    """The code was right, and is used up in this transaction: this try was no guess."""
    await SignInAttempt.filter(id=this).using_db(connection).delete()
