"""Who holds which role, since when, until when, and who gave it (O1, O3)."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields

from models.accounts import Account
from models.base import Strict
from models.people import SchoolClass


class Role(StrEnum):
    """What each may do stands in creos_ui/services/roles.py. A parent's account is one with a guardian: no row here."""

    ADMINISTRATOR = "administrator"
    HEAD = "head"
    SECRETARY = "secretary"
    BOOKKEEPER = "bookkeeper"
    TEACHER = "teacher"
    AUDITOR = "auditor"


class AccountRole(Strict):
    """One role of one account. A row that was taken away stays, as a record."""

    id = fields.IntField(primary_key=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="roles", on_delete=fields.RESTRICT
    )
    account_id: int
    role = fields.CharEnumField(Role, description="", max_length=20)
    from_day = fields.DateField(null=True)  # the first day; None: from when it was given
    until_day = fields.DateField(null=True)  # the last day; None: without an end
    whole_school = fields.BooleanField(db_default=False)  # a teacher's: every class, else those in TeacherClass
    given_by: fields.ForeignKeyNullableRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="roles_given", null=True, on_delete=fields.RESTRICT
    )  # None: by a command
    given_by_id: int | None
    given_at = fields.DatetimeField()
    taken_by: fields.ForeignKeyNullableRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="roles_taken", null=True, on_delete=fields.RESTRICT
    )
    taken_by_id: int | None
    taken_at = fields.DatetimeField(null=True)

    class Meta:
        table = "account_role"
        indexes = (("account_id", "taken_at"), ("given_by_id",), ("taken_by_id",))


class TeacherClass(Strict):
    """A class of one teacher's role."""

    id = fields.IntField(primary_key=True)
    account_role: fields.ForeignKeyRelation[AccountRole] = fields.ForeignKeyField(
        "models.AccountRole", related_name="classes", on_delete=fields.RESTRICT
    )
    account_role_id: int
    school_class: fields.ForeignKeyRelation[SchoolClass] = fields.ForeignKeyField(
        "models.SchoolClass", related_name="teachers", on_delete=fields.RESTRICT
    )
    school_class_id: int

    class Meta:
        table = "teacher_class"
        unique_together = (("account_role", "school_class"),)
        indexes = (("school_class_id",),)
