"""The outbox: a message is one row, written in the transaction that causes it, and sent later by mail/sending.py (R53).

Writing it is one fixed statement. It inserts nothing for anyone who has no address, or whose address is dead, or who
switched that kind off. Security kinds cannot be switched off, and are written to a dead address as well: a mark that is
wrong, or no longer right, locks nobody out. A row holds no secret: a link's token is made when the message is sent.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from creos_ui import clock
from creos_ui.database.transactions import execute
from creos_ui.services.money.ledger import Claimed
from models import SWITCHES, Invitation, InvitationStatus, MailKind, MailMessage

GATHERED = timedelta(minutes=1)  # invitations published, or paid automatically, within it become one message
BALANCE = '"@balance"'  # stands in the facts for the wallet's balance at that moment, in cents

# fixed SQL: whether to write, where to, and the balance at that moment, in the one statement a payment can spare
_INSERT = """
    INSERT INTO mail_message (message_id, account_id, kind, address, facts, created_at, next_try_at, tries)
    SELECT $1, account.id, $2, {address}, {facts}, {at}, {at_next}, 0 FROM account
    WHERE account.{by} = $6 AND {wanted}
"""
_WITH_BALANCE = """replace(CAST($3 AS text), '"@balance"', CAST(
    (SELECT balance_cents FROM ledger_account l WHERE l.guardian_id = account.guardian_id) AS text))"""


async def put(
    connection: Any, account_id: int, kind: MailKind, facts: dict[str, Any], *, address: str | None = None
) -> None:
    """A message to this account, inside the caller's transaction. `address`: there, instead of the account's own."""
    await _insert(connection, "id", account_id, kind, facts, address=address)


async def put_for_guardian(connection: Any, guardian_id: int, kind: MailKind, facts: dict[str, Any]) -> None:
    """The same to the account of this guardian; nothing where there is none."""
    await _insert(connection, "guardian_id", guardian_id, kind, facts)


async def receipt(connection: Any, guardian_id: int, claimed: Sequence[Claimed], *, automatic: bool = False) -> None:
    """What was paid by one confirmation, or automatically. After the payment, inside its transaction: the balance in
    it is the one the payment leaves."""
    facts = {
        "lines": [[one.invitation_id, one.amount_cents] for one in claimed],
        "paid_on": clock.today().isoformat(),
        "balance_cents": BALANCE.strip('"'),
        "automatic": automatic,
    }
    wait = GATHERED if automatic else timedelta(0)  # credits may come one after the other
    await _insert(connection, "guardian_id", guardian_id, MailKind.RECEIPT, facts, wait=wait)


async def invited(connection: Any, guardian_id: int, invitation_ids: Sequence[int]) -> None:
    """New invitations, inside the transaction that publishes them; several at once become one message. It counts as
    a reminder: the first one is the next term's."""
    waiting = Invitation.filter(id__in=invitation_ids, status=InvitationStatus.OPEN)
    await waiting.using_db(connection).update(reminded_at=clock.now())
    facts = {"invitations": list(invitation_ids)}
    await _insert(connection, "guardian_id", guardian_id, MailKind.INVITATIONS, facts, wait=GATHERED)


async def readdress(connection: Any, account_id: int, address: str) -> None:
    """What waits for this account goes to its new address; what protects the account still warns the one it left."""
    waiting = MailMessage.filter(account_id=account_id, kind__in=SWITCHES, sent_at=None, next_try_at__isnull=False)
    await waiting.using_db(connection).update(address=address)


async def withdraw(connection: Any, account_id: int, kind: MailKind) -> None:
    """What waits of this kind is not sent any more."""
    waiting = MailMessage.filter(account_id=account_id, kind=kind, sent_at=None, next_try_at__isnull=False)
    await waiting.using_db(connection).update(next_try_at=None, failed_at=clock.now(), error="withdrawn")


async def _insert(
    connection: Any,
    by: str,
    number: int,
    kind: MailKind,
    facts: dict[str, Any],
    *,
    address: str | None = None,
    wait: timedelta = timedelta(0),
) -> None:
    postgres = connection.capabilities.dialect == "postgres"
    instant = "::timestamptz" if postgres else ""  # a place in a SELECT is text to PostgreSQL
    written = _json(facts)
    wanted = ["account.email IS NOT NULL"] if address is None else []
    if kind in SWITCHES:
        wanted += [f"account.{SWITCHES[kind]}", "account.email_failed_at IS NULL"]
    sql = _INSERT.format(
        by=by,
        address="account.email" if address is None else "CAST($7 AS text)",
        facts=_WITH_BALANCE if BALANCE in written else "$3",
        at=f"$4{instant}",
        at_next=f"$5{instant}",
        wanted=" AND ".join(wanted) or "1 = 1",
    )
    now = clock.now()
    values = [secrets.token_hex(16), kind.value, written, now, now + wait, number]
    await execute(connection, sql, *values, *([] if address is None else [address]))


def _json(facts: dict[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
