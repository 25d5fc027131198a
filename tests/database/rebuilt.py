"""A table's own text, to be made anew with a piece of it changed."""

from __future__ import annotations

from typing import Any

FIRST_NAME = '"first_name" VARCHAR(100) NOT NULL'  # in a pupil's columns


async def columns_of(db: Any, table: str, *changes: tuple[str, str]) -> str:
    """What stands in the brackets of the table's CREATE TABLE, with each piece replaced by another."""
    (row,) = await db.execute_query_dict(f"SELECT sql FROM sqlite_master WHERE type = 'table' AND name = '{table}'")
    columns = str(row["sql"].partition("(")[2].rpartition(")")[0])
    for old, new in changes:
        assert columns.count(old) == 1, (old, columns)
        columns = columns.replace(old, new)
    return columns
