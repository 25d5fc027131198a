"""The office: roles, the school's own rows, keys, the audit, what two people decide, jobs.

An audit line never changes and never goes; its side row may be emptied once, and its head only goes on (O8).
"""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.keys import KeyPurpose
from models.office import ApprovalState, JobState
from models.roles import Role

FOR_EVER = "audit lines are for ever"
EMPTIED = "a side row is emptied, and nothing else"
BACK = "the audit goes on, never back"
# erasing leaves who, and when; a row that was emptied stays so
NOT_EMPTIED = """
    NEW.id <> OLD.id OR NEW.line_id <> OLD.line_id OR OLD.erased_at IS NOT NULL OR NEW.erased_at IS NULL
    OR NEW.salt IS NOT NULL OR NEW.words IS NOT NULL OR NEW.search_key IS NOT NULL
"""
NOT_NEXT = "NEW.id <> OLD.id OR NEW.number < OLD.number"

SQLITE = [
    f"CREATE TRIGGER audit_line_no_update BEFORE UPDATE ON audit_line BEGIN SELECT RAISE(ABORT, '{FOR_EVER}'); END",
    f"CREATE TRIGGER audit_line_no_delete BEFORE DELETE ON audit_line BEGIN SELECT RAISE(ABORT, '{FOR_EVER}'); END",
    f"""CREATE TRIGGER audit_side_emptied BEFORE UPDATE ON audit_side WHEN {NOT_EMPTIED}
        BEGIN SELECT RAISE(ABORT, '{EMPTIED}'); END""",
    f"CREATE TRIGGER audit_side_no_delete BEFORE DELETE ON audit_side BEGIN SELECT RAISE(ABORT, '{FOR_EVER}'); END",
    f"""CREATE TRIGGER audit_head_on BEFORE UPDATE ON audit_head WHEN {NOT_NEXT}
        BEGIN SELECT RAISE(ABORT, '{BACK}'); END""",
    f"CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head BEGIN SELECT RAISE(ABORT, '{BACK}'); END",
]

POSTGRES = [
    f"""CREATE TRIGGER audit_line_no_update BEFORE UPDATE ON audit_line
        FOR EACH ROW EXECUTE FUNCTION forbid('{FOR_EVER}')""",
    f"""CREATE TRIGGER audit_line_no_delete BEFORE DELETE ON audit_line
        FOR EACH ROW EXECUTE FUNCTION forbid('{FOR_EVER}')""",
    f"""CREATE TRIGGER audit_line_no_truncate BEFORE TRUNCATE ON audit_line
        FOR EACH STATEMENT EXECUTE FUNCTION forbid('{FOR_EVER}')""",
    f"""CREATE TRIGGER audit_side_emptied BEFORE UPDATE ON audit_side FOR EACH ROW WHEN ({NOT_EMPTIED})
        EXECUTE FUNCTION forbid('{EMPTIED}')""",
    f"""CREATE TRIGGER audit_side_no_delete BEFORE DELETE ON audit_side
        FOR EACH ROW EXECUTE FUNCTION forbid('{FOR_EVER}')""",
    f"""CREATE TRIGGER audit_side_no_truncate BEFORE TRUNCATE ON audit_side
        FOR EACH STATEMENT EXECUTE FUNCTION forbid('{FOR_EVER}')""",
    f"""CREATE TRIGGER audit_head_on BEFORE UPDATE ON audit_head FOR EACH ROW WHEN ({NOT_NEXT})
        EXECUTE FUNCTION forbid('{BACK}')""",
    f"""CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head
        FOR EACH ROW EXECUTE FUNCTION forbid('{BACK}')""",
    f"""CREATE TRIGGER audit_head_no_truncate BEFORE TRUNCATE ON audit_head
        FOR EACH STATEMENT EXECUTE FUNCTION forbid('{BACK}')""",
]

