"""A school after some years, in seconds: one debtor with 12,000 invitations and 30 with 300 each.

Statements of their own, because the services would take minutes; the triggers let nothing in that they would not.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from creos_ui import clock
from creos_ui.database.transactions import default_connection, execute
from creos_ui.services.invitations import credit
from models import Account, Activity, Guardian, Guardianship, LedgerAccount, LedgerAccountKind, Pupil

ACTIVITIES, CHILDREN, OTHERS = 300, 40, 30
PAST = 240  # activities that everybody paid
PRICE = 100
ACTOR = "test"

_INVITE = """
    INSERT INTO invitation (activity_id, pupil_id, debtor_id, amount_cents, status, answer_no, automatic,
        pay_when_credit)
    SELECT a.id, g.pupil_id, g.guardian_id, $1, 'open', 0, $2, $2 FROM activity a CROSS JOIN guardianship g
"""
_ANSWER = """
    UPDATE invitation SET status = 'paid', answer_no = 1, answered_at = $1, answered_by = 'test' WHERE activity_id <= $2
"""
_BOOK = """
    INSERT INTO transfer (key, kind, source_id, target_id, amount_cents, invitation_id, answer_no, actor, at)
    SELECT 'filled-payment-' || i.id, 'payment', w.id, (SELECT id FROM ledger_account WHERE name = 'activities'),
        i.amount_cents, i.id, 1, 'test', $1{instant} FROM invitation i
        JOIN ledger_account w ON w.guardian_id = i.debtor_id WHERE i.status = 'paid'
"""
# of everything else that grows, some thousands; an invitation in so many stands for one row
_MORE = """
    INSERT INTO {table} ({columns}) SELECT {values} FROM invitation i JOIN account a ON a.guardian_id = i.debtor_id
    WHERE i.id % 7 = 0
"""
_ROWS = [
    ("session", "token_hash, account_id, created_at, last_used_at, device", "'s' || i.id, a.id, $1, $1, 'test'"),
    ("known_browser", "token_hash, account_id, last_used_at", "'b' || i.id, a.id, $1"),
    ("one_time_link", "token_hash, account_id, purpose, created_at, expires_at", "'l' || i.id, a.id, 'email', $1, $1"),
    ("sign_in_attempt", "at, identifier_hash, address_hash, succeeded", "$1, 'i' || a.id, 'a' || i.id % 99, i.id > 0"),
    ("reset_request", "at, identifier_hash, address_hash", "$1, 'i' || a.id, 'a' || i.id % 99"),
    (
        "mail_message",
        "message_id, account_id, kind, address, facts, created_at, sent_at, tries",
        "'m' || i.id, a.id, 'receipt', 'x', '{}', $1, $1, 1",
    ),
]


async def fill() -> list[Guardian]:
    """The guardians, the one with 12,000 invitations first; each with an account and 10,00 € left."""
    today, connection = clock.today(), default_connection()
    await Activity.bulk_create(
        Activity(
            title=f"Activité {number}",
            title_key=f"activite {number}",
            starts_on=today + timedelta(days=number - PAST),
            due_on=today + timedelta(days=number - PAST),
            mandatory=number % 2 == 0,
        )
        for number in range(ACTIVITIES)
    )
    guardians = [
        await Guardian.create(last_name="Filled", first_name=f"Parent {number}", name_key=f"filled parent {number}")
        for number in range(1 + OTHERS)
    ]
    for guardian in guardians:
        await LedgerAccount.create(kind=LedgerAccountKind.WALLET, guardian_id=guardian.id)
        await Account.create(identifier=f"filled.{guardian.id}", guardian_id=guardian.id, email="filled@example.be")
    for number in range(CHILDREN + OTHERS):
        child = await Pupil.create(last_name="Filled", first_name=f"Child {number}", name_key=f"filled child {number}")
        guardian = guardians[max(0, number - CHILDREN + 1)]
        await Guardianship.create(guardian_id=guardian.id, pupil_id=child.id)
    for guardian in guardians:
        costs = PAST * PRICE * (CHILDREN if guardian is guardians[0] else 1)
        await credit.top_up(guardian.id, costs + 1_000, key=f"filled-credit-{guardian.id:06d}", actor=ACTOR)
    await execute(connection, _INVITE, PRICE, False)
    await execute(connection, _ANSWER, clock.now(), PAST)
    postgres = connection.capabilities.dialect == "postgres"
    instant = "::timestamptz" if postgres else ""  # a place in a SELECT is text to PostgreSQL
    await execute(connection, _BOOK.format(instant=instant), clock.now())
    for table, columns, values in _ROWS:
        values = values.replace("$1", f"$1{instant}")
        await execute(connection, _MORE.format(table=table, columns=columns, values=values), clock.now())
    await settle(connection)
    return guardians


async def settle(connection: Any) -> None:
    """PostgreSQL learns by itself, some time later, what its tables hold."""
    if connection.capabilities.dialect == "postgres":
        await connection.execute_query("ANALYZE")
