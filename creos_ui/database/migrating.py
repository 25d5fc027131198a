"""Bringing the schema up to date, by one process at a time: who starts meanwhile waits, and then finds it done.

The lock ends with its process, whatever ends that: on PostgreSQL a connection holds it, on SQLite an open folder.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tortoise import Tortoise
from tortoise.migrations.api import migrate

from creos_ui.database.config import config, connect

log = logging.getLogger("creos_ui")

EVERY = 0.1  # seconds between two looks whether the folder is free
LOCK = "hashtext('creos_ui migrating')"


async def bring_up_to_date(url: str) -> None:
    """Run the migrations that the database at `url` lacks (R65)."""
    if url.startswith("sqlite:"):
        alone = _folder_to_ourselves(Path(url.removeprefix("sqlite:")).parent)
    else:
        alone = _server_lock(url)
    async with alone:
        try:
            await migrate(config=config(url, patient=True))
        finally:
            await Tortoise.close_connections()  # its own, which are more patient than those that serve


@asynccontextmanager
async def _folder_to_ourselves(folder: Path) -> AsyncIterator[None]:
    """The folder and not the file: closing a file of its own in passing would end SQLite's locks on it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        said = False
        while not _locked(descriptor):
            if not said:
                _say_that_we_wait()
                said = True
            await asyncio.sleep(EVERY)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@asynccontextmanager
async def _server_lock(url: str) -> AsyncIterator[None]:
    connection = await connect(url, "creos_ui migrating", lock_timeout="0", statement_timeout="0")
    try:
        if not await connection.fetchval(f"SELECT pg_try_advisory_lock({LOCK})"):
            _say_that_we_wait()
            await connection.execute(f"SELECT pg_advisory_lock({LOCK})")
        yield
    finally:
        await connection.close()


def _say_that_we_wait() -> None:
    log.warning("another process is bringing the database up to date: waiting for it")
