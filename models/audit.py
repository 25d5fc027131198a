"""Who did what: lines that are only ever added, each sealed with the one before (O8)."""

from __future__ import annotations

from tortoise import fields

from models.accounts import Account
from models.base import Strict
from models.keys import PortalKey


class AuditLine(Strict):
    """Ids and codes only: what names a person stands in its side row. Numbers have no gap; triggers keep each row."""

    id = fields.IntField(primary_key=True, generated=False)  # the line's number, from 1
    at = fields.DatetimeField()
    account: fields.ForeignKeyNullableRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="acts", null=True, on_delete=fields.RESTRICT
    )  # None: the portal itself, or a command
    account_id: int | None
    actor = fields.CharField(max_length=20)  # account, portal, command
    act = fields.CharField(max_length=40)  # role_given: its sentence is audit.act.role_given
    kind = fields.CharField(max_length=20)  # what it belongs to: access, role, school, refusal ...
    subject = fields.CharField(max_length=60)  # account:7, school:1, or nothing
    facts = fields.TextField()  # JSON: ids, codes, amounts, days
    side_hash = fields.CharField(max_length=64, null=True)  # keyed and salted, of the side row; None: it has none
    previous_hash = fields.CharField(max_length=64)
    hash = fields.CharField(max_length=64)
    key: fields.ForeignKeyRelation[PortalKey] = fields.ForeignKeyField(
        "models.PortalKey", related_name="lines", on_delete=fields.RESTRICT
    )
    key_id: int

    class Meta:
        table = "audit_line"
        indexes = (("at",), ("account_id", "at"), ("kind", "at"), ("subject",), ("key_id",))


class AuditSide(Strict):
    """The names, addresses and texts of one line. Erasure empties it, and the chain still verifies."""

    id = fields.IntField(primary_key=True)
    line: fields.OneToOneRelation[AuditLine] = fields.OneToOneField(
        "models.AuditLine", related_name="side", on_delete=fields.RESTRICT
    )
    line_id: int
    salt = fields.CharField(max_length=64, null=True)
    words = fields.TextField(null=True)  # JSON: {"name": ..., "before": ..., "after": ...}
    search_key = fields.TextField(null=True)  # the same words, folded
    erased_at = fields.DatetimeField(null=True)

    class Meta:
        table = "audit_side"


class AuditHead(Strict):
    """The number and hash of the last line: one row, which who adds a line locks first."""

    id = fields.IntField(primary_key=True, generated=False)  # 1
    number = fields.IntField()
    hash = fields.CharField(max_length=64)
    checked_at = fields.DatetimeField(null=True)  # the last look over the whole chain:
    checked_lines = fields.IntField(null=True)  # how many lines it had,
    broken_line = fields.IntField(null=True)  # and the first that does not fit; None: all do

    class Meta:
        table = "audit_head"
