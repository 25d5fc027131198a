"""Who may sign in, the open sessions, and the failed tries."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields

from models.base import Strict
from models.people import Guardian


class Role(StrEnum):
    """What an account may do; the office's roles get their pages with the office."""

    PARENT = "parent"
    ADMINISTRATOR = "administrator"


class Account(Strict):
    """A person's access: identifier, password, language. Brought over from the former system: no password yet."""

    id = fields.IntField(primary_key=True)
    identifier = fields.CharField(max_length=100, unique=True)  # stored folded: dubois.jacqueline
    password_hash = fields.CharField(max_length=200, null=True)  # argon2id; None: cannot sign in
    role = fields.CharEnumField(Role, description="", max_length=20, default=Role.PARENT)
    guardian: fields.OneToOneRelation[Guardian] = fields.OneToOneField(
        "models.Guardian", related_name="account", on_delete=fields.RESTRICT
    )
    guardian_id: int
    language = fields.CharField(max_length=5, null=True)  # None: as the browser asks
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "account"


class Session(Strict):
    """One sign-in of one browser. Only a keyed hash of its token is stored; a revoked row stays as a trace."""

    id = fields.IntField(primary_key=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="sessions", on_delete=fields.RESTRICT
    )
    account_id: int
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)
    device = fields.CharField(max_length=200)  # the browser's own words about itself, cut

    class Meta:
        table = "session"
        indexes = (("account_id",),)


class KnownBrowser(Strict):
    """A browser that signed in to this account before: strangers' failures do not lock it out (R4)."""

    id = fields.IntField(primary_key=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="known_browsers", on_delete=fields.RESTRICT
    )
    account_id: int
    last_used_at = fields.DatetimeField()

    class Meta:
        table = "known_browser"
        indexes = (("account_id",),)


class SignInAttempt(Strict):
    """One try to sign in, for the guessing limits (R4). Identifier and address are keyed hashes, never the text."""

    id = fields.IntField(primary_key=True)
    at = fields.DatetimeField()
    identifier_hash = fields.CharField(max_length=64)
    address_hash = fields.CharField(max_length=64)
    browser_hash = fields.CharField(max_length=64, null=True)  # of a known browser of that account
    succeeded = fields.BooleanField()

    class Meta:
        table = "sign_in_attempt"
        indexes = (("identifier_hash", "id"), ("address_hash", "at"), ("at",))
