"""What the portal will not be served from, and that every refusal is one sentence and an end."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from creos_ui.database import config as configuration
from creos_ui.database.config import sqlite_url
from creos_ui.database.opening import TRIGGERS, DatabaseUnusable, close_database, open_database, opened
from models import Guardian, SchoolClass, Transfer
from tests.database.unguarded import table_of
from tests.postgres import admin, postgres_url
from tests.school import School

sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
postgres_only = pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)


def refused(url: str) -> str:
    """Opening is refused within seconds, with a sentence; no thread is left that would keep the process alive."""
    before = set(threading.enumerate())

    async def attempt() -> str:
        with pytest.raises(DatabaseUnusable) as refusal:
            await asyncio.wait_for(open_database(url), 15)
        return str(refusal.value)

    sentence = asyncio.run(attempt())
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive()
    return sentence


def run(url: str, *statements: str) -> None:
    """Open, run the statements, close."""

    async def work() -> None:
        async with opened(url) as connection:
            for statement in statements:
                await connection.execute_query(statement)

    asyncio.run(work())


def test_opening_again_keeps_everything(shared_url: str) -> None:
    async def first() -> None:
        async with opened(shared_url):
            school = await School.open()
            await school.pay(await school.invite(school.lou))

    async def again() -> None:
        async with opened(shared_url):
            assert await Guardian.all().count() == 2
            assert await Transfer.all().count() == 3

    asyncio.run(first())
    asyncio.run(again())
    asyncio.run(again())


@pytest.mark.parametrize("trigger", sorted(TRIGGERS))
def test_a_database_without_one_of_its_triggers_is_refused(shared_url: str, database_kind: str, trigger: str) -> None:
    table = table_of(trigger)
    run(shared_url, f"DROP TRIGGER {trigger}" + ("" if database_kind == "sqlite" else f" ON {table}"))
    assert trigger in refused(shared_url)


@pytest.mark.parametrize("missing", ["VIEW ledger_drift", "INDEX transfer_once"])
def test_a_database_without_its_view_or_index_is_refused(shared_url: str, missing: str) -> None:
    run(shared_url, f"DROP {missing}")
    assert missing.split()[1] in refused(shared_url)


@postgres_only
def test_a_trigger_switched_off_is_a_trigger_missing(shared_url: str) -> None:
    run(shared_url, "ALTER TABLE transfer DISABLE TRIGGER transfer_no_update")
    assert "transfer_no_update" in refused(shared_url)


@sqlite_only
@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("synchronous", "OFF"),
        ("synchronous", "NORMAL"),
        ("journal_mode", "DELETE"),
        ("foreign_keys", "OFF"),
        ("recursive_triggers", "OFF"),
    ],
)
def test_sqlite_that_would_lose_a_commit_or_a_rule_is_refused(
    shared_url: str, monkeypatch: pytest.MonkeyPatch, pragma: str, value: str
) -> None:
    run(shared_url)
    monkeypatch.setitem(configuration.SQLITE_PRAGMAS, pragma, value)
    assert pragma in refused(shared_url)


@postgres_only
def test_postgresql_that_would_lose_a_commit_is_refused(shared_url: str) -> None:
    run(shared_url)

    async def careless() -> None:
        name = shared_url.split("/")[3].split("?")[0]
        await admin(f"ALTER DATABASE {name} SET synchronous_commit = off")

    asyncio.run(careless())
    assert "synchronous_commit" in refused(shared_url)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "cannot be opened" in refused(sqlite_url(tmp_path / "nowhere"))


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "creos.db").mkdir()
    assert "cannot be opened" in refused(sqlite_url(tmp_path))


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to have a header" * 50, b"SQLite format 3\x00" * 90]
)
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "creos.db"
    file.write_bytes(content)
    assert "cannot be opened" in refused(sqlite_url(tmp_path))
    assert file.read_bytes() == content


@sqlite_only
def test_a_file_cut_in_half_is_refused(shared_url: str, tmp_path: Path) -> None:
    run(shared_url, "PRAGMA wal_checkpoint(TRUNCATE)")
    file = tmp_path / "creos.db"
    with file.open("r+b") as cut:
        cut.truncate(file.stat().st_size // 2)
    refused(shared_url)


@sqlite_only
def test_a_file_somebody_holds_exclusively_is_refused(
    shared_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(shared_url)
    monkeypatch.setitem(configuration.SQLITE_PRAGMAS, "busy_timeout", 20)
    holder = sqlite3.connect(tmp_path / "creos.db", isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    assert "cannot be opened" in refused(shared_url)
    holder.close()
    run(shared_url)


@pytest.mark.parametrize(
    "url",
    [
        "postgres://nobody@127.0.0.1:1/school",  # nobody listens there
        "postgres://nobody@no-such-host.invalid/school",
        "postgres://postgres@/school?host=/no/such/folder",
    ],
)
def test_a_server_that_does_not_answer_is_refused(url: str) -> None:
    assert "cannot be opened" in refused(url)


@pytest.mark.postgres
def test_a_database_the_server_does_not_have_is_refused() -> None:
    assert "cannot be opened" in refused(postgres_url("no_such_school"))


def test_a_database_of_a_newer_portal_or_another_program_is_not_touched(tmp_path: Path) -> None:
    """A table of the same name that is not ours: the migration fails as a whole."""
    with sqlite3.connect(tmp_path / "creos.db") as other:
        other.execute("CREATE TABLE transfer (id INTEGER, song TEXT)")
    other.close()
    assert "cannot be opened" in refused(sqlite_url(tmp_path))
    with sqlite3.connect(tmp_path / "creos.db") as other:
        assert other.execute("SELECT count(*) FROM sqlite_master WHERE name = 'invitation'").fetchone() == (0,)
    other.close()


@pytest.mark.slow
@sqlite_only
@pytest.mark.parametrize("body", ["pass", "raise SystemExit(7)", "await SchoolClass.create(nonsense=1)"])
def test_the_process_ends_whatever_happened_in_it(shared_url: str, tmp_path: Path, body: str) -> None:
    run(shared_url)
    program = f"""
import asyncio
from creos_ui.database.opening import opened
from models import SchoolClass

async def main():
    async with opened({shared_url!r}):
        {body}

asyncio.run(main())
"""
    ended = subprocess.run([sys.executable, "-c", program], timeout=30, check=False, capture_output=True)
    assert ended.returncode == {"pass": 0, "raise SystemExit(7)": 7}.get(body, 1)


@pytest.mark.slow
def test_the_process_ends_after_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "creos.db").write_bytes(b"garbage" * 1000)
    program = f"""
import asyncio
from creos_ui.database.opening import open_database
asyncio.run(open_database({sqlite_url(tmp_path)!r}))
"""
    ended = subprocess.run([sys.executable, "-c", program], timeout=30, check=False, capture_output=True, text=True)
    assert ended.returncode == 1
    assert "DatabaseUnusable" in ended.stderr


async def test_closing_twice_is_nothing_special(tmp_path: Path) -> None:
    async with opened(sqlite_url(tmp_path)):
        await SchoolClass.create(name="3e primaire A")
    await close_database()
    shutil.rmtree(tmp_path)
