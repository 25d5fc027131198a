"""The portal's own keys, each encrypted under CREOS_SECRET (O6)."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields

from models.base import Strict


class KeyPurpose(StrEnum):
    HASH = "hash"  # of tokens, codes, addresses: creos_ui/keyed_hash.py
    SEAL = "seal"  # of secrets kept in the database
    AUDIT = "audit"  # of the chain of audit lines


class PortalKey(Strict):
    """A key; the newest of its purpose is in use, an older audit key verifies its own lines."""

    id = fields.IntField(primary_key=True)
    purpose = fields.CharEnumField(KeyPurpose, description="", max_length=10)
    number = fields.IntField()  # of its purpose, from 1: two processes that begin at once make one
    sealed = fields.TextField()
    made_at = fields.DatetimeField()

    class Meta:
        table = "portal_key"
        unique_together = (("purpose", "number"),)
