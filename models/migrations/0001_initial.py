from enum import StrEnum

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.activities import InvitationStatus
from models.base import Cents
from models.ledger import LedgerAccountKind, TransferKind


class Role(StrEnum):
    """As it was then."""

    PARENT = "parent"
    ADMINISTRATOR = "administrator"


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Document",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("token", fields.CharField(unique=True, max_length=43)),
                ("file_name", fields.CharField(max_length=200)),
                ("sha256", fields.CharField(max_length=64)),
                ("byte_count", fields.IntField()),
            ],
            options={"table": "document", "app": "models", "pk_attr": "id"},
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="Activity",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("title", fields.CharField(max_length=200)),
                ("title_key", fields.CharField(max_length=200)),
                ("starts_on", fields.DateField()),
                ("due_on", fields.DateField()),
                ("closes_on", fields.DateField(null=True)),
                ("mandatory", fields.BooleanField()),
                (
                    "document",
                    fields.ForeignKeyField(
                        "models.Document",
                        source_field="document_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="activities",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "activity",
                "app": "models",
                "unique_together": (("title_key", "starts_on", "due_on", "mandatory"),),
                "indexes": [Index(fields=["document_id"])],
                "pk_attr": "id",
            },
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="Guardian",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("last_name", fields.CharField(max_length=100)),
                ("first_name", fields.CharField(max_length=100)),
                ("name_key", fields.CharField(db_index=True, max_length=201)),
            ],
            options={"table": "guardian", "app": "models", "pk_attr": "id"},
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="Account",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("identifier", fields.CharField(unique=True, max_length=100)),
                ("password_hash", fields.CharField(null=True, max_length=200)),
                ("role", fields.CharEnumField(default=Role.PARENT, description="", enum_type=Role, max_length=20)),
                (
                    "guardian",
                    fields.OneToOneField(
                        "models.Guardian",
                        source_field="guardian_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="account",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("language", fields.CharField(null=True, max_length=5)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={"table": "account", "app": "models", "pk_attr": "id"},
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="KnownBrowser",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("token_hash", fields.CharField(unique=True, max_length=64)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "models.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="known_browsers",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("last_used_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "known_browser",
                "app": "models",
                "indexes": [Index(fields=["account_id"])],
                "pk_attr": "id",
            },
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="LedgerAccount",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("kind", fields.CharEnumField(description="", enum_type=LedgerAccountKind, max_length=10)),
                ("name", fields.CharField(null=True, unique=True, max_length=40)),
                (
                    "guardian",
                    fields.OneToOneField(
                        "models.Guardian",
                        source_field="guardian_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="wallet",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "balance_cents",
                    Cents(default=0, check="{c} >= 0 AND (kind = 'wallet' OR {c} = 0)", name="ledger_account_balance"),
                ),
            ],
            options={"table": "ledger_account", "app": "models", "pk_attr": "id"},
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="SchoolClass",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("name", fields.CharField(unique=True, max_length=60)),
            ],
            options={"table": "school_class", "app": "models", "pk_attr": "id"},
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="Pupil",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("last_name", fields.CharField(max_length=100)),
                ("first_name", fields.CharField(max_length=100)),
                ("name_key", fields.CharField(db_index=True, max_length=201)),
                (
                    "school_class",
                    fields.ForeignKeyField(
                        "models.SchoolClass",
                        source_field="school_class_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="pupils",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "pupil",
                "app": "models",
                "indexes": [Index(fields=["school_class_id"])],
                "pk_attr": "id",
            },
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="Guardianship",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "guardian",
                    fields.ForeignKeyField(
                        "models.Guardian",
                        source_field="guardian_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="guardianships",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "pupil",
                    fields.ForeignKeyField(
                        "models.Pupil",
                        source_field="pupil_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="guardianships",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "guardianship",
                "app": "models",
                "unique_together": (("guardian", "pupil"),),
                "indexes": [Index(fields=["pupil_id"])],
                "pk_attr": "id",
            },
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="Invitation",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "activity",
                    fields.ForeignKeyField(
                        "models.Activity",
                        source_field="activity_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="invitations",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "pupil",
                    fields.ForeignKeyField(
                        "models.Pupil",
                        source_field="pupil_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="invitations",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "debtor",
                    fields.ForeignKeyField(
                        "models.Guardian",
                        source_field="debtor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="invitations",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("amount_cents", Cents(check="{c} > 0 AND {c} <= 10000000", name="invitation_amount")),
                (
                    "status",
                    fields.CharEnumField(
                        default=InvitationStatus.OPEN, description="", enum_type=InvitationStatus, max_length=10
                    ),
                ),
                ("answer_no", fields.IntField(default=0)),
                ("answered_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("answered_by", fields.CharField(null=True, max_length=60)),
                ("automatic", fields.BooleanField(default=False)),
            ],
            options={
                "table": "invitation",
                "app": "models",
                "unique_together": (("activity", "pupil", "debtor"),),
                "indexes": [Index(fields=["debtor_id", "status", "answered_at"]), Index(fields=["pupil_id"])],
                "pk_attr": "id",
            },
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="Session",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("token_hash", fields.CharField(unique=True, max_length=64)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "models.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="sessions",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("last_used_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("device", fields.CharField(max_length=200)),
            ],
            options={"table": "session", "app": "models", "indexes": [Index(fields=["account_id"])], "pk_attr": "id"},
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="SignInAttempt",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("identifier_hash", fields.CharField(max_length=64)),
                ("address_hash", fields.CharField(max_length=64)),
                ("browser_hash", fields.CharField(null=True, max_length=64)),
                ("succeeded", fields.BooleanField()),
            ],
            options={
                "table": "sign_in_attempt",
                "app": "models",
                "indexes": [
                    Index(fields=["identifier_hash", "id"]),
                    Index(fields=["address_hash", "at"]),
                    Index(fields=["at"]),
                ],
                "pk_attr": "id",
            },
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="Transfer",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("key", fields.CharField(unique=True, max_length=80)),
                ("kind", fields.CharEnumField(description="", enum_type=TransferKind, max_length=12)),
                (
                    "source",
                    fields.ForeignKeyField(
                        "models.LedgerAccount",
                        source_field="source_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="outgoing",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "target",
                    fields.ForeignKeyField(
                        "models.LedgerAccount",
                        source_field="target_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="incoming",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("amount_cents", Cents(check="{c} > 0 AND source_id <> target_id", name="transfer_amount")),
                (
                    "invitation",
                    fields.ForeignKeyField(
                        "models.Invitation",
                        source_field="invitation_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="transfers",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("answer_no", fields.IntField(null=True)),
                ("actor", fields.CharField(max_length=60)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "transfer",
                "app": "models",
                "indexes": [Index(fields=["source_id", "id"]), Index(fields=["target_id", "id"])],
                "pk_attr": "id",
            },
            bases=["Strict"],
        ),
    ]
