"""A database that refuses some writes and takes all others: an act of several must be done or not, never in part."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

from tortoise.exceptions import IntegrityError

from creos_ui.database.transactions import default_connection, execute
from creos_ui.errors import NotSaved

# what a refused act raises: SQLite has no other fault that a trigger can raise
REFUSED = (NotSaved, IntegrityError)
WRITES = ("INSERT", "UPDATE", "DELETE")
_FULL = """
    CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$
"""


@asynccontextmanager
async def refused(table: str, writes: Collection[str] = WRITES) -> AsyncIterator[None]:
    """As long as the block runs, these writes to this table fail."""
    connection: Any = default_connection()
    postgres = connection.capabilities.dialect == "postgres"
    if postgres:
        await execute(connection, _FULL)
    does = "EXECUTE FUNCTION refused()" if postgres else "BEGIN SELECT RAISE(ABORT, 'refused'); END"
    for write in writes:
        await execute(connection, f"CREATE TRIGGER refused_{write} BEFORE {write} ON {table} FOR EACH ROW {does}")
    try:
        yield
    finally:
        for write in writes:
            await execute(connection, f"DROP TRIGGER refused_{write}" + (f" ON {table}" if postgres else ""))
        if postgres:
            await execute(connection, "DROP FUNCTION refused")
