"""How a table may change: a migration uses nothing that makes Tortoise rebuild one on SQLite, but `rebuild` (R51)."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.migrations.graph import MigrationKey
from tortoise.migrations.loader import MigrationLoader

import models.migrations
from creos_ui.database.opening import opened
from creos_ui.database.rebuilding import OnlyInModels, rebuild
from creos_ui.services.money.books import check_books
from models import Guardianship, Pupil
from tests.database.rebuilt import FIRST_NAME, columns_of
from tests.database.test_schema import missing_migrations
from tests.databases import fresh_url
from tests.school import School

NAMES = sorted(module.name for module in pkgutil.iter_modules(models.migrations.__path__))
REBUILDING = (ops.AlterField, ops.RemoveField, ops.AddConstraint, ops.RemoveConstraint)
NULLABLE = ops.AlterField("Pupil", "first_name", fields.CharField(null=True, max_length=100))


def rebuilding_in(migration: type[migrations.Migration]) -> list[str]:
    """The operations with which Tortoise would rebuild a table, wherever in the migration they stand."""
    return [type(found).__name__ for found in walked(migration.operations) if isinstance(found, REBUILDING)]


def walked(held: object) -> Iterator[ops.Operation]:
    """Operations, and those that other operations hold, alone or in lists; but for what the database never sees."""
    if isinstance(held, list | tuple):
        for one in held:
            yield from walked(one)
    elif isinstance(held, ops.Operation):
        yield held
        if not isinstance(held, OnlyInModels):
            yield from walked(list(vars(held).values()))


def test_no_migration_lets_tortoise_rebuild_a_table() -> None:
    assert len(NAMES) >= 3
    for name in NAMES:
        migration = import_module(f"models.migrations.{name}").Migration
        assert migration.operations, name
        assert rebuilding_in(migration) == [], name


def test_one_that_did_would_be_found() -> None:
    class Holding(ops.TortoiseOperation):
        def __init__(self, *held: ops.Operation) -> None:
            self.held = held

    class MadeUp(migrations.Migration):
        operations = [
            ops.AddField("Pupil", "nickname", fields.CharField(null=True, max_length=50)),
            NULLABLE,
            Holding(ops.RunPython(ops.RunPython.noop), Holding(ops.RemoveField("Pupil", "first_name"))),
            ops.AddConstraint("Pupil", CheckConstraint(check="id > 0", name="positive")),
            ops.AddConstraint("Pupil", UniqueConstraint(fields=("name_key",))),
            ops.RemoveConstraint("Pupil", name="positive"),
            OnlyInModels(NULLABLE),
        ]

    class MadeLater(MadeUp):
        pass

    assert rebuilding_in(MadeUp) == ["AlterField", "RemoveField", "AddConstraint", "AddConstraint", "RemoveConstraint"]
    assert rebuilding_in(MadeLater) == rebuilding_in(MadeUp)


async def test_a_migration_written_as_described_changes_the_table_and_what_tortoise_knows_of_it(
    database_kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recipe of creos_ui/database/rebuilding.py, on a school with rows."""

    async def change(_apps: Any, schema_editor: Any) -> None:
        database = schema_editor.client
        if database.capabilities.dialect == "sqlite":
            nullable = (FIRST_NAME, '"first_name" VARCHAR(100)')
            await rebuild(database, "pupil", await columns_of(database, "pupil", nullable))
        else:
            await database.execute_query("ALTER TABLE pupil ALTER COLUMN first_name DROP NOT NULL")

    class MadeUp(migrations.Migration):
        dependencies = [("models", NAMES[-1])]
        atomic = False
        operations = [ops.RunPython(change), OnlyInModels(NULLABLE)]

    load_disk = MigrationLoader.load_disk

    def with_one_more(loader: MigrationLoader) -> None:
        load_disk(loader)
        loader.disk_migrations[MigrationKey("models", "9999_made_up")] = MadeUp("9999_made_up", "models")

    async with fresh_url(database_kind, tmp_path) as url:
        async with opened(url):
            school = await School.open()
            await school.pay(await school.invite(school.lou))
        monkeypatch.setattr(MigrationLoader, "load_disk", with_one_more)
        for _ in range(2):  # it is recorded: at the next start it is not run again
            async with opened(url) as db:
                await db.execute_query("INSERT INTO pupil (last_name, name_key) VALUES ('Zeller', 'zeller')")
                assert await Pupil.filter(first_name=None).exists()
                assert await Guardianship.all().count() == 3
                assert all(finding.ok for finding in await check_books())

        assert len(await missing_migrations()) == 1  # the models still say NOT NULL
        monkeypatch.setattr(Pupil._meta.fields_map["first_name"], "null", True)
        assert await missing_migrations() == []
