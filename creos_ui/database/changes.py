"""Changes made by other processes, reported to this one: LISTEN/NOTIFY on PostgreSQL; on SQLite a table of notices,
read when the file has changed. A program that writes into the file by itself gives no notice.

The SQL here is fixed: on SQLite a notice is written in the very step that commits, by the driver itself.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import sqlite3
from collections.abc import Collection
from functools import partial
from typing import Any

from tortoise.connection import get_connection

from creos_ui import live
from creos_ui.database.config import connect

log = logging.getLogger("creos_ui")

CHANNEL = "creos_changes"
NAME = "creos_ui changes"  # of the listening connection, in PostgreSQL's own list
MOST_NAMED = 500  # guardians in one notice, which may hold 8000 bytes; of more it says: everyone
_RUN = secrets.token_hex(8)
KEPT = 1_000  # notices in a SQLite file, at least; up to twice as many
EVERY = 0.5  # seconds between two looks at a SQLite file
ALIVE_EVERY = 20.0  # seconds between two questions whether the listening connection still lives
LONGEST_PAUSE = 5.0  # seconds before the next try to connect again
_NEWEST = "SELECT coalesce(max(id), 0) AS id FROM change_notice"
_SINCE = "SELECT id, notice FROM change_notice WHERE id > ? ORDER BY id"


async def notify(connection: Any, guardian_ids: Collection[int]) -> None:
    """Inside the transaction that changed something: other processes hear of it when it commits, and only then."""
    named = {live.EVERYONE} if len(guardian_ids) > MOST_NAMED else guardian_ids
    notice = f"{me()}:{','.join(map(str, sorted(named)))}"
    if connection.capabilities.dialect == "sqlite":
        connection.at_commit(partial(_write_notice, notice))
    else:
        await connection.execute_query("SELECT pg_notify($1, $2)", [CHANNEL, notice])


def _write_notice(notice: str, database: sqlite3.Connection) -> None:
    """In SQLite's own thread: a statement that came by itself would cost a payment a tenth of its time."""
    number = database.execute("INSERT INTO change_notice (notice) VALUES (?)", (notice,)).lastrowid
    if number and number % KEPT == 0:
        database.execute("DELETE FROM change_notice WHERE id <= ?", (number - KEPT,))


def me() -> str:
    """This process, a forked one's child too: what it announces itself has reached its own pages already."""
    return f"{_RUN}-{os.getpid()}"


async def watch(url: str) -> None:
    """Deliver here what others changed, until cancelled. The database at `url` is open; a fault ends nothing."""
    if url.startswith("sqlite:"):
        await _watch_file()
    else:
        await _listen(url)


async def _watch_file() -> None:
    """SQLite counts the commits of others, as this process's one connection sees them; its own do not count."""
    seen = last = None
    while True:
        try:
            if live.has_subscribers() or last is None:
                now = await _data_version()
                if now != seen:
                    last = await _read_notices(last)
                    seen = now
        except Exception as exc:  # busy or closing: the next look will see it too
            log.warning("could not look whether the database changed (%s)", type(exc).__name__)
        await asyncio.sleep(EVERY)


async def _data_version() -> int:
    found = await get_connection("default").execute_query_dict("PRAGMA data_version")
    return int(found[0]["data_version"])


async def _read_notices(last: int | None) -> int:
    """Deliver the notices after number `last`; returns the newest number. None: nothing was missed yet."""
    if last is None:
        return int((await get_connection("default").execute_query_dict(_NEWEST))[0]["id"])
    found = await get_connection("default").execute_query_dict(_SINCE, [last])
    if found and int(found[0]["id"]) != last + 1:  # numbers have no gaps: some were read by nobody and are gone
        live.deliver({live.EVERYONE})
    for row in found:
        _heard(row["notice"])
    return int(found[-1]["id"]) if found else last


async def _listen(url: str) -> None:
    """One connection that only listens. When it is lost, another, and then everyone looks: it may have missed some."""
    pause = 0.1
    while True:
        try:
            connection = await connect(url, NAME)
            try:
                lost = asyncio.Event()
                connection.add_termination_listener(lambda _, lost=lost: lost.set())
                await connection.add_listener(CHANNEL, lambda *heard: _heard(heard[3]))
                live.deliver({live.EVERYONE})
                pause = 0.1
                await _until_lost(connection, lost)
            finally:
                connection.terminate()
        except Exception as exc:
            log.warning("the connection that listens for changes failed (%s)", type(exc).__name__)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _until_lost(connection: Any, lost: asyncio.Event) -> None:
    """Returns when the connection has ended; one that has silently died is asked, and does not answer."""
    while not lost.is_set():
        try:
            await asyncio.wait_for(lost.wait(), ALIVE_EVERY)
        except TimeoutError:
            await connection.execute("SELECT 1", timeout=5)


def _heard(notice: str) -> None:
    """A notice of some process: `who:1,2,3`. What cannot be read concerns everyone."""
    sender, _, ids = notice.partition(":")
    if sender == me():
        return
    try:
        live.deliver({int(part) for part in ids.split(",")})
    except ValueError:
        live.deliver({live.EVERYONE})
