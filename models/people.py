"""The families of the school: guardians, pupils, and who is guardian of whom."""

from __future__ import annotations

from tortoise import fields

from models.base import Strict


class SchoolClass(Strict):
    """A class of the school, named as the school names it: 3e primaire A."""

    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=60, unique=True)
    levels = fields.CharField(max_length=40, db_default="")  # M3,P1: several in one class; "": not known yet

    class Meta:
        table = "school_class"


class Guardian(Strict):
    """An adult known to the school: guardian of pupils, debtor of invitations, owner of one wallet."""

    id = fields.IntField(primary_key=True)
    last_name = fields.CharField(max_length=100)
    first_name = fields.CharField(max_length=100)
    name_key = fields.CharField(max_length=201, db_index=True)  # folded "last first": match, search, sort
    pays_mandatory = fields.BooleanField(db_default=False)  # their wish: mandatory activities are paid automatically

    class Meta:
        table = "guardian"

    @property
    def name(self) -> str:
        """Last name first, as the official portal writes it: Dubois Jacqueline."""
        return f"{self.last_name} {self.first_name}".strip()


class Pupil(Strict):
    """A child of the school; the beneficiary of an invitation."""

    id = fields.IntField(primary_key=True)
    last_name = fields.CharField(max_length=100)
    first_name = fields.CharField(max_length=100)
    name_key = fields.CharField(max_length=201, db_index=True)
    school_class: fields.ForeignKeyNullableRelation[SchoolClass] = fields.ForeignKeyField(
        "models.SchoolClass", related_name="pupils", null=True, on_delete=fields.RESTRICT
    )
    school_class_id: int | None

    class Meta:
        table = "pupil"
        indexes = (("school_class_id",),)

    @property
    def name(self) -> str:
        """Last name first: Muller Camille."""
        return f"{self.last_name} {self.first_name}".strip()


class Guardianship(Strict):
    """One adult is guardian of one pupil; a pupil of two households has two rows."""

    id = fields.IntField(primary_key=True)
    guardian: fields.ForeignKeyRelation[Guardian] = fields.ForeignKeyField(
        "models.Guardian", related_name="guardianships", on_delete=fields.RESTRICT
    )
    guardian_id: int
    pupil: fields.ForeignKeyRelation[Pupil] = fields.ForeignKeyField(
        "models.Pupil", related_name="guardianships", on_delete=fields.RESTRICT
    )
    pupil_id: int

    class Meta:
        table = "guardianship"
        unique_together = (("guardian", "pupil"),)
        indexes = (("pupil_id",),)
