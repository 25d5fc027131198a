"""Do the books still hold? Every invariant of the ledger as a query (R38); `creos-ui check` runs them all (K30).

The queries read the tables, never the views: a view may be what is broken. SQL of their own: each compares whole tables
with their sums. An example names ids, never a person.
"""

# ruff: noqa: S608 - fixed queries made of fixed parts; nothing comes from outside

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from tortoise.exceptions import OperationalError

from creos_ui.database import refusing
from creos_ui.database.opening import missing_guards
from creos_ui.database.transactions import default_connection, rows

_POSTINGS = """(
    SELECT id AS transfer_id, source_id AS account_id, -amount_cents AS cents FROM transfer
    UNION ALL SELECT id, target_id, amount_cents FROM transfer)"""
_NET_PAID = """(
    SELECT coalesce(sum(CASE WHEN t.kind = 'refund' THEN -t.amount_cents ELSE t.amount_cents END), 0)
    FROM transfer t WHERE t.invitation_id = i.id)"""

# name, what an example is, and the query for the ids of all that breaks the rule
_RULES = [
    (
        "postings_sum_to_zero",
        "off by cents:",
        f"""SELECT sum(p.cents) AS id FROM ledger_account a JOIN {_POSTINGS} p ON p.account_id = a.id
            HAVING sum(p.cents) <> 0""",
    ),
    (
        "wallet_is_its_postings",
        "ledger account",
        f"""SELECT a.id FROM ledger_account a WHERE a.balance_cents <> CASE WHEN a.kind <> 'wallet' THEN 0 ELSE
            (SELECT coalesce(sum(p.cents), 0) FROM {_POSTINGS} p WHERE p.account_id = a.id) END""",
    ),
    ("no_negative_balance", "ledger account", "SELECT id FROM ledger_account WHERE balance_cents < 0"),
    ("paid_at_most_once", "invitation", f"SELECT id FROM invitation i WHERE {_NET_PAID} NOT IN (0, i.amount_cents)"),
    (
        "paid_means_paid_for",
        "invitation",
        f"SELECT id FROM invitation i WHERE {_NET_PAID} <> CASE WHEN i.status = 'paid' THEN i.amount_cents ELSE 0 END",
    ),
    (
        "transfer_fits_its_kind",
        "transfer",
        """SELECT t.id FROM transfer t
            LEFT JOIN ledger_account source ON source.id = t.source_id
            LEFT JOIN ledger_account target ON target.id = t.target_id
            LEFT JOIN invitation i ON i.id = t.invitation_id
            WHERE NOT coalesce(
                CASE WHEN t.kind IN ('payment', 'carried_over', 'refund') THEN i.id IS NOT NULL
                     ELSE t.invitation_id IS NULL END
                AND CASE t.kind
                    WHEN 'top_up' THEN source.kind = 'outside' AND target.kind = 'wallet'
                    WHEN 'payment' THEN source.kind = 'wallet' AND target.kind = 'revenue'
                        AND source.guardian_id = i.debtor_id
                    WHEN 'carried_over' THEN source.kind = 'outside' AND target.kind = 'revenue'
                    WHEN 'refund' THEN source.kind = 'revenue' AND target.kind = 'wallet'
                        AND target.guardian_id = i.debtor_id
                    WHEN 'withdrawal' THEN source.kind = 'wallet' AND target.kind = 'outside'
                    ELSE t.kind = 'correction' END, false)""",
    ),
    (
        "answer_numbers",
        "transfer",
        """SELECT t.id FROM transfer t JOIN invitation i ON i.id = t.invitation_id
            WHERE t.answer_no IS NULL OR t.answer_no < 1 OR t.answer_no > i.answer_no OR EXISTS
                (SELECT 1 FROM transfer twin WHERE twin.invitation_id = t.invitation_id
                 AND twin.answer_no = t.answer_no AND twin.id < t.id)""",
    ),
    (
        "refund_undoes_a_payment",
        "transfer",
        """SELECT t.id FROM transfer t WHERE t.kind = 'refund' AND NOT EXISTS
            (SELECT 1 FROM transfer paid WHERE paid.invitation_id = t.invitation_id
             AND paid.answer_no = t.answer_no - 1 AND paid.amount_cents = t.amount_cents
             AND paid.kind IN ('payment', 'carried_over'))""",
    ),
    (
        "mandatory_never_declined",
        "invitation",
        """SELECT i.id FROM invitation i JOIN activity a ON a.id = i.activity_id
            WHERE i.status = 'declined' AND a.mandatory""",
    ),
    (
        "one_wallet_each",
        "guardian",
        """SELECT g.id FROM guardian g
            WHERE (SELECT count(*) FROM ledger_account a WHERE a.guardian_id = g.id AND a.kind = 'wallet') <> 1""",
    ),
]


@dataclass(frozen=True)
class Finding:
    """What one rule found: how often it is broken, and one example; or why it could not be looked at."""

    name: str
    broken: int = 0
    example: str = ""
    seen: bool = True

    @property
    def ok(self) -> bool:
        return self.seen and self.broken == 0


async def check_books() -> list[Finding]:
    """One finding per rule, in a fixed order; the books hold when all are ok. Only reads."""
    connection = default_connection()
    missing = await missing_guards(connection)
    findings = [Finding("guards", len(missing), ", ".join(missing))]
    findings += [await _look(connection, *rule) for rule in _RULES]
    if connection.capabilities.dialect == "sqlite":
        findings += [await _look_into_file(connection, pragma) for pragma in ("integrity_check", "foreign_key_check")]
    return findings


async def _look(connection: Any, name: str, noun: str, query: str) -> Finding:
    try:
        found = await rows(connection, f"SELECT count(*) AS broken, min(id) AS id FROM ({query}) AS breaches")
    except (OperationalError, sqlite3.DatabaseError) as exc:
        return _unread(name, exc)
    broken = int(found[0]["broken"])
    return Finding(name, broken, f"{noun} {int(found[0]['id'])}" if broken else "")


async def _look_into_file(connection: Any, pragma: str) -> Finding:
    try:
        found = [tuple(row.values()) for row in await rows(connection, f"PRAGMA {pragma}")]
    except (OperationalError, sqlite3.DatabaseError) as exc:
        return _unread(pragma, exc)
    faults = [row for row in found if row != ("ok",)]
    return Finding(pragma, len(faults), " ".join(str(part) for part in faults[0]) if faults else "")


def _unread(name: str, exc: Exception) -> Finding:
    """A table that is gone or damaged does not hold either; one that others hold for too long may well."""
    if isinstance(exc, OperationalError) and refusing.is_refusal(exc):
        return Finding(name, example=str(exc).partition("\n")[0], seen=False)
    return Finding(name, 1, "cannot be read")
