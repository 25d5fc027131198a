"""A change of a table that SQLite's ALTER TABLE cannot make: NULL or not, another type, CHECK, UNIQUE or foreign key.

Tortoise's AlterField, RemoveField and AddConstraint make the table anew as well, but by DROP TABLE while foreign keys
are in force: its children's rows go with it, and so do triggers, indexes and unique constraints. No migration may use
them (tests/database/test_migrations.py). Such a change is a migration of its own, written so:

    async def change(_apps: Any, schema_editor: Any) -> None:
        database = schema_editor.client
        if database.capabilities.dialect == "sqlite":
            await rebuild(database, "pupil", '"id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, ...')
        else:  # PostgreSQL makes every such change in place
            await database.execute_query("ALTER TABLE pupil ALTER COLUMN first_name DROP NOT NULL")

    class Migration(migrations.Migration):
        atomic = False
        operations = [ops.RunPython(change), OnlyInModels(ops.AlterField("Pupil", "first_name", ...))]
"""

from __future__ import annotations

from typing import Any

from tortoise.migrations.operations import TortoiseOperation
from tortoise.transactions import in_transaction

from creos_ui.database.opening import missing_guards
from creos_ui.database.safe_sqlite import finish

# all triggers and views: they name tables, and renaming one fails while they name a table that is not there. A view
# comes before its own triggers, which go when it goes
_KEPT = """
    SELECT type, name, sql FROM sqlite_master
    WHERE type IN ('view', 'trigger') OR type = 'index' AND tbl_name = ? AND sql IS NOT NULL
    ORDER BY type = 'trigger', rowid
"""
_COPY = 'INSERT INTO "{new}" ({names}) SELECT {names} FROM "{table}"'
_COUNT = 'SELECT count(*) AS n FROM "{table}"'
_LAST_ID = "SELECT seq FROM sqlite_sequence WHERE name = ?"
_KEEP_LAST_ID = "UPDATE sqlite_sequence SET seq = ? WHERE name = ?"


class OnlyInModels(TortoiseOperation):
    """An operation for Tortoise's own account of the models: the database has been changed by other means."""

    def __init__(self, operation: TortoiseOperation) -> None:
        self.operation = operation

    def state_forward(self, app_label: str, state: Any) -> None:
        self.operation.state_forward(app_label, state)


async def rebuild(connection: Any, table: str, columns: str) -> None:
    """Make a table of SQLite anew with `columns`, which is all that stands in the brackets of its CREATE TABLE.

    Its rows keep every column that both have, new ids go on after the last one ever given, and each index, trigger
    and view has the same text as before. All of it happens or nothing does. Raises RuntimeError where something would
    be lost, and inside a transaction, where SQLite does not switch off foreign keys.
    """
    assert connection.capabilities.dialect == "sqlite"
    try:
        await connection.execute_query("PRAGMA foreign_keys = OFF")
        if (await connection.execute_query_dict("PRAGMA foreign_keys"))[0]["foreign_keys"]:
            raise RuntimeError(f"{table} cannot be rebuilt inside a transaction: the migration needs atomic = False")
        async with in_transaction(connection.connection_name) as transaction:
            await _rebuild(transaction, table, columns)
    finally:
        await finish(connection.execute_query("PRAGMA foreign_keys = ON"))


async def _rebuild(database: Any, table: str, columns: str) -> None:
    """The procedure of sqlite.org/lang_altertable.html, section 7; then a look whether anything was lost."""
    new = f"new__{table}"
    rows, indexes = await _count(database, table), await _indexes(database, table)
    missing = await missing_guards(database)
    counts = await database.execute_query_dict("SELECT 1 AS one FROM sqlite_master WHERE name = 'sqlite_sequence'")
    last_id = await database.execute_query_dict(_LAST_ID, [table]) if counts else []
    kept = await database.execute_query_dict(_KEPT, [table])

    for one in reversed(kept):
        if one["type"] != "index":
            await database.execute_query(f'DROP {one["type"]} "{one["name"]}"')
    await database.execute_query(f'CREATE TABLE "{new}" ({columns})')
    old_names, new_names = await _columns(database, table), await _columns(database, new)
    names = ", ".join(f'"{name}"' for name in old_names if name in new_names)
    lost = _renamed_or_quoted(set(old_names) - set(new_names), new_names, kept)
    if await _generated(database, table) - await _generated(database, new):
        lost.append("what a generated column holds")
    await database.execute_query(_COPY.format(new=new, table=table, names=names))
    await database.execute_query(f'DROP TABLE "{table}"')
    await database.execute_query(f'ALTER TABLE "{new}" RENAME TO "{table}"')
    for one in kept:
        await database.execute_query(one["sql"])
    await _check_triggers_and_views(database)

    if await _count(database, table) != rows:
        lost.append("rows")
    if await database.execute_query_dict("PRAGMA foreign_key_check"):
        lost.append("what a foreign key refers to")
    for origin, gone in indexes - await _indexes(database, table):
        if origin == "c" or set(gone).issubset(new_names):  # of a column that is gone, CREATE INDEX takes the bare name
            lost.append(f"the index on {', '.join(map(str, gone))}")
    if last_id and not (await database.execute_query(_KEEP_LAST_ID, [last_id[0]["seq"], table]))[0]:
        lost.append("AUTOINCREMENT")  # it has a row for every table that was ever written to
    if await missing_guards(database) != missing:
        lost.append("a guard")
    if lost:
        raise RuntimeError(f"rebuilding {table} would lose {' and '.join(lost)}: nothing was changed")


def _renamed_or_quoted(gone: set[str], new_names: list[str], kept: list[dict[str, Any]]) -> list[str]:
    """What SQLite would let pass without a word: a name in other capitals is not copied, and in a view or a trigger a
    quoted name of no column becomes a text."""
    other_capitals = {name.casefold() for name in gone} & {name.casefold() for name in new_names}
    lost = [f"the values of {name}" for name in sorted(other_capitals)]
    for one in kept:
        lost += [
            f'"{name}" in {one["name"]}' for name in sorted(gone) if f'"{name}"'.casefold() in one["sql"].casefold()
        ]
    return lost


async def _check_triggers_and_views(database: Any) -> None:
    """SQLite reads them all again when any table is renamed: one that needs a column that is gone fails here."""
    await database.execute_query("CREATE TABLE named_once (id INTEGER)")
    await database.execute_query("ALTER TABLE named_once RENAME TO named_twice")
    await database.execute_query("DROP TABLE named_twice")


async def _count(database: Any, table: str) -> int:
    return int((await database.execute_query_dict(_COUNT.format(table=table)))[0]["n"])


async def _columns(database: Any, table: str) -> list[str]:
    return [column["name"] for column in await database.execute_query_dict(f'PRAGMA table_info("{table}")')]


async def _generated(database: Any, table: str) -> set[str]:
    found = await database.execute_query_dict(f'PRAGMA table_xinfo("{table}")')
    return {column["name"] for column in found if column["hidden"]}


async def _indexes(database: Any, table: str) -> set[tuple[str, tuple[str, ...]]]:
    """Where each index comes from ("c": CREATE INDEX, "u": UNIQUE in the table's own text), and its columns."""
    found = set()
    for index in await database.execute_query_dict(f'PRAGMA index_list("{table}")'):
        columns = await database.execute_query_dict(f'PRAGMA index_info("{index["name"]}")')
        found.add((index["origin"], tuple(column["name"] for column in columns)))
    return found
