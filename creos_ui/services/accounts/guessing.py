"""Limits on guessing passwords (R4). Every try is recorded before its password is looked at, and counts as failed
until it succeeded, so tries at the same time cannot slip past; all counting is in the database and survives a restart.

Identifiers that exist and those that do not count alike. A browser that signed in to the account before has a count
of its own and no other: strangers can lock themselves out, not the parent at home.
"""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from creos_ui import clock
from creos_ui.database.transactions import atomic, execute, one_at_a_time, rows, update
from creos_ui.database.values import instant
from creos_ui.errors import PasswordMustBeReset, TooManyTries
from creos_ui.keyed_hash import keyed_hash
from models import SignInAttempt

WINDOW = timedelta(minutes=5)
PER_IDENTIFIER = 10  # failures per window
PER_ADDRESS = 60  # a whole school shares one address
OVERALL = 1000
IN_A_ROW = 100  # without a success between them: only a new password opens the account (NIST)
LONGEST_DELAY = timedelta(minutes=30)
KEPT = timedelta(days=90)  # nothing is counted for longer
LOCK = "sign_in_attempt"  # the next try waits until this one is counted and recorded

# Fixed SQL, here and in `prune`: a track without a browser is NULL, which must equal NULL on both databases.

# a try dated later than now was made while the clock ran ahead: no wait is counted from it.
# one track: what strangers try on an identifier (browser ''), or what one known browser of it tries
_COUNT = """
    SELECT count(*) AS in_a_row, max(CASE WHEN at <= $5 THEN at END) AS last_at,
        count(CASE WHEN at > $3 AND at <= $5 THEN 1 END) AS recent FROM sign_in_attempt
    WHERE identifier_hash = $1 AND coalesce(browser_hash, '') = $2 AND at > $4 AND NOT succeeded AND id > (
        SELECT coalesce(max(id), 0) FROM sign_in_attempt
        WHERE identifier_hash = $1 AND coalesce(browser_hash, '') = $2 AND succeeded)
"""
# the try whose ageing lets the next one in
_NTH_RECENT = """
    SELECT at FROM sign_in_attempt WHERE {where} AND NOT succeeded AND at > $1 AND at <= $2
    ORDER BY at DESC LIMIT 1 OFFSET {offset}
"""
_RECORD = """
    INSERT INTO sign_in_attempt (at, identifier_hash, address_hash, browser_hash, succeeded)
    VALUES ($1, $2, $3, $4, $5) RETURNING id
"""


@dataclass(frozen=True)
class Try:
    """One recorded try; its password may now be looked at."""

    id: int


async def begin(identifier: str, *, address: str, browser_hash: str | None) -> Try:
    """Record a try to sign in, before its password is looked at. `browser_hash`: of a known browser of this account.

    Raises TooManyTries or PasswordMustBeReset; a try that is refused here is not recorded.
    """
    identifier_hash = keyed_hash("identifier", identifier)
    address_hash = keyed_hash("address", network_of(address))

    async def work(connection: Any) -> Try:
        await one_at_a_time(connection, LOCK)
        now = clock.now()
        await _check_track(connection, identifier_hash, browser_hash, now)
        if browser_hash is None:
            await _check_shared(connection, address_hash, now)
        found = await rows(connection, _RECORD, now, identifier_hash, address_hash, browser_hash, False)
        return Try(int(found[0]["id"]))

    return await atomic(work)


async def succeeded(this: Try) -> None:
    """The password was right: the row of failures ends here."""
    await update(SignInAttempt.filter(id=this.id), succeeded=True)


async def forget(connection: Any, identifier: str) -> None:
    """The account gets a new password in this transaction: its failures are over."""
    identifier_hash = keyed_hash("identifier", identifier)
    await SignInAttempt.filter(identifier_hash=identifier_hash).using_db(connection).delete()


async def prune() -> int:
    """Drop what no longer counts: tries before their track's last success, and whatever is older than 90 days.

    Returns how many went. The rule is the same for identifiers that do not exist, or it would show which do.
    """
    sql = """
        DELETE FROM sign_in_attempt WHERE at < $1 OR at < $2 AND EXISTS (
            SELECT 1 FROM sign_in_attempt later WHERE later.identifier_hash = sign_in_attempt.identifier_hash
            AND coalesce(later.browser_hash, '') = coalesce(sign_in_attempt.browser_hash, '')
            AND later.succeeded AND later.id > sign_in_attempt.id)
    """

    async def work(connection: Any) -> int:
        now = clock.now()
        return await execute(connection, sql, now - KEPT, now - WINDOW)

    return await atomic(work)


def delay_after(failures: int) -> timedelta:
    """How long to wait after so many failures in a row: nothing for 9, then 1 min, 2, 4 ... up to half an hour."""
    if failures < PER_IDENTIFIER:
        return timedelta(0)
    return min(timedelta(minutes=1 << min(failures - PER_IDENTIFIER, 10)), LONGEST_DELAY)


async def _check_track(connection: Any, identifier_hash: str, browser_hash: str | None, now: datetime) -> None:
    track = (identifier_hash, browser_hash or "")
    counted = (await rows(connection, _COUNT, *track, now - WINDOW, now - KEPT, now))[0]
    if counted["in_a_row"] >= IN_A_ROW:
        raise PasswordMustBeReset
    waits = [now]
    if counted["last_at"]:
        waits.append(instant(counted["last_at"]) + delay_after(int(counted["in_a_row"])))
    if counted["recent"] >= PER_IDENTIFIER:
        where = "identifier_hash = $3 AND coalesce(browser_hash, '') = $4"
        waits.append(await _free_again(connection, where, PER_IDENTIFIER, now, *track))
    _refuse_until(max(waits), now)


async def _check_shared(connection: Any, address_hash: str, now: datetime) -> None:
    waits = [
        await _free_again(connection, "address_hash = $3", PER_ADDRESS, now, address_hash),
        await _free_again(connection, "1 = 1", OVERALL, now),
    ]
    _refuse_until(max(waits), now)


async def _free_again(connection: Any, where: str, limit: int, now: datetime, *values: Any) -> datetime:
    """When fewer than `limit` failures lie inside the window; `now` if that is so already."""
    sql = _NTH_RECENT.format(where=where, offset=limit - 1)
    found = await rows(connection, sql, now - WINDOW, now, *values)
    return instant(found[0]["at"]) + WINDOW if found else now


def _refuse_until(moment: datetime, now: datetime) -> None:
    if moment > now:
        raise TooManyTries(minutes=math.ceil((moment - now) / timedelta(minutes=1)))


def network_of(address: str) -> str:
    """The address as one customer has it: an IPv6 one stands for its /64, unless an IPv4 one is written in it."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.IPv6Network((int(found), 64), strict=False))
