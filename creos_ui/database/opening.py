"""Open, migrate, verify, close. Nothing is served from a database that lacks its guards or is not power-safe (R51).

The SQL here asks for each database's own settings and catalogues, of which there are no models.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tortoise import Tortoise
from tortoise.connection import get_connection

from creos_ui.database.config import config
from creos_ui.database.migrating import bring_up_to_date

TRIGGERS = {
    "transfer_fits",
    "transfer_apply",
    "transfer_no_update",
    "transfer_no_delete",
    "account_no_delete",
    "account_same_owner",
    "invitation_begin",
    "invitation_step",
    "invitation_no_delete",
    "audit_line_no_update",
    "audit_line_no_delete",
    "audit_side_emptied",
    "audit_side_no_delete",
    "audit_head_on",
    "audit_head_no_delete",
}
GUARDS = {
    "sqlite": TRIGGERS | {"transfer_once", "posting", "ledger_drift"},
    "postgres": TRIGGERS
    | {"transfer_no_truncate", "audit_line_no_truncate", "audit_side_no_truncate", "audit_head_no_truncate"}
    | {"transfer_once", "posting", "ledger_drift"},
}


class DatabaseUnusable(Exception):
    """The database cannot be opened, or must not be served from; the message is one sentence for the operator."""


@asynccontextmanager
async def opened(url: str, *, patient: bool = False) -> AsyncIterator[Any]:
    """The migrated and verified database at `url`; always closed again, or the process would never end. `patient`: for
    what is no page (config.py)."""
    try:
        yield await open_database(url, patient=patient)
    finally:
        await close_database()


async def open_database(url: str, *, patient: bool = False) -> Any:
    """Connect, bring the schema up to date (R65), verify. Raises DatabaseUnusable; nothing stays open then."""
    try:
        await bring_up_to_date(url)
        # the global fallback: without it page builders and event handlers find no database
        await Tortoise.init(config=config(url, patient=patient), _enable_global_fallback=True)
        connection = get_connection("default")
        await connection.execute_query("SELECT 1")  # connections are lazy: connect now, not in the first request
        await verify(connection)
    except DatabaseUnusable:
        await close_database()
        raise
    except Exception as exc:
        await close_database()
        raise DatabaseUnusable(f"The database cannot be opened: {exc}") from exc
    return connection


async def close_database() -> None:
    """Without it the process never exits (R67): the thread of an open SQLite connection is not a daemon."""
    await Tortoise.close_connections()


async def verify(connection: Any) -> None:
    """Raise DatabaseUnusable where a guard of the migrations is missing, or a commit could be lost when power fails."""
    if missing := await missing_guards(connection):
        raise DatabaseUnusable(f"The database lacks its guards: {', '.join(missing)}. Restore a backup.")
    sqlite = connection.capabilities.dialect == "sqlite"
    unsafe = await (_unsafe_sqlite(connection) if sqlite else _unsafe_postgres(connection))
    if unsafe:
        raise DatabaseUnusable(f"The database would not survive a power failure: {'; '.join(unsafe)}.")


async def missing_guards(connection: Any) -> list[str]:
    """The names of those guards that are not there, or are switched off."""
    dialect = connection.capabilities.dialect
    if dialect == "sqlite":
        names = "SELECT name AS n FROM sqlite_master WHERE type IN ('trigger', 'index', 'view')"
    else:
        names = (
            "SELECT tgname AS n FROM pg_trigger WHERE tgenabled IN ('O', 'A') "
            "UNION SELECT indexname FROM pg_indexes UNION SELECT viewname FROM pg_views"
        )
    present = {row["n"] for row in await connection.execute_query_dict(names)}
    return sorted(GUARDS[dialect] - present)


async def _unsafe_sqlite(connection: Any) -> list[str]:
    wanted: dict[str, object] = {"synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}
    if connection.filename != ":memory:":
        wanted |= {"journal_mode": "wal"}
    unsafe = []
    for pragma, value in wanted.items():
        ((have,),) = [tuple(row) for row in (await connection.execute_query(f"PRAGMA {pragma}"))[1]]
        if have != value:
            unsafe.append(f"{pragma} is {have}, not {value}")
    return unsafe


async def _unsafe_postgres(connection: Any) -> list[str]:
    unsafe = []
    for name in ("fsync", "full_page_writes"):
        ((have,),) = [tuple(row) for row in (await connection.execute_query(f"SHOW {name}"))[1]]
        if have != "on":
            unsafe.append(f"{name} is {have}")
    ((have,),) = [tuple(row) for row in (await connection.execute_query("SHOW synchronous_commit"))[1]]
    if have == "off":
        unsafe.append("synchronous_commit is off")
    return unsafe
