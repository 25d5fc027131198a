"""Links sent by mail (R6): 256 bits, one use, until they expire, the newest kills the older.

The token is worked out of the message's random id under the school's secret: whichever try of the same message
arrives, its link is the same one, and no table holds it. What is stored is the token's keyed hash.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from creos_ui import clock
from creos_ui.database.transactions import atomic, rows
from creos_ui.errors import LinkNotUsable
from creos_ui.keyed_hash import keyed_hash
from models import Account, LinkPurpose, OneTimeLink

VALID = {LinkPurpose.PASSWORD: timedelta(minutes=60), LinkPurpose.EMAIL: timedelta(hours=24)}
KEPT = timedelta(days=90)

# fixed SQL: of two at once one gets it, and learns whose it is, in one statement
_USE = """
    UPDATE one_time_link SET used_at = $1
    WHERE token_hash = $2 AND purpose = $3 AND used_at IS NULL AND expires_at > $1
    RETURNING account_id, value
"""


async def mint(
    message_id: str, account_id: int, purpose: LinkPurpose, value: str | None = None, *, sent: bool = False
) -> str:
    """The token of this message's link, which works from now on; that of a message `sent` stays as it is.

    Raises LinkNotUsable where it was used or replaced.
    """
    token = keyed_hash("link token", message_id)
    token_hash = keyed_hash("link", token)
    now = clock.now()
    expires_at = now + VALID[purpose]

    async def work(connection: Any) -> None:
        await Account.filter(id=account_id).using_db(connection).select_for_update().get()  # the newest kills the older
        row = await OneTimeLink.filter(token_hash=token_hash).using_db(connection).first()
        if row is None:
            older = OneTimeLink.filter(account_id=account_id, purpose=purpose, used_at=None)
            await older.using_db(connection).update(used_at=now)
            await OneTimeLink.create(
                token_hash=token_hash,
                account_id=account_id,
                purpose=purpose,
                value=value,
                created_at=now,
                expires_at=expires_at,
                using_db=connection,
            )
        elif row.used_at is not None:
            raise LinkNotUsable
        elif not sent:  # another try of the same message
            await OneTimeLink.filter(id=row.id).using_db(connection).update(expires_at=expires_at)

    await atomic(work)
    return token


async def look(token: str, purpose: LinkPurpose) -> Account | None:
    """Whose link this is, if it still works. Looking does not use it up: mail scanners open every link."""
    row = (
        await OneTimeLink.filter(
            token_hash=keyed_hash("link", token[:100]), purpose=purpose, used_at=None, expires_at__gt=clock.now()
        )
        .select_related("account")
        .first()
    )
    return row.account if row else None


async def use_up(connection: Any, token: str, purpose: LinkPurpose) -> tuple[int, str | None]:
    """Use the link: (account id, its value), inside the transaction that does what it is for. Raises LinkNotUsable."""
    found = await rows(connection, _USE, clock.now(), keyed_hash("link", token[:100]), purpose)
    if not found:
        raise LinkNotUsable
    return int(found[0]["account_id"]), found[0]["value"]


async def kill(connection: Any, account_id: int) -> None:
    """No link of this account works any more."""
    await OneTimeLink.filter(account_id=account_id, used_at=None).using_db(connection).update(used_at=clock.now())


async def prune() -> None:
    """Drop what has long been over."""
    over = OneTimeLink.filter(expires_at__lt=clock.now() - KEPT)
    await atomic(lambda connection: over.using_db(connection).delete())
