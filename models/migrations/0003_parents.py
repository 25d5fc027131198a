from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.accounts import LinkPurpose
from models.mail import MailKind


class Migration(migrations.Migration):
    dependencies = [("models", "0002_guards")]

    initial = False

    operations = [
        ops.CreateModel(
            name="CalendarFeed",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "guardian",
                    fields.ForeignKeyField(
                        "models.Guardian",
                        source_field="guardian_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="calendar_feeds",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "calendar_feed",
                "app": "models",
                "indexes": [Index(fields=["guardian_id"])],
                "pk_attr": "id",
            },
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="MailMessage",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("message_id", fields.CharField(unique=True, max_length=120)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "models.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="mails",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kind", fields.CharEnumField(description="", enum_type=MailKind, max_length=20)),
                ("address", fields.CharField(max_length=254)),
                ("facts", fields.TextField(unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("next_try_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("tries", fields.IntField(default=0)),
                ("sent_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("failed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("error", fields.CharField(null=True, max_length=200)),
            ],
            options={
                "table": "mail_message",
                "app": "models",
                "indexes": [Index(fields=["next_try_at"]), Index(fields=["account_id", "kind"])],
                "pk_attr": "id",
            },
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="OneTimeLink",
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
                        related_name="links",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("purpose", fields.CharEnumField(description="", enum_type=LinkPurpose, max_length=10)),
                ("value", fields.CharField(null=True, max_length=254)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "one_time_link",
                "app": "models",
                "indexes": [Index(fields=["account_id", "purpose"])],
                "pk_attr": "id",
            },
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "models.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="recovery_codes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("code_hash", fields.CharField(max_length=64)),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "recovery_code",
                "app": "models",
                "unique_together": (("account", "code_hash"),),
                "pk_attr": "id",
            },
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="ResetRequest",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("identifier_hash", fields.CharField(max_length=64)),
                ("address_hash", fields.CharField(max_length=64)),
            ],
            options={
                "table": "reset_request",
                "app": "models",
                "indexes": [Index(fields=["identifier_hash", "at"]), Index(fields=["address_hash", "at"])],
                "pk_attr": "id",
            },
            bases=["Strict"],
        ),
        ops.AddField(
            model_name="Account",
            name="email",
            field=fields.CharField(null=True, max_length=254),
        ),
        ops.AddField(
            model_name="Account",
            name="email_failed_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Account",
            name="mail_invitation",
            field=fields.BooleanField(db_default=True),
        ),
        ops.AddField(
            model_name="Account",
            name="mail_low_credit",
            field=fields.BooleanField(db_default=True),
        ),
        ops.AddField(
            model_name="Account",
            name="mail_receipt",
            field=fields.BooleanField(db_default=True),
        ),
        ops.AddField(
            model_name="Account",
            name="mail_reminder",
            field=fields.BooleanField(db_default=True),
        ),
        ops.AddField(
            model_name="Account",
            name="totp_last_step",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="Account",
            name="totp_secret",
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddField(
            model_name="Guardian",
            name="pays_mandatory",
            field=fields.BooleanField(db_default=False),
        ),
        ops.AddField(
            model_name="Invitation",
            name="pay_when_credit",
            field=fields.BooleanField(db_default=False),
        ),
        ops.AddField(
            model_name="Invitation",
            name="reminded_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
    ]
