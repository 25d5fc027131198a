"""All the portal keeps about one person, for that person to take away (R60): one JSON file, and two tables as CSV.

Theirs alone: of a child with two households the name and class, their own invitations and payments, and nothing of
the other parent. No hashes, no secrets: those are the portal's locks, not data about the person.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from typing import Any

from creos_ui import clock
from creos_ui.database.transactions import default_connection, rows
from creos_ui.database.values import day, day_or_none, instant, instant_or_none
from creos_ui.services.accounts import second_factor
from creos_ui.services.accounts.devices import device_of
from creos_ui.services.money import ledger, wallet
from creos_ui.services.roles import roles_of
from creos_ui.tables.writing import BOM, csv_lines, number_cell, text_cell
from models import (
    SWITCHES,
    Account,
    CalendarFeed,
    Guardian,
    Guardianship,
)

AT_ONCE = 500  # rows in one reading: made into lines in a few milliseconds, while nobody else is answered

# SQL of its own: a family of many years has thousands of rows, and the ORM would make three objects of each
_INVITATIONS = """
    SELECT i.id, a.title, a.mandatory, p.last_name, p.first_name, i.amount_cents, a.starts_on, a.due_on, a.closes_on,
        i.status, i.answered_at, i.automatic, i.pay_when_credit, i.reminded_at
    FROM (SELECT * FROM invitation WHERE debtor_id = $1 AND id > $2 ORDER BY id LIMIT $3) i
    JOIN activity a ON a.id = i.activity_id JOIN pupil p ON p.id = i.pupil_id ORDER BY i.id
"""
_SESSIONS = """
    SELECT id, device, created_at, last_used_at, revoked_at FROM session
    WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3
"""
_MAILS = """
    SELECT id, kind, address, created_at, sent_at, failed_at FROM mail_message
    WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3
"""


async def own_data(account_id: int) -> dict[str, Any]:
    """Everything, ready for `zipped`. Amounts are integer euro cents, times ISO 8601 in UTC."""
    account = await Account.get(id=account_id).select_related("guardian")
    guardian = account.guardian
    return {
        "made_at": clock.now(),
        "account": {
            "identifier": account.identifier,
            "name": account.name,
            "roles": sorted(await roles_of(account_id)),
            "language": account.language,
            "created_at": account.created_at,
            "email": account.email,
            "email_failed_at": account.email_failed_at,
            **{column: getattr(account, column) for column in SWITCHES.values()},
            "second_factor": account.totp_secret is not None,
            "recovery_codes_left": await second_factor.codes_left(account_id),
        },
        "guardian": await _guardian(guardian) if guardian else None,
        "children": await _children(guardian.id) if guardian else [],
        "invitations": await _invitations(guardian.id) if guardian else [],
        "movements": await _movements(guardian.id) if guardian else [],
        "sessions": await _sessions(account_id),
        "mails": await _mails(account_id),
        "calendar_feeds": await _calendar_feeds(guardian.id) if guardian else [],
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


async def _guardian(guardian: Guardian) -> dict[str, Any]:
    return {
        "last_name": guardian.last_name,
        "first_name": guardian.first_name,
        "pays_mandatory": guardian.pays_mandatory,
        "balance_cents": await ledger.balance_cents(guardian.id),
    }


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
    return [
        {
            "activity": row["title"],
            "mandatory": bool(row["mandatory"]),
            "child": f"{row['last_name']} {row['first_name']}".strip(),
            "amount_cents": int(row["amount_cents"]),
            "starts_on": day(row["starts_on"]),
            "due_on": day(row["due_on"]),
            "closes_on": day_or_none(row["closes_on"]),
            "answer": row["status"],
            "answered_at": instant_or_none(row["answered_at"]),
            "automatic": bool(row["automatic"]),
            "pay_when_credit": bool(row["pay_when_credit"]),
            "reminded_at": instant_or_none(row["reminded_at"]),
        }
        async for row in _read(_INVITATIONS, guardian_id)
    ]


async def _movements(guardian_id: int) -> list[dict[str, Any]]:
    """What came into the wallet and what left it, in the order of the books, with the balance after each."""
    newest_first = [
        {
            "at": movement.at,
            "kind": movement.kind,
            "amount_cents": movement.cents,
            "balance_cents": movement.balance_cents,
            "activity": movement.title,
            "child": movement.child,
        }
        async for some in wallet.all_movements(guardian_id)
        for movement in some
    ]
    return newest_first[::-1]


async def _sessions(account_id: int) -> list[dict[str, Any]]:
    found = []
    async for row in _read(_SESSIONS, account_id):
        device = device_of(row["device"])
        found.append(
            {
                "browser": device.browser,
                "system": device.system,
                "device": row["device"],
                "created_at": instant(row["created_at"]),
                "last_used_at": instant(row["last_used_at"]),
                "ended_at": instant_or_none(row["revoked_at"]),
            }
        )
    return found


async def _mails(account_id: int) -> list[dict[str, Any]]:
    return [
        {
            "kind": row["kind"],
            "address": row["address"],
            "created_at": instant(row["created_at"]),
            "sent_at": instant_or_none(row["sent_at"]),
            "failed_at": instant_or_none(row["failed_at"]),
        }
        async for row in _read(_MAILS, account_id)
    ]


async def _calendar_feeds(guardian_id: int) -> list[dict[str, Any]]:
    found = await CalendarFeed.filter(guardian_id=guardian_id).order_by("id")
    return [{"created_at": row.created_at, "revoked_at": row.revoked_at} for row in found]


async def _read(sql: str, number: int) -> AsyncIterator[dict[str, Any]]:
    """All rows of one account or guardian; between two readings others have their turn."""
    last = 0
    while found := await rows(default_connection(), sql, number, last, AT_ONCE):
        for row in found:
            yield row
        last = found[-1]["id"]


def _table(lines: Sequence[dict[str, Any]]) -> bytes:
    heads = [[name.removesuffix("_cents") for name in line] for line in lines[:1]]
    return BOM + csv_lines([*heads, *([_cell(name, value) for name, value in line.items()] for line in lines)])


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    return number_cell(value) if name.endswith("_cents") else text_cell(_as_text(value))


def _as_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
