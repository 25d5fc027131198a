"""A new e-mail address: asked for with the password, told to the old one, in force once confirmed from the new (R9)."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from email_validator import EmailNotValidError, validate_email

from creos_ui import clock
from creos_ui.database.transactions import atomic, execute, rows
from creos_ui.database.values import instant
from creos_ui.errors import EmailInvalid, TooManyTries
from creos_ui.services import outbox
from creos_ui.services.accounts import links
from creos_ui.services.accounts.account import confirm_password
from models import LinkPurpose, MailKind

PER_DAY = 5  # messages one account may have sent to addresses nobody has confirmed
LONGEST = 254
_DAY = timedelta(days=1)
_ASKED = """
    SELECT created_at FROM mail_message WHERE account_id = $1 AND kind = 'email_link' AND created_at > $2
    ORDER BY created_at DESC LIMIT 1 OFFSET {offset}
"""
_ONE_AT_A_TIME = "SELECT id FROM account WHERE id = $1 FOR UPDATE"


def address_of(text: str) -> str:
    """The address in its one form; nobody is asked whether it exists. Raises EmailInvalid."""
    try:
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise EmailInvalid from None
    address = found.ascii_email or found.normalized
    if len(address) > LONGEST:
        raise EmailInvalid
    return address


async def request_email(account_id: int, *, password: str, new_address: str) -> None:
    """Send a link to the new address, and a notice to the old one; nothing changes until the link is confirmed.

    Raises EmailInvalid, WrongPassword (a SignInRefused), TooManyTries or PasswordMustBeReset.
    """
    address = address_of(new_address)
    await confirm_password(account_id, password)

    async def work(connection: Any) -> None:
        if connection.capabilities.dialect == "postgres":
            await rows(connection, _ONE_AT_A_TIME, account_id)
        now = clock.now()
        found = await rows(connection, _ASKED.format(offset=PER_DAY - 1), account_id, now - _DAY)
        if found:
            free = instant(found[0]["created_at"]) + _DAY
            raise TooManyTries(minutes=math.ceil((free - now) / timedelta(minutes=1)))
        await outbox.withdraw(connection, account_id, MailKind.EMAIL_LINK)
        await outbox.put(connection, account_id, MailKind.EMAIL_LINK, {"address": address}, address=address)
        await outbox.put(connection, account_id, MailKind.EMAIL_CHANGED, {"stage": "asked"})

    await atomic(work)


async def confirm_email(token: str) -> None:
    """The new address is in force; the old and the new one are told, links sent to the old one are void.

    Raises LinkNotUsable.
    """

    async def work(connection: Any) -> None:
        account_id, address = await links.use_up(connection, token, LinkPurpose.EMAIL)
        assert address
        await outbox.put(connection, account_id, MailKind.EMAIL_CHANGED, {"stage": "left"})
        await outbox.withdraw(connection, account_id, MailKind.PASSWORD_LINK)
        await links.kill(connection, account_id)
        sql = "UPDATE account SET email = $1, email_failed_at = NULL WHERE id = $2"
        await execute(connection, sql, address, account_id)
        await outbox.put(connection, account_id, MailKind.EMAIL_CHANGED, {"stage": "confirmed"})

    await atomic(work)