# an account that was a parent's is one with a guardian: no row says it again
ROLES = """
    INSERT INTO account_role (account_id, role, whole_school, given_at)
    SELECT id, role, {no}, created_at FROM account WHERE role <> 'parent'
"""
# its hash is that of nothing: sixty-four zeros, which the first line follows
HEAD = f"INSERT INTO audit_head (id, number, hash) VALUES (1, 0, '{'0' * 64}')"  # noqa: S608


async def install(_apps: Any, schema_editor: Any) -> None:
    database = schema_editor.client
    sqlite = database.capabilities.dialect == "sqlite"
    for statement in (SQLITE if sqlite else POSTGRES) + [ROLES.format(no="0" if sqlite else "false"), HEAD]:
        await database.execute_query(statement)


class Migration(migrations.Migration):
    dependencies = [("models", "0004_due_and_notices")]

    initial = False

    operations = [
        ops.CreateModel(
            name="AccountRole",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "models.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="roles",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("role", fields.CharEnumField(description="", enum_type=Role, max_length=20)),
                ("from_day", fields.DateField(null=True)),
                ("until_day", fields.DateField(null=True)),
                ("whole_school", fields.BooleanField(db_default=False)),
                (
                    "given_by",
                    fields.ForeignKeyField(
                        "models.Account",
                        source_field="given_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="roles_given",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("given_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "taken_by",
                    fields.ForeignKeyField(
                        "models.Account",
                        source_field="taken_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="roles_taken",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("taken_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "account_role",
                "app": "models",
                "indexes": [
                    Index(fields=["account_id", "taken_at"]),
                    Index(fields=["given_by_id"]),
                    Index(fields=["taken_by_id"]),
                ],
                "pk_attr": "id",
            },
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="Approval",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("kind", fields.CharField(max_length=30)),
                ("subject", fields.CharField(max_length=60)),
                ("facts", fields.TextField(unique=False)),
                (
                    "asked_by",
                    fields.ForeignKeyField(
                        "models.Account",
                        source_field="asked_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="approvals_asked",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("asked_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "state",
                    fields.CharEnumField(
                        default=ApprovalState.WAITING, description="", enum_type=ApprovalState, max_length=10
                    ),
                ),
                (
                    "decided_by",
                    fields.ForeignKeyField(
                        "models.Account",
                        source_field="decided_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="approvals_decided",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("reason", fields.CharField(null=True, max_length=500)),
            ],
            options={
                "table": "approval",
                "app": "models",
                "indexes": [
                    Index(fields=["state", "kind"]),
                    Index(fields=["asked_by_id"]),
                    Index(fields=["decided_by_id"]),
                ],
                "pk_attr": "id",
            },
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="AuditHead",
            fields=[
                ("id", fields.IntField(generated=False, primary_key=True, unique=True, db_index=True)),
                ("number", fields.IntField()),
                ("hash", fields.CharField(max_length=64)),
                ("checked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("checked_lines", fields.IntField(null=True)),
                ("broken_line", fields.IntField(null=True)),
            ],
            options={"table": "audit_head", "app": "models", "pk_attr": "id"},
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="BankAccount",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("payee_name", fields.CharField(max_length=70)),
                ("iban", fields.CharField(max_length=34)),
                ("in_force_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "bank_account", "app": "models", "pk_attr": "id"},
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="Job",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("key", fields.CharField(unique=True, max_length=100)),
                ("kind", fields.CharField(max_length=30)),
                ("facts", fields.TextField(unique=False)),
                (
                    "asked_by",
                    fields.ForeignKeyField(
                        "models.Account",
                        source_field="asked_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="jobs",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("asked_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "state",
                    fields.CharEnumField(default=JobState.WAITING, description="", enum_type=JobState, max_length=10),
                ),
                ("done_count", fields.IntField(db_default=0)),
                ("total_count", fields.IntField(db_default=0)),
                ("starts", fields.IntField(db_default=0)),
                ("started_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("result", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "job",
                "app": "models",
                "indexes": [Index(fields=["state"]), Index(fields=["asked_by_id"])],
                "pk_attr": "id",
            },
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="PortalKey",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("purpose", fields.CharEnumField(description="", enum_type=KeyPurpose, max_length=10)),
                ("number", fields.IntField()),
                ("sealed", fields.TextField(unique=False)),
                ("made_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "portal_key",
                "app": "models",
                "unique_together": (("purpose", "number"),),
                "pk_attr": "id",
            },
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="AuditLine",
            fields=[
                ("id", fields.IntField(generated=False, primary_key=True, unique=True, db_index=True)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "models.Account",
                        source_field="account_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="acts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("actor", fields.CharField(max_length=20)),
                ("act", fields.CharField(max_length=40)),
                ("kind", fields.CharField(max_length=20)),
                ("subject", fields.CharField(max_length=60)),
                ("facts", fields.TextField(unique=False)),
                ("side_hash", fields.CharField(null=True, max_length=64)),
                ("previous_hash", fields.CharField(max_length=64)),
                ("hash", fields.CharField(max_length=64)),
                (
                    "key",
                    fields.ForeignKeyField(
                        "models.PortalKey",
                        source_field="key_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="lines",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "audit_line",
                "app": "models",
                "indexes": [
                    Index(fields=["at"]),
                    Index(fields=["account_id", "at"]),
                    Index(fields=["kind", "at"]),
                    Index(fields=["subject"]),
                    Index(fields=["key_id"]),
                ],
                "pk_attr": "id",
            },
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="AuditSide",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "line",
                    fields.OneToOneField(
                        "models.AuditLine",
                        source_field="line_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="side",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("salt", fields.CharField(null=True, max_length=64)),
                ("words", fields.TextField(null=True, unique=False)),
                ("search_key", fields.TextField(null=True, unique=False)),
                ("erased_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "audit_side", "app": "models", "pk_attr": "id"},
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="School",
            fields=[
                ("id", fields.IntField(generated=False, primary_key=True, unique=True, db_index=True)),
                ("name", fields.CharField(db_default="", max_length=70)),
                ("street", fields.CharField(db_default="", max_length=100)),
                ("postal_code", fields.CharField(db_default="", max_length=10)),
                ("city", fields.CharField(db_default="", max_length=70)),
                ("contact", fields.CharField(db_default="", max_length=120)),
                ("enterprise_number", fields.CharField(db_default="", max_length=10)),
                ("smtp_host", fields.CharField(null=True, max_length=253)),
                ("smtp_port", fields.IntField(db_default=587)),
                ("smtp_tls", fields.CharField(db_default="starttls", max_length=10)),
                ("smtp_user", fields.CharField(null=True, max_length=254)),
                ("smtp_password", fields.TextField(null=True, unique=False)),
                ("mail_from", fields.CharField(null=True, max_length=254)),
                ("mail_confirmed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("reminder_days", fields.CharField(db_default="7,2", max_length=30)),
                ("opened_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "school", "app": "models", "pk_attr": "id"},
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="SchoolYear",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("first_day", fields.DateField(unique=True)),
                ("last_day", fields.DateField()),
            ],
            options={"table": "school_year", "app": "models", "pk_attr": "id"},
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="TeacherClass",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "account_role",
                    fields.ForeignKeyField(
                        "models.AccountRole",
                        source_field="account_role_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="classes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "school_class",
                    fields.ForeignKeyField(
                        "models.SchoolClass",
                        source_field="school_class_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="teachers",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "teacher_class",
                "app": "models",
                "unique_together": (("account_role", "school_class"),),
                "indexes": [Index(fields=["school_class_id"])],
                "pk_attr": "id",
            },
            bases=["Strict"],
        ),
        ops.AddField(
            model_name="Account",
            name="closed_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Account",
            name="first_name",
            field=fields.CharField(null=True, max_length=100),
        ),
        ops.AddField(
            model_name="Account",
            name="invited_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Account",
            name="last_name",
            field=fields.CharField(null=True, max_length=100),
        ),
        ops.AddField(
            model_name="SchoolClass",
            name="levels",
            field=fields.CharField(db_default="", max_length=40),
        ),
        ops.AddField(
            model_name="Session",
            name="factor_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.RunPython(install),
    ]
