"""The outbox: what is to be sent, written in the very transaction that causes it."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields

from models.accounts import Account
from models.base import Strict


class MailKind(StrEnum):
    """Each has its letter in creos_ui/services/mail and its words in creos_ui/texts/*/mail.json."""

    PASSWORD_LINK = "password_link"
    PASSWORD_CHANGED = "password_changed"
    EMAIL_LINK = "email_link"
    EMAIL_CHANGED = "email_changed"
    SECOND_FACTOR = "second_factor"
    INVITATIONS = "invitations"
    REMINDER = "reminder"
    RECEIPT = "receipt"
    LOW_CREDIT = "low_credit"


# what a person can switch off in Mon profil, by the account's own column; what protects the account always comes
SWITCHES = {
    MailKind.INVITATIONS: "mail_invitation",
    MailKind.REMINDER: "mail_reminder",
    MailKind.RECEIPT: "mail_receipt",
    MailKind.LOW_CREDIT: "mail_low_credit",
}


class MailMessage(Strict):
    """One message to one person. Holds no secret: a link's token is made when the message is sent (R6).

    Rows of one kind that wait for the same person are sent as one message where the kind allows it.
    """

    id = fields.IntField(primary_key=True)
    message_id = fields.CharField(max_length=120, unique=True)  # stable over every try (R53)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="mails", on_delete=fields.RESTRICT
    )
    account_id: int
    kind = fields.CharEnumField(MailKind, description="", max_length=20)
    address = fields.CharField(max_length=254)
    facts = fields.TextField()  # JSON, what the letter is written from: ids, amounts in cents, days, an address
    created_at = fields.DatetimeField()
    next_try_at = fields.DatetimeField(null=True)  # None: sent, or given up
    tries = fields.IntField(default=0)
    sent_at = fields.DatetimeField(null=True)
    failed_at = fields.DatetimeField(null=True)  # given up: refused for good, too late, withdrawn, nothing to say
    error = fields.CharField(max_length=200, null=True)  # why it was given up or must be tried again

    class Meta:
        table = "mail_message"
        indexes = (("next_try_at",), ("account_id", "kind"))
