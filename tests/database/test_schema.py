"""The migrations make what the models say, and the same on both databases, as their own catalogues tell."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tortoise import Tortoise
from tortoise.migrations.autodetector import MigrationAutodetector

from creos_ui.database.config import config
from creos_ui.database.opening import GUARDS
from models import Invitation
from tests.databases import fresh_database

TABLES = {
    "account",
    "activity",
    "document",
    "guardian",
    "guardianship",
    "invitation",
    "known_browser",
    "ledger_account",
    "pupil",
    "school_class",
    "session",
    "sign_in_attempt",
    "transfer",
}
CENTS = {("ledger_account", "balance_cents"), ("invitation", "amount_cents"), ("transfer", "amount_cents")}
# PostgreSQL's types, in SQLite's words
IN_SQLITE = {
    "integer": "INT",
    "boolean": "INT",
    "bigint": "BIGINT",
    "date": "DATE",
    "text": "TEXT",
    "timestamp with time zone": "TIMESTAMP",
}


async def missing_migrations() -> list[Any]:
    """What `tortoise makemigrations` would write; nothing is written here."""
    settings = config("sqlite::memory:")
    context = await Tortoise.init(config=settings, init_connections=False)
    assert context.apps
    return await MigrationAutodetector(context.apps, settings["apps"]).changes()


async def test_the_migrations_say_what_the_models_say(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await missing_migrations() == []
    monkeypatch.setattr(Invitation._meta.fields_map["answered_by"], "max_length", 61)
    assert len(await missing_migrations()) == 1  # it would have told


@pytest.mark.postgres
async def test_both_databases_have_the_same_schema() -> None:
    found = {}
    for kind, catalogue in (("sqlite", of_sqlite), ("postgres", of_postgres)):
        async with fresh_database(kind) as db:
            found[kind] = await catalogue(db)
    sqlite, postgres = found["sqlite"], found["postgres"]

    assert sqlite.keys() == postgres.keys()
    for aspect in sqlite:
        assert sqlite[aspect] == postgres[aspect], aspect
        assert sqlite[aspect], aspect
    assert {table for table, *_ in sqlite["columns"]} >= TABLES
    assert {name for _, name, *_ in sqlite["triggers"]} | {"transfer_once"} | sqlite["views"] == GUARDS["sqlite"]
    assert {action for *_, action in sqlite["foreign keys"]} == {"RESTRICT"}
    assert {(table, column) for table, column, _ in sqlite["checks"]} == CENTS


async def test_every_foreign_key_has_an_index_that_begins_with_it(db: Any, database_kind: str) -> None:
    """Tortoise makes none by itself; without it, a look from the other side reads the whole table."""
    schema = await (of_sqlite(db) if database_kind == "sqlite" else of_postgres(db))
    indexed = {(table, columns[0]) for table, columns, *_ in schema["indexes"]}
    unindexed = {(table, column) for table, column, *_ in schema["foreign keys"]} - indexed
    assert unindexed == set()


async def of_sqlite(db: Any) -> dict[str, set[Any]]:
    async def rows(sql: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await db.execute_query_dict(sql)
        return found

    columns, indexes, foreign_keys, checks = set(), set(), set(), set()
    for entry in await rows("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"):
        table = entry["name"]
        for column in await rows(f"PRAGMA table_info({table})"):
            kind = column["type"] if column["type"] != "INTEGER" else "INT"
            columns.add((table, column["name"], kind, bool(column["notnull"]), column["pk"] > 0))
        for index in await rows(f"PRAGMA index_list({table})"):
            if index["origin"] == "pk":  # of ids that are given, and not counted up
                continue
            parts = tuple(part["name"] for part in await rows(f"PRAGMA index_info({index['name']})"))
            indexes.add((table, parts, bool(index["unique"]), bool(index["partial"])))
        for key in await rows(f"PRAGMA foreign_key_list({table})"):
            foreign_keys.add((table, key["from"], key["table"], key["to"], key["on_delete"]))
        for name in re.findall(r"CONSTRAINT (\w+) CHECK", entry["sql"]):
            line = next(line for line in entry["sql"].splitlines() if name in line)
            checks.add((table, line.split('"')[1], name))
    triggers = set()
    for entry in await rows("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'"):
        timing, event = re.search(r"(BEFORE|AFTER) (INSERT|UPDATE|DELETE)", entry["sql"]).groups()  # type: ignore[union-attr]
        triggers.add((entry["tbl_name"], entry["name"], timing, event))
    views = {entry["name"] for entry in await rows("SELECT name FROM sqlite_master WHERE type = 'view'")}
    return {
        "columns": columns,
        "indexes": indexes,
        "foreign keys": foreign_keys,
        "checks": checks,
        "triggers": triggers,
        "views": views,
    }


async def of_postgres(db: Any) -> dict[str, set[Any]]:
    async def rows(sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in await db.execute_query_dict(sql)]

    keys = {
        (table, column)
        for table, column in await rows(
            """SELECT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
            WHERE i.indisprimary AND c.relnamespace = 'public'::regnamespace"""
        )
    }
    columns = {
        # SQLite does not say NOT NULL of a primary key Tortoise made with AUTOINCREMENT, but means it
        (table, name, _in_sqlite(kind), not_null, (table, name) in keys)
        for table, name, kind, not_null in await rows(
            """SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull FROM pg_attribute a
            JOIN pg_class c ON c.oid = a.attrelid
            WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped"""
        )
    }
    indexes = {
        (table, tuple(parts), unique, partial)
        for table, parts, unique, partial in await rows(
            """SELECT c.relname, ARRAY(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY k(number, place)
                JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number ORDER BY k.place),
                i.indisunique, i.indpred IS NOT NULL
            FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
            WHERE c.relnamespace = 'public'::regnamespace AND NOT i.indisprimary"""
        )
    }
    foreign_keys = {
        (table, column, target, to, {"r": "RESTRICT"}.get(action, action))
        for table, column, target, to, action in await rows(
            """SELECT c.relname, a.attname, f.relname AS target, b.attname AS reference, k.confdeltype::text
            FROM pg_constraint k
            JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
            JOIN pg_attribute b ON b.attrelid = f.oid AND b.attnum = k.confkey[1]
            WHERE k.contype = 'f'"""
        )
    }
    checks = set(
        await rows(
            """SELECT c.relname, (SELECT min(a.attname) FROM pg_attribute a WHERE a.attrelid = c.oid
                AND a.attname LIKE '%\\_cents' AND a.attnum = ANY (k.conkey)), k.conname
            FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
            WHERE k.contype = 'c' AND c.relnamespace = 'public'::regnamespace"""
        )
    )
    triggers = {
        (table, name, timing, event)
        for table, name, timing, event in await rows(
            """SELECT event_object_table, trigger_name, action_timing, event_manipulation
            FROM information_schema.triggers"""  # which leaves out TRUNCATE: SQLite has none
        )
    }
    views = {name for (name,) in await rows("SELECT viewname FROM pg_views WHERE schemaname = 'public'")}
    return {
        "columns": columns,
        "indexes": indexes,
        "foreign keys": foreign_keys,
        "checks": checks,
        "triggers": triggers,
        "views": views,
    }


def _in_sqlite(kind: str) -> str:
    return IN_SQLITE.get(kind) or kind.replace("character varying", "VARCHAR")
