"""What one process changed, for the open pages of another."""

from __future__ import annotations

from tortoise import fields

from models.base import Strict


class ChangeNotice(Strict):
    """One change, as creos_ui/database/changes.py says it: `who:1,2,3`. Used on SQLite; PostgreSQL has NOTIFY."""

    id = fields.IntField(primary_key=True)  # without gaps, so that whoever missed some knows it
    notice = fields.TextField()

    class Meta:
        table = "change_notice"
