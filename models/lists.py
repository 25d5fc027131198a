"""What was said of the former system's lists."""

from __future__ import annotations

from tortoise import fields

from models.base import Strict


class ListAnswer(Strict):
    """A question that a list could not answer, and what a person said: true for the same one, false for another."""

    id = fields.IntField(primary_key=True)
    question = fields.CharField(max_length=64, unique=True)  # SHA-256 of what was asked
    same = fields.BooleanField()
    at = fields.DatetimeField()

    class Meta:
        table = "list_answer"
