"""Making a table of SQLite anew: everything around it stays, and where anything would be lost, nothing is changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from creos_ui.database.opening import missing_guards, opened
from creos_ui.database.rebuilding import rebuild
from creos_ui.services.money.books import check_books
from models import Document, Guardianship, Invitation, Pupil, SchoolClass, Transfer
from tests.database.interrupting import CUT, interrupted
from tests.database.rebuilt import FIRST_NAME, columns_of
from tests.databases import fresh_url
from tests.school import School


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Any]:
    """The portal's connection to a file of SQLite."""
    async with fresh_url("sqlite", tmp_path) as url, opened(url) as connection:
        yield connection


@pytest.fixture
async def school(db: Any) -> School:
    """Two families, a child in a class, a payment, a refusal and an invitation that waits."""
    school = await School.open()
    await Pupil.filter(id=school.lou.id).update(school_class_id=(await SchoolClass.create(name="3e primaire A")).id)
    await school.pay(await school.invite(school.lou))
    await school.decline(await school.invite(school.tim))
    await school.invite(school.lou, mandatory=True)
    return school


async def held(db: Any) -> dict[str, list[str]]:
    """All a database holds: every text of its schema, every row, and the last id given in each table."""
    schema = await db.execute_query_dict("SELECT type, name, tbl_name, sql FROM sqlite_master")
    found = {"schema": schema}
    for entry in schema:
        if entry["type"] == "table" and entry["name"] != "sqlite_sequence":
            found[entry["name"]] = await db.execute_query_dict(f'SELECT * FROM "{entry["name"]}"')
    found["last ids"] = await db.execute_query_dict("SELECT name, seq FROM sqlite_sequence WHERE seq > 0")
    return {name: sorted(map(repr, rows)) for name, rows in found.items()}


async def foreign_keys_hold(db: Any) -> bool:
    return [tuple(row) for row in (await db.execute_query("PRAGMA foreign_keys"))[1]] == [(1,)]


async def test_every_table_made_anew_as_it_was_leaves_all_as_it_was(db: Any, school: School) -> None:
    before = await held(db)
    for table in before.keys() - {"schema", "last ids"}:
        await rebuild(db, table, await columns_of(db, table))
        assert await held(db) == before, table
        assert await foreign_keys_hold(db)
    assert await missing_guards(db) == []
    await school.pay(await school.invite(school.tim))
    assert all(finding.ok for finding in await check_books())


async def test_a_changed_table_keeps_its_rows_its_children_and_every_rule(db: Any, school: School) -> None:
    before = await held(db)
    dropped, added = (
        ('"name_key" VARCHAR(201) NOT NULL,', ""),
        (FIRST_NAME, '"first_name" TEXT, "called" TEXT DEFAULT "-"'),
    )
    await db.execute_query("DROP INDEX idx_pupil_name_ke_9649d1")
    await rebuild(db, "pupil", await columns_of(db, "pupil", dropped, added))

    lou, *others = await db.execute_query_dict("SELECT * FROM pupil ORDER BY id")
    assert {**lou} == {
        "id": school.lou.id,
        "last_name": "Peeters",
        "first_name": "Lou",
        "called": "-",
        "school_class_id": 1,
    }
    assert len(others) == 2
    await db.execute_query("INSERT INTO pupil (last_name) VALUES ('Zeller')")
    after = await held(db)
    assert {table: after[table] for table in before.keys() - {"schema", "pupil", "last ids"}} == {
        table: before[table] for table in before.keys() - {"schema", "pupil", "last ids"}
    }
    with pytest.raises(IntegrityError):  # unique_together of a child
        await Guardianship.create(guardian_id=school.nora.id, pupil_id=school.lou.id)
    with pytest.raises(IntegrityError):  # a foreign key that refers to it
        await db.execute_query(f"DELETE FROM pupil WHERE id = {school.lou.id}")


async def test_the_money_is_guarded_and_watched_as_before(db: Any, school: School) -> None:
    wider = ('"answered_by" VARCHAR(60)', '"answered_by" VARCHAR(80)')
    await rebuild(db, "invitation", await columns_of(db, "invitation", wider))
    await rebuild(db, "transfer", await columns_of(db, "transfer", ('"actor" VARCHAR(60)', '"actor" VARCHAR(80)')))

    paid = await Invitation.get(status="paid")
    for forbidden in (
        "UPDATE transfer SET amount_cents = 1",
        "DELETE FROM transfer",
        f"UPDATE invitation SET status = 'open' WHERE id = {paid.id}",
        f"DELETE FROM invitation WHERE id = {paid.id}",
        f"INSERT INTO invitation (activity_id, pupil_id, debtor_id, amount_cents, status, answer_no, automatic) "
        f"SELECT activity_id, pupil_id, debtor_id, 1, 'open', 0, false FROM invitation WHERE id = {paid.id}",
    ):
        with pytest.raises(IntegrityError):
            await db.execute_query(forbidden)
    twice = (await Transfer.get(invitation_id=paid.id)).clone()
    twice.key = "the same answer again"
    with pytest.raises(IntegrityError):
        await twice.save()
    assert all(finding.ok for finding in await check_books())

    await db.execute_query(f"UPDATE ledger_account SET balance_cents = 1 WHERE guardian_id = {school.omar.id}")
    assert [row["what"] for row in await db.execute_query_dict("SELECT what FROM ledger_drift")] == ["wallet"]


