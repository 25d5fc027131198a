"""An account needs no guardian, a link no account; roles are rows now, and a sealed secret needs more room."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from creos_ui.database.rebuilding import OnlyInModels, rebuild

ACCOUNT = """
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "identifier" VARCHAR(100) NOT NULL UNIQUE,
    "password_hash" VARCHAR(200),
    "language" VARCHAR(5),
    "created_at" TIMESTAMP NOT NULL,
    "guardian_id" INT UNIQUE REFERENCES "guardian" ("id") ON DELETE RESTRICT,
    "email" VARCHAR(254), "email_failed_at" TIMESTAMP, "mail_invitation" INT NOT NULL DEFAULT 1,
    "mail_low_credit" INT NOT NULL DEFAULT 1, "mail_receipt" INT NOT NULL DEFAULT 1,
    "mail_reminder" INT NOT NULL DEFAULT 1, "totp_last_step" BIGINT, "totp_secret" TEXT,
    "closed_at" TIMESTAMP, "first_name" VARCHAR(100), "invited_at" TIMESTAMP, "last_name" VARCHAR(100)
"""
LINK = """
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "token_hash" VARCHAR(64) NOT NULL UNIQUE,
    "purpose" VARCHAR(10) NOT NULL,
    "value" VARCHAR(254),
    "created_at" TIMESTAMP NOT NULL,
    "expires_at" TIMESTAMP NOT NULL,
    "used_at" TIMESTAMP,
    "account_id" INT REFERENCES "account" ("id") ON DELETE RESTRICT
"""
POSTGRES = [
    "ALTER TABLE account ALTER COLUMN guardian_id DROP NOT NULL",
    "ALTER TABLE account ALTER COLUMN totp_secret TYPE text",
    "ALTER TABLE account DROP COLUMN IF EXISTS role",
    "ALTER TABLE one_time_link ALTER COLUMN account_id DROP NOT NULL",
]


async def change(_apps: Any, schema_editor: Any) -> None:
    database = schema_editor.client
    if database.capabilities.dialect == "sqlite":
        await rebuild(database, "account", ACCOUNT)
        await rebuild(database, "one_time_link", LINK)
    else:
        for statement in POSTGRES:
            await database.execute_query(statement)


class Migration(migrations.Migration):
    dependencies = [("models", "0005_office")]

    initial = False
    atomic = False

    operations = [
        ops.RunPython(change),
        OnlyInModels(
            ops.AlterField(
                model_name="Account",
                name="guardian",
                field=fields.OneToOneField(
                    "models.Guardian",
                    source_field="guardian_id",
                    null=True,
                    db_constraint=True,
                    to_field="id",
                    related_name="account",
                    on_delete=OnDelete.RESTRICT,
                ),
            )
        ),
        OnlyInModels(
            ops.AlterField(
                model_name="Account",
                name="totp_secret",
                field=fields.TextField(null=True, unique=False),
            )
        ),
        OnlyInModels(ops.RemoveField(model_name="Account", name="role")),
        OnlyInModels(
            ops.AlterField(
                model_name="OneTimeLink",
                name="account",
                field=fields.ForeignKeyField(
                    "models.Account",
                    source_field="account_id",
                    null=True,
                    db_constraint=True,
                    to_field="id",
                    related_name="links",
                    on_delete=OnDelete.RESTRICT,
                ),
            )
        ),
    ]
