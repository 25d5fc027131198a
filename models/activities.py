"""What the school offers, to whom, and what the debtor answered."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields
from tortoise.indexes import PartialIndex

from models.base import Cents, Strict
from models.people import Guardian, Pupil


class Document(Strict):
    """A PDF joined to an activity. The data folder has the file under a generated name, never under its own (R35)."""

    id = fields.IntField(primary_key=True)
    token = fields.CharField(max_length=43, unique=True)  # 256 random bits: its address and its file name
    file_name = fields.CharField(max_length=200)  # as the school named it; shown, never used as a path
    sha256 = fields.CharField(max_length=64)
    byte_count = fields.IntField()

    class Meta:
        table = "document"


class Activity(Strict):
    """An outing, a meal, a sport. Mandatory: can only be paid (K8). `closes_on`: the last day for answers (K9)."""

    id = fields.IntField(primary_key=True)
    title = fields.CharField(max_length=200)
    title_key = fields.CharField(max_length=200)  # folded: match, search, sort
    starts_on = fields.DateField()
    due_on = fields.DateField()
    closes_on = fields.DateField(null=True)  # None: no last day
    mandatory = fields.BooleanField()
    document: fields.ForeignKeyNullableRelation[Document] = fields.ForeignKeyField(
        "models.Document", related_name="activities", null=True, on_delete=fields.RESTRICT
    )
    document_id: int | None

    class Meta:
        table = "activity"
        unique_together = (("title_key", "starts_on", "due_on", "mandatory"),)
        indexes = (("document_id",), ("due_on",))


class InvitationStatus(StrEnum):
    OPEN = "open"
    PAID = "paid"
    DECLINED = "declined"


class Invitation(Strict):
    """One activity offered to one pupil, answered by its debtor; a changed answer takes the next number (K7).

    The database lets the status change only together with `answer_no + 1`, never lets a mandatory activity be
    declined, and keeps the amount once answered (models/migrations/0002_guards.py).
    """

    id = fields.IntField(primary_key=True)
    activity: fields.ForeignKeyRelation[Activity] = fields.ForeignKeyField(
        "models.Activity", related_name="invitations", on_delete=fields.RESTRICT
    )
    activity_id: int
    pupil: fields.ForeignKeyRelation[Pupil] = fields.ForeignKeyField(
        "models.Pupil", related_name="invitations", on_delete=fields.RESTRICT
    )
    pupil_id: int
    debtor: fields.ForeignKeyRelation[Guardian] = fields.ForeignKeyField(
        "models.Guardian", related_name="invitations", on_delete=fields.RESTRICT
    )
    debtor_id: int
    amount_cents = Cents(name="invitation_amount", check="{c} > 0 AND {c} <= 10000000")
    status = fields.CharEnumField(InvitationStatus, description="", max_length=10, default=InvitationStatus.OPEN)
    answer_no = fields.IntField(default=0)
    answered_at = fields.DatetimeField(null=True)
    answered_by = fields.CharField(max_length=60, null=True)  # actor, as in Transfer: account:12
    automatic = fields.BooleanField(default=False)  # Payé automatiquement
    pay_when_credit = fields.BooleanField(db_default=False)  # the debtor wants it paid as soon as the wallet allows it
    reminded_at = fields.DatetimeField(null=True)

    class Meta:
        table = "invitation"
        unique_together = (("activity", "pupil", "debtor"),)
        # Tortoise makes no index for a foreign key by itself
        indexes = (
            ("debtor_id", "status", "answered_at"),
            ("pupil_id",),
            PartialIndex(fields=["activity_id", "debtor_id"], condition={"status": "open"}),
        )