async def test_no_id_is_given_a_second_time(db: Any, school: School) -> None:
    """Neither where the last rows are gone, nor where all are."""
    gone = await Pupil.create(last_name="Zeller", first_name="Ada", name_key="zeller ada")
    document = await Document.create(token="t", file_name="a.pdf", sha256="0", byte_count=1)
    await gone.delete()
    await document.delete()
    for table in ("pupil", "document", "session"):  # of the last, none was ever given
        await rebuild(db, table, await columns_of(db, table))
    new = await Pupil.create(last_name="Zeller", first_name="Bea", name_key="zeller bea")
    assert new.id == gone.id + 1
    assert (await Document.create(token="u", file_name="a.pdf", sha256="0", byte_count=1)).id == document.id + 1


async def test_where_anything_would_be_lost_nothing_is_changed(db: Any, school: School) -> None:
    before = await held(db)
    pair = 'CONSTRAINT "uid_guardianshi_guardia_d8601d" UNIQUE ("guardian_id", "pupil_id")'
    key = 'CONSTRAINT "uid_activity_title_k_f6c93b" UNIQUE ("title_key", "starts_on", "due_on", "mandatory")'
    for table, fault, *changes in (
        (
            "pupil",
            "would lose rows",
            ('"last_name" VARCHAR(100) NOT NULL', '"last_name" TEXT UNIQUE ON CONFLICT IGNORE'),
        ),
        ("pupil", "AUTOINCREMENT", (" AUTOINCREMENT", "")),
        ("pupil", "CHECK constraint failed", (FIRST_NAME, f"{FIRST_NAME} CHECK (first_name <> 'Tim')")),
        ("pupil", "the index on school_class_id", ('"school_class_id" INT', '"class_id" INT')),
        ("pupil", "the values of first_name", (FIRST_NAME, '"First_Name" VARCHAR(100)')),
        ("pupil", "syntax error", (FIRST_NAME, '"first_name" NOT VARCHAR')),
        ("pupil", "foreign key", ('REFERENCES "school_class"', 'REFERENCES "no_such_table"')),
        (
            "guardianship",
            "foreign key",
            ('"pupil_id" INT NOT NULL REFERENCES "pupil"', '"pupil_id" INT REFERENCES "guardian"'),
        ),
        ("guardianship", "the index on guardian_id, pupil_id", (f",\n    {pair}", "")),
        ("activity", "trigger invitation_step", ('"mandatory" INT NOT NULL,', ""), (f",\n    {key}", "")),
        (
            "transfer",
            "view posting",
            ('"source_id" INT NOT NULL', '"from_id" INT'),
            (" AND source_id <> target_id", ""),
        ),
    ):
        columns = await columns_of(db, table, *changes)
        with pytest.raises(Exception, match=fault):
            await rebuild(db, table, columns)
        assert await held(db) == before, fault
        assert await foreign_keys_hold(db)


async def test_inside_a_transaction_it_is_refused(db: Any, school: School) -> None:
    """SQLite would not switch off the foreign keys there, and the children's rows would go."""
    before, columns = await held(db), await columns_of(db, "pupil")
    async with in_transaction("default") as transaction:
        with pytest.raises(RuntimeError, match="atomic = False"):
            await rebuild(transaction, "pupil", columns)
    assert await held(db) == before
    assert await foreign_keys_hold(db)


async def test_wherever_it_is_cut_off_the_table_is_the_old_one_or_the_new_one(db: Any, school: School) -> None:
    old = await held(db)
    columns = await columns_of(db, "pupil", (FIRST_NAME, '"first_name" VARCHAR(100)'))
    cuts = 0
    while await interrupted(rebuild(db, "pupil", columns), cuts + 1) is CUT:
        cuts += 1
        assert await foreign_keys_hold(db)
        now = await held(db)
        if now != old:  # cut off after its commit
            assert {**now, "schema": old["schema"]} == old
            await rebuild(db, "pupil", await columns_of(db, "pupil", ('"first_name" VARCHAR(100)', FIRST_NAME)))
            assert await held(db) == old
    assert cuts > 30
