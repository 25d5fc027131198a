"""A hand in the database's own works: triggers, CHECKs, uniques and foreign keys out of the way, then back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tortoise.transactions import in_transaction

# what PostgreSQL cannot switch off is dropped for the rest of the test; GUARDS does not list these
_POSTGRES_CHECKS = [
    "ALTER TABLE ledger_account DROP CONSTRAINT IF EXISTS ledger_account_balance",
    "ALTER TABLE transfer DROP CONSTRAINT IF EXISTS transfer_amount",
]
ONCE = "SELECT 1 FROM transfer WHERE invitation_id IS NOT NULL GROUP BY invitation_id, answer_no HAVING count(*) > 1"


@asynccontextmanager
async def unguarded(db: Any) -> AsyncIterator[Any]:
    """A connection nothing stops. Afterwards every guard the books allow is back as it was."""
    if db.capabilities.dialect == "sqlite":
        async with _sqlite(db):
            yield db
    else:
        async with _postgres() as connection:
            yield connection


@asynccontextmanager
async def _sqlite(db: Any) -> AsyncIterator[None]:
    guards = await db.execute_query_dict(
        "SELECT type, name, sql FROM sqlite_master WHERE type = 'trigger' OR name = 'transfer_once'"
    )
    for guard in guards:
        await db.execute_query(f"DROP {guard['type']} {guard['name']}")
    await db.execute_query("PRAGMA foreign_keys = OFF")
    await db.execute_query("PRAGMA ignore_check_constraints = ON")
    yield
    await db.execute_query("PRAGMA ignore_check_constraints = OFF")
    await db.execute_query("PRAGMA foreign_keys = ON")
    for guard in guards:
        if guard["type"] == "trigger" or not await db.execute_query_dict(ONCE):
            await db.execute_query(guard["sql"])


@asynccontextmanager
async def _postgres() -> AsyncIterator[Any]:
    async with in_transaction("default") as connection:
        (once,) = await connection.execute_query_dict(
            "SELECT indexdef FROM pg_indexes WHERE indexname = 'transfer_once'"
        )
        for statement in _POSTGRES_CHECKS:
            await connection.execute_query(statement)
        await connection.execute_query("DROP INDEX transfer_once")
        await connection.execute_query("SET LOCAL session_replication_role = replica")  # no triggers, no foreign keys
        yield connection
        if not await connection.execute_query_dict(ONCE):
            await connection.execute_query(once["indexdef"])


def table_of(trigger: str) -> str:
    """The table that this trigger is on."""
    first, second, *_ = trigger.split("_")
    return {"account": "ledger_account", "audit": f"audit_{second}"}.get(first, first)
