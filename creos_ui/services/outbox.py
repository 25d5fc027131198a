"""The outbox: a message is one row, written in the transaction that causes it, and sent later by mailing.py (R53).

Writing it is one fixed statement, which inserts nothing for who has no address, whose address refused for good, or
who switched that kind off. Security kinds cannot be switched off. A row holds no secret: a link's token is made when
the message is sent.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from creos_ui import clock
from creos_ui.database.transactions import execute
from models import MailKind

# who may switch what off: the account's own column
SWITCHES = {
    MailKind.INVITATIONS: "mail_invitation",
    MailKind.REMINDER: "mail_reminder",
    MailKind.RECEIPT: "mail_receipt",
    MailKind.LOW_CREDIT: "mail_low_credit",
}
GATHERED = timedelta(minutes=1)  # invitations published within it become one message
BALANCE = '"@balance"'  # stands in the facts for the wallet's balance at that moment, in cents

_INSERT = """
    INSERT INTO mail_message (message_id, account_id, kind, address, facts, created_at, next_try_at, tries)
    SELECT $1, account.id, $2, {address}, {facts}, {at}, {at_next}, 0 FROM account
    WHERE account.{by} = $6 AND {wanted}
"""
_HAS_ADDRESS = "account.email IS NOT NULL AND account.email_failed_at IS NULL"
_WITHDRAW = """
    UPDATE mail_message SET next_try_at = NULL, failed_at = $1, error = 'withdrawn'
    WHERE account_id = $2 AND kind = $3 AND sent_at IS NULL AND next_try_at IS NOT NULL
"""
_PUBLISHED = "UPDATE invitation SET reminded_at = $1 WHERE id = $2 AND status = 'open'"


async def put(
    connection: Any, account_id: int, kind: MailKind, facts: dict[str, Any], *, address: str | None = None
) -> None:
    """A message to this account, inside the caller's transaction. `address`: there, instead of the account's own."""
    await _insert(connection, "id", account_id, kind, facts, address=address)


async def put_for_guardian(connection: Any, guardian_id: int, kind: MailKind, facts: dict[str, Any]) -> None:
    """The same for who has this guardian's account; nobody may."""
    await _insert(connection, "guardian_id", guardian_id, kind, facts)


async def receipt(
    connection: Any, guardian_id: int, lines: Sequence[tuple[int, int]], *, automatic: bool = False
) -> None:
    """What was paid by one confirmation, or automatically: `lines` are (invitation id, cents). After the payment,
    inside its transaction: the balance told is the one it leaves."""
    facts = {
        "lines": [[invitation_id, cents] for invitation_id, cents in lines],
        "paid_on": clock.today().isoformat(),
        "balance_cents": BALANCE.strip('"'),
        "automatic": automatic,
    }
    await _insert(connection, "guardian_id", guardian_id, MailKind.RECEIPT, facts)


async def invited(connection: Any, guardian_id: int, invitation_ids: Sequence[int]) -> None:
    """New invitations, inside the transaction that publishes them; several at once become one message. Being told is
    also being reminded: the first reminder is the next term's."""
    for invitation_id in invitation_ids:
        await execute(connection, _PUBLISHED, clock.now(), invitation_id)
    facts = {"invitations": list(invitation_ids)}
    await _insert(connection, "guardian_id", guardian_id, MailKind.INVITATIONS, facts)


async def withdraw(connection: Any, account_id: int, kind: MailKind) -> None:
    """What waits of this kind is not sent any more."""
    await execute(connection, _WITHDRAW, clock.now(), account_id, kind)


async def _insert(
    connection: Any, by: str, number: int, kind: MailKind, facts: dict[str, Any], *, address: str | None = None
) -> None:
    postgres = connection.capabilities.dialect == "postgres"
    balance = "(SELECT balance_cents FROM ledger_account l WHERE l.guardian_id = account.guardian_id)"
    switch = SWITCHES.get(kind)
    # $1 ... stand in a SELECT: PostgreSQL would take them for text
    sql = _INSERT.format(
        by=by,
        address="account.email" if address is None else "CAST($7 AS text)",
        facts=f"replace(CAST($3 AS text), '{BALANCE}', CAST({balance} AS text))" if BALANCE in _json(facts) else "$3",
        at="$4::timestamptz" if postgres else "$4",
        at_next="$5::timestamptz" if postgres else "$5",
        wanted=" AND ".join(
            part
            for part in (_HAS_ADDRESS if address is None else "1 = 1", f"account.{switch}" if switch else "")
            if part
        ),
    )
    now = clock.now()
    first_try = now + GATHERED if kind == MailKind.INVITATIONS else now
    values = [secrets.token_hex(16), str(kind), _json(facts), now, first_try, number]
    await execute(connection, sql, *values, *([] if address is None else [address]))


def _json(facts: dict[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
