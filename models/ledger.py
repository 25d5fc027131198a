"""The money: accounts and the transfers between them. A transfer is the double entry."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields

from models.activities import Invitation
from models.base import Cents, Strict
from models.people import Guardian


class LedgerAccountKind(StrEnum):
    WALLET = "wallet"
    REVENUE = "revenue"
    OUTSIDE = "outside"


class LedgerAccount(Strict):
    """A place money comes from or goes to. Only wallets keep a balance, moved by the transfer trigger alone (K1)."""

    id = fields.IntField(primary_key=True)
    kind = fields.CharEnumField(LedgerAccountKind, description="", max_length=10)
    name = fields.CharField(max_length=40, null=True, unique=True)  # of the school's own accounts
    guardian: fields.OneToOneNullableRelation[Guardian] = fields.OneToOneField(
        "models.Guardian", related_name="wallet", null=True, on_delete=fields.RESTRICT
    )
    guardian_id: int | None
    balance_cents = Cents(name="ledger_account_balance", check="{c} >= 0 AND (kind = 'wallet' OR {c} = 0)", default=0)

    class Meta:
        table = "ledger_account"


class TransferKind(StrEnum):
    TOP_UP = "top_up"  # outside -> wallet
    PAYMENT = "payment"  # wallet -> revenue, for one answer to one invitation
    CARRIED_OVER = "carried_over"  # outside -> revenue: paid in the former system
    REFUND = "refund"  # revenue -> wallet, the counter-transfer of an earlier payment
    WITHDRAWAL = "withdrawal"  # wallet -> outside
    CORRECTION = "correction"  # any direction


class Transfer(Strict):
    """One amount from one account to another: never changed, never deleted, undone only by another transfer (R37)."""

    id = fields.IntField(primary_key=True)
    key = fields.CharField(max_length=80, unique=True)  # idempotency key of the intention (R40, R41)
    kind = fields.CharEnumField(TransferKind, description="", max_length=12)
    source: fields.ForeignKeyRelation[LedgerAccount] = fields.ForeignKeyField(
        "models.LedgerAccount", related_name="outgoing", on_delete=fields.RESTRICT
    )
    source_id: int
    target: fields.ForeignKeyRelation[LedgerAccount] = fields.ForeignKeyField(
        "models.LedgerAccount", related_name="incoming", on_delete=fields.RESTRICT
    )
    target_id: int
    amount_cents = Cents(name="transfer_amount", check="{c} > 0 AND source_id <> target_id")
    invitation: fields.ForeignKeyNullableRelation[Invitation] = fields.ForeignKeyField(
        "models.Invitation", related_name="transfers", null=True, on_delete=fields.RESTRICT
    )
    invitation_id: int | None
    answer_no = fields.IntField(null=True)
    actor = fields.CharField(max_length=60)  # account:12, command:import-invitations
    at = fields.DatetimeField()

    class Meta:
        table = "transfer"
        indexes = (("source_id", "id"), ("target_id", "id"))
        # + the partial unique index transfer_once: 0002_guards.py, Tortoise cannot make one on SQLite
