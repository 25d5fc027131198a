"""Who may sign in, and with what: accounts, sessions, tries, links, codes, and the addresses of calendar feeds."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields

from models.base import Strict
from models.people import Guardian


class Account(Strict):
    """A person's access: identifier, password, language. Brought over from the former system, or invited: no password
    yet. A parent's has a guardian; staff may have none, and then no wallet, and a name of their own."""

    id = fields.IntField(primary_key=True)
    identifier = fields.CharField(max_length=100, unique=True)  # stored folded: dubois.jacqueline
    password_hash = fields.CharField(max_length=200, null=True)  # argon2id; None: cannot sign in
    guardian: fields.OneToOneNullableRelation[Guardian] = fields.OneToOneField(
        "models.Guardian", related_name="account", null=True, on_delete=fields.RESTRICT
    )
    guardian_id: int | None
    last_name = fields.CharField(max_length=100, null=True)  # where no guardian says it
    first_name = fields.CharField(max_length=100, null=True)
    language = fields.CharField(max_length=5, null=True)  # None: as chosen on the browser
    created_at = fields.DatetimeField(auto_now_add=True)
    email = fields.CharField(max_length=254, null=True)  # confirmed; where the portal writes to
    email_failed_at = fields.DatetimeField(null=True)  # when the mail server said that it does not exist (R53)
    mail_invitation = fields.BooleanField(db_default=True)
    mail_reminder = fields.BooleanField(db_default=True)
    mail_receipt = fields.BooleanField(db_default=True)
    mail_low_credit = fields.BooleanField(db_default=True)
    totp_secret = fields.TextField(null=True)  # sealed (services/keys.py); None: no second factor
    totp_last_step = fields.BigIntField(null=True)  # the step of the last code used: a code works once (R10)
    invited_at = fields.DatetimeField(null=True)  # staff: when the last invitation was sent
    closed_at = fields.DatetimeField(null=True)  # suspended: does not come in any more

    class Meta:
        table = "account"

    @property
    def name(self) -> str:
        """Last name first: Lambert Sophie. Needs its guardian, if it has one, to be loaded."""
        return self.guardian.name if self.guardian else f"{self.last_name or ''} {self.first_name or ''}".strip()

    @property
    def called(self) -> str:
        """How a message greets them: the first name, else the last."""
        person = self.guardian or self
        return person.first_name or person.last_name or ""


class Session(Strict):
    """One sign-in of one browser. Only a keyed hash of its token is stored; an ended one stays for 90 days,
    as a record."""

    id = fields.IntField(primary_key=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="sessions", on_delete=fields.RESTRICT
    )
    account_id: int
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)
    device = fields.CharField(max_length=200)  # what the browser calls itself (User-Agent), shortened
    factor_at = fields.DatetimeField(null=True)  # when the second factor was given in it (O5); None: not, or too old

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
    """One try of a password or a code, for the guessing limits (R4, R10). Identifier and address are keyed hashes."""

    id = fields.IntField(primary_key=True)
    at = fields.DatetimeField()
    identifier_hash = fields.CharField(max_length=64)
    address_hash = fields.CharField(max_length=64)
    browser_hash = fields.CharField(max_length=64, null=True)  # of a known browser of that account
    succeeded = fields.BooleanField()

    class Meta:
        table = "sign_in_attempt"
        indexes = (("identifier_hash", "id"), ("address_hash", "at"), ("at",))


class LinkPurpose(StrEnum):
    PASSWORD = "password"  # set a new password
    EMAIL = "email"  # confirm the new address in `value`
    STAFF = "staff"  # set the first password of an account of the office
    ADMIN = "admin"  # make an administrator's account: create-admin printed it, and it is no account's


class OneTimeLink(Strict):
    """A link sent by mail, or printed. Only the keyed hash of its 256-bit token is stored; it works once, until it
    expires."""

    id = fields.IntField(primary_key=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    account: fields.ForeignKeyNullableRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="links", null=True, on_delete=fields.RESTRICT
    )
    account_id: int | None
    purpose = fields.CharEnumField(LinkPurpose, description="", max_length=10)
    value = fields.CharField(max_length=254, null=True)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)  # used, or ended by a newer link or a new password

    class Meta:
        table = "one_time_link"
        indexes = (("account_id", "purpose"),)


class ResetRequest(Strict):
    """One request for a new password, for its flooding limits (R7). Keyed hashes, as in SignInAttempt."""

    id = fields.IntField(primary_key=True)
    at = fields.DatetimeField()
    identifier_hash = fields.CharField(max_length=64)
    address_hash = fields.CharField(max_length=64)

    class Meta:
        table = "reset_request"
        indexes = (("identifier_hash", "at"), ("address_hash", "at"))


class RecoveryCode(Strict):
    """A code that replaces a lost second factor, once; only its keyed hash is stored."""

    id = fields.IntField(primary_key=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="recovery_codes", on_delete=fields.RESTRICT
    )
    account_id: int
    code_hash = fields.CharField(max_length=64)
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "recovery_code"
        unique_together = (("account", "code_hash"),)


class CalendarFeed(Strict):
    """A calendar address of one guardian. Its secret part is a keyed hash of the id, so it need not be stored."""

    id = fields.IntField(primary_key=True)
    guardian: fields.ForeignKeyRelation[Guardian] = fields.ForeignKeyField(
        "models.Guardian", related_name="calendar_feeds", on_delete=fields.RESTRICT
    )
    guardian_id: int
    created_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "calendar_feed"
        indexes = (("guardian_id",),)
