"""What the office's pages share: what two people decide, and work that takes long."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields

from models.accounts import Account
from models.base import Strict


class ApprovalState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Approval(Strict):
    """Something one person asked for and another decides (O3). Nothing of it is in force before."""

    id = fields.IntField(primary_key=True)
    kind = fields.CharField(max_length=30)  # services/approvals.py knows what each does
    subject = fields.CharField(max_length=60)  # what it is about: bank_account:3
    facts = fields.TextField()  # JSON: exactly what is asked for
    asked_by: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="approvals_asked", on_delete=fields.RESTRICT
    )
    asked_by_id: int
    asked_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    state = fields.CharEnumField(ApprovalState, description="", max_length=10, default=ApprovalState.WAITING)
    decided_by: fields.ForeignKeyNullableRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="approvals_decided", null=True, on_delete=fields.RESTRICT
    )
    decided_by_id: int | None
    decided_at = fields.DatetimeField(null=True)
    reason = fields.CharField(max_length=500, null=True)

    class Meta:
        table = "approval"
        indexes = (("state", "kind"), ("asked_by_id",), ("decided_by_id",))


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Strict):
    """Work that takes longer than a click may: it outlives the page and the process that began it."""

    id = fields.IntField(primary_key=True)
    key = fields.CharField(max_length=100, unique=True)  # asked for again under the same key, it is the same job
    kind = fields.CharField(max_length=30)
    facts = fields.TextField()  # JSON: what it works on
    asked_by: fields.ForeignKeyNullableRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="jobs", null=True, on_delete=fields.RESTRICT
    )  # None: the portal itself
    asked_by_id: int | None
    asked_at = fields.DatetimeField()
    state = fields.CharEnumField(JobState, description="", max_length=10, default=JobState.WAITING)
    done_count = fields.IntField(db_default=0)
    total_count = fields.IntField(db_default=0)
    starts = fields.IntField(db_default=0)  # how often it was begun: again after each restart
    started_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    result = fields.TextField(null=True)  # JSON: what its sentence is written from

    class Meta:
        table = "job"
        indexes = (("state",), ("asked_by_id",))
