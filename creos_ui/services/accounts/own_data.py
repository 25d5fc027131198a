"""All the portal keeps about one person, for that person to take away (R60): one JSON file, and two tables as CSV.

Theirs alone: of a child with two households the name and class, their own invitations and payments, and nothing of
the other parent. No hashes, no secrets: those are the portal's locks, not data about the person.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from creos_ui import clock
from creos_ui.services.accounts import second_factor
from creos_ui.services.accounts.devices import device_of
from creos_ui.services.money import ledger
from creos_ui.tables.writing import BOM, csv_lines, number_cell, text_cell
from models import (
    SWITCHES,
    Account,
    CalendarFeed,
    Guardianship,
    Invitation,
    MailMessage,
    Session,
    Transfer,
)


async def own_data(account_id: int) -> dict[str, Any]:
    """Everything, ready for `zipped`. Amounts are integer euro cents, times ISO 8601 in UTC."""
    account = await Account.get(id=account_id).select_related("guardian")
    guardian = account.guardian
    return {
        "made_at": clock.now(),
        "account": {
            "identifier": account.identifier,
            "role": account.role,
            "language": account.language,
            "created_at": account.created_at,
            "email": account.email,
            "email_failed_at": account.email_failed_at,
            **{column: getattr(account, column) for column in SWITCHES.values()},
            "second_factor": account.totp_secret is not None,
            "recovery_codes_left": await second_factor.codes_left(account_id),
        },
        "guardian": {
            "last_name": guardian.last_name,
            "first_name": guardian.first_name,
            "pays_mandatory": guardian.pays_mandatory,
            "balance_cents": await ledger.balance_cents(guardian.id),
        },
        "children": await _children(guardian.id),
        "invitations": await _invitations(guardian.id),
        "movements": await _movements(guardian.id),
        "sessions": await _sessions(account_id),
        "mails": await _mails(account_id),
        "calendar_feeds": await _calendar_feeds(guardian.id),
    }


def zipped(data: dict[str, Any]) -> bytes:
    """The file a parent takes away. Takes its time with long lists: call it in a thread."""
    whole = json.dumps(data, ensure_ascii=False, indent=2, default=_as_text)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("creos.json", whole)
        file.writestr("invitations.csv", _table(data["invitations"]))
        file.writestr("movements.csv", _table(data["movements"]))
    return buffer.getvalue()


async def _children(guardian_id: int) -> list[dict[str, Any]]:
    found = await Guardianship.filter(guardian_id=guardian_id).select_related("pupil__school_class").order_by("id")
    return [
        {
            "last_name": row.pupil.last_name,
            "first_name": row.pupil.first_name,
            "class": row.pupil.school_class.name if row.pupil.school_class else None,
        }
        for row in found
    ]


async def _invitations(guardian_id: int) -> list[dict[str, Any]]:
    found = await Invitation.filter(debtor_id=guardian_id).select_related("activity", "pupil").order_by("id")
    return [
        {
            "activity": row.activity.title,
            "mandatory": row.activity.mandatory,
            "child": row.pupil.name,
            "amount_cents": row.amount_cents,
            "starts_on": row.activity.starts_on,
            "due_on": row.activity.due_on,
            "closes_on": row.activity.closes_on,
            "answer": row.status,
            "answered_at": row.answered_at,
            "automatic": row.automatic,
            "pay_when_credit": row.pay_when_credit,
            "reminded_at": row.reminded_at,
        }
        for row in found
    ]


async def _movements(guardian_id: int) -> list[dict[str, Any]]:
    """What came into the wallet and what left it, in the order of the books, with the balance after each."""
    wallet = await ledger.wallet_of(guardian_id)
    into = await Transfer.filter(target_id=wallet.id).select_related("invitation__activity", "invitation__pupil")
    out_of = await Transfer.filter(source_id=wallet.id).select_related("invitation__activity", "invitation__pupil")
    balance_cents, movements = 0, []
    for transfer in sorted([*into, *out_of], key=lambda transfer: transfer.id):
        signed_cents = transfer.amount_cents if transfer.target_id == wallet.id else -transfer.amount_cents
        balance_cents += signed_cents
        invitation = transfer.invitation
        movements.append(
            {
                "at": transfer.at,
                "kind": transfer.kind,
                "amount_cents": signed_cents,
                "balance_cents": balance_cents,
                "activity": invitation.activity.title if invitation else None,
                "child": invitation.pupil.name if invitation else None,
            }
        )
    return movements


async def _sessions(account_id: int) -> list[dict[str, Any]]:
    found = []
    for row in await Session.filter(account_id=account_id).order_by("id"):
        device = device_of(row.device)
        found.append(
            {
                "browser": device.browser,
                "system": device.system,
                "device": row.device,
                "created_at": row.created_at,
                "last_used_at": row.last_used_at,
                "ended_at": row.revoked_at,
            }
        )
    return found


async def _mails(account_id: int) -> list[dict[str, Any]]:
    found = await MailMessage.filter(account_id=account_id).order_by("id")
    return [
        {
            "kind": row.kind,
            "address": row.address,
            "created_at": row.created_at,
            "sent_at": row.sent_at,
            "failed_at": row.failed_at,
        }
        for row in found
    ]


async def _calendar_feeds(guardian_id: int) -> list[dict[str, Any]]:
    found = await CalendarFeed.filter(guardian_id=guardian_id).order_by("id")
    return [{"created_at": row.created_at, "revoked_at": row.revoked_at} for row in found]


def _table(lines: Sequence[dict[str, Any]]) -> bytes:
    heads = [[name.removesuffix("_cents") for name in line] for line in lines[:1]]
    return BOM + csv_lines([*heads, *([_cell(name, value) for name, value in line.items()] for line in lines)])


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    return number_cell(value) if name.endswith("_cents") else text_cell(_as_text(value))


def _as_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
