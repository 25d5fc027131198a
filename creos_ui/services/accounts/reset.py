"""Forgotten passwords (R5-R8): asking for a link, looking at it, setting the new password with it.

Asking does the same work and gives the same answer whether an account exists or not. Accounts brought over from the
former system have no password yet and get their first one this way.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from creos_ui import clock
from creos_ui.database.transactions import atomic, one_at_a_time, rows
from creos_ui.errors import LinkNotUsable
from creos_ui.keyed_hash import keyed_hash
from creos_ui.services import outbox
from creos_ui.services.accounts import links, password_policy, sessions
from creos_ui.services.accounts.account import replace_password
from creos_ui.services.accounts.guessing import network_of
from creos_ui.services.accounts.passwords import hash_password
from models import Account, LinkPurpose, MailKind, ResetRequest, folded

PER_ACCOUNT, PER_ADDRESS = 5, 20  # in a day, in an hour
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LONGEST = 254

# fixed SQL: two questions with a text that may be longer than the column, which the ORM refuses to ask
_OF_IDENTIFIER = "SELECT id, identifier FROM account WHERE identifier = $1"
# two parents may share an address; more than five accounts do not
_OF_EMAIL = "SELECT id, identifier FROM account WHERE lower(email) = $1 ORDER BY id LIMIT 5"


async def request_link(typed: str, *, address: str) -> None:
    """Put a link into the outbox for each account with this identifier or e-mail address; the same answer if none has.

    Not more than 5 a day for an account and 20 an hour from an address (R7).
    """
    text = "".join(c for c in typed if c.isprintable()).strip()[:LONGEST]
    name = text.casefold() if "@" in text else folded(text)
    address_hash = keyed_hash("address", network_of(address))

    async def work(connection: Any) -> None:
        await one_at_a_time(connection, "reset_request")
        now = clock.now()
        requests = ResetRequest.all().using_db(connection)
        from_here = await requests.filter(address_hash=address_hash, at__range=(now - HOUR, now)).count()
        found = await rows(connection, _OF_EMAIL if "@" in text else _OF_IDENTIFIER, name)
        # nobody's is counted and written for as an account's is: the same statements, which then match nothing
        for account in found or [{"id": 0, "identifier": name}]:
            identifier_hash = keyed_hash("identifier", account["identifier"])
            for_this = await requests.filter(identifier_hash=identifier_hash, at__range=(now - DAY, now)).count()
            if from_here < PER_ADDRESS and for_this < PER_ACCOUNT:
                await ResetRequest.create(
                    at=now, identifier_hash=identifier_hash, address_hash=address_hash, using_db=connection
                )
                await outbox.put(connection, account["id"], MailKind.PASSWORD_LINK, {})

    await atomic(work)


async def account_of(token: str) -> Account | None:
    """Whose link this is, while it works; looking does not use it up."""
    return await links.look(token, LinkPurpose.PASSWORD)


async def set_by_link(token: str, password: str) -> list[int]:
    """Set the account's password and use the link up. Nobody is signed in by it; every session of the account ends, and
    their ids are returned, for their pages.

    Raises LinkNotUsable, or why the password is not taken (the link then still works).
    """
    account = await account_of(token)
    if account is None:
        raise LinkNotUsable
    await password_policy.check(password, account_id=account.id)
    password_hash = await hash_password(password)

    async def work(connection: Any) -> list[int]:
        account_id, _ = await links.use_up(connection, token, LinkPurpose.PASSWORD)
        return await replace_password(connection, account_id, password_hash)

    ended = await atomic(work)
    sessions.are_revoked(ended)
    return ended


async def prune() -> None:
    """Drop what no longer counts."""
    over = ResetRequest.filter(at__lt=clock.now() - DAY)
    await atomic(lambda connection: over.using_db(connection).delete())
