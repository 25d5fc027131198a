"""The school itself: what parents read of it, its bank accounts, its mail server, its years."""

from __future__ import annotations

from tortoise import fields

from models.base import Strict

THE_SCHOOL = 1  # the id of its only row


class School(Strict):
    """One row, taken from the environment until the school is opened (O4)."""

    id = fields.IntField(primary_key=True, generated=False)
    name = fields.CharField(max_length=70, db_default="")
    street = fields.CharField(max_length=100, db_default="")
    postal_code = fields.CharField(max_length=10, db_default="")
    city = fields.CharField(max_length=70, db_default="")
    contact = fields.CharField(max_length=120, db_default="")  # shown to people who cannot sign in
    enterprise_number = fields.CharField(max_length=10, db_default="")  # ten digits, or nothing
    smtp_host = fields.CharField(max_length=253, null=True)  # None: nothing is sent
    smtp_port = fields.IntField(db_default=587)
    smtp_tls = fields.CharField(max_length=10, db_default="starttls")
    smtp_user = fields.CharField(max_length=254, null=True)
    smtp_password = fields.TextField(null=True)  # sealed (services/keys.py)
    mail_from = fields.CharField(max_length=254, null=True)
    mail_confirmed_at = fields.DatetimeField(null=True)  # a person has seen the test message arrive
    reminder_days = fields.CharField(max_length=30, db_default="7,2")  # before the due date
    opened_at = fields.DatetimeField(null=True)  # from when on the environment says nothing any more

    class Meta:
        table = "school"


class BankAccount(Strict):
    """An account of the school. The one in force is the newest; the others stay ours for statements until closed."""

    id = fields.IntField(primary_key=True)
    payee_name = fields.CharField(max_length=70)  # exactly as the bank has it: banks compare it
    iban = fields.CharField(max_length=34)
    in_force_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "bank_account"


class SchoolYear(Strict):
    """From its first day to its last; 2026-2027 is how it is called."""

    id = fields.IntField(primary_key=True)
    first_day = fields.DateField(unique=True)
    last_day = fields.DateField()

    class Meta:
        table = "school_year"
