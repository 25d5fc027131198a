"""What the portal asks the database, statement by statement, which of them read a whole table, and by which indexes."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tortoise.log import db_client_logger

# those that grow with the school's years
BIG = {
    "invitation",
    "known_browser",
    "mail_message",
    "one_time_link",
    "reset_request",
    "session",
    "sign_in_attempt",
    "transfer",
}
_NAMED = re.compile(r'\b(?:FROM|JOIN|UPDATE|INTO)\s+"?(\w+)"?(?:\s+(?:AS\s+)?"?(\w+)"?)?', re.IGNORECASE)
_BY_INDEX = ("Index Scan", "Index Only Scan", "Bitmap Index Scan")


class _Record(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.statements: dict[str, tuple[Any, ...]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.args, tuple) and len(record.args) == 2:
            sql, values = record.args
            if isinstance(sql, str) and sql.split()[0].upper() in ("SELECT", "UPDATE", "DELETE", "WITH", "INSERT"):
                self.statements.setdefault(sql, tuple(values or ()))  # type: ignore[arg-type]


@contextmanager
def recorded() -> Iterator[dict[str, tuple[Any, ...]]]:
    """Every statement that runs meanwhile, each once, with its first values."""
    record, level = _Record(), db_client_logger.level
    db_client_logger.addHandler(record)
    db_client_logger.setLevel(logging.DEBUG)
    db_client_logger.propagate = False
    try:
        yield record.statements
    finally:
        db_client_logger.propagate = True
        db_client_logger.setLevel(level)
        db_client_logger.removeHandler(record)


async def read_whole(connection: Any, sql: str, values: tuple[Any, ...]) -> set[str]:
    """The big tables of which this statement reads every row, or every entry of an index."""
    if connection.capabilities.dialect == "sqlite":
        found = await _of_sqlite(connection, sql, values)
    else:
        found = await _of_postgres(connection, sql, values)
    return found & BIG


async def indexes_of(connection: Any, sql: str, values: tuple[Any, ...]) -> set[str]:
    """The indexes by which the planner, with the statistics it has, would answer this statement."""
    if connection.capabilities.dialect == "sqlite":
        return set(re.findall(r"USING (?:COVERING )?INDEX (\S+)", " ".join(await _steps(connection, sql, values))))
    return set(re.findall(r'"Index Name": "(\w+)"', json.dumps(await _plan(connection, sql, values))))


async def _steps(connection: Any, sql: str, values: tuple[Any, ...]) -> list[str]:
    """SQLite's plan, in its words."""
    return [detail for (*_, detail) in (await connection.execute_query(f"EXPLAIN QUERY PLAN {sql}", list(values)))[1]]


async def _plan(connection: Any, sql: str, values: tuple[Any, ...]) -> dict[str, Any]:
    """PostgreSQL's plan, as a tree."""
    (row,) = await connection.execute_query_dict(f"EXPLAIN (FORMAT JSON) {sql}", list(values))
    plan: dict[str, Any] = json.loads(*row.values())[0]["Plan"]
    return plan


async def _of_sqlite(connection: Any, sql: str, values: tuple[Any, ...]) -> set[str]:
    tables = {alias or table: table for table, alias in _NAMED.findall(sql)} | {t: t for t, _ in _NAMED.findall(sql)}
    steps = await _steps(connection, sql, values)
    scanned = [step.removeprefix("SCAN ").split()[0] for step in steps if step.startswith("SCAN ")]
    return {tables.get(name, name) for name in scanned}


async def _of_postgres(connection: Any, sql: str, values: tuple[Any, ...]) -> set[str]:
    """Whatever the statistics say: with reading whole tables made expensive, is there an index at all?"""
    async with connection._in_transaction() as transaction:
        await transaction.execute_query("SET LOCAL enable_seqscan = off")
        return set(_scanned(await _plan(transaction, sql, values)))


def _scanned(node: dict[str, Any], table: str = "") -> Iterator[str]:
    table, kind = node.get("Relation Name", table), node["Node Type"]
    if kind == "Seq Scan" or (kind in _BY_INDEX and "Index Cond" not in node):
        yield table
    for part in node.get("Plans", ()):
        yield from _scanned(part, table)
