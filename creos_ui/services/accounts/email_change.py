"""A new e-mail address: asked for with the password, the old one is notified, in force once confirmed (R9)."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from email_validator import EmailNotValidError, validate_email

from creos_ui import clock
from creos_ui.database.transactions import atomic
from creos_ui.errors import EmailInvalid, TooManyTries
from creos_ui.services import outbox
from creos_ui.services.accounts import links
from creos_ui.services.accounts.account import confirm_password
from models import Account, LinkPurpose, MailKind, MailMessage

PER_DAY = 5  # messages one account may have sent to addresses nobody has confirmed
LONGEST = 254
_DAY = timedelta(days=1)


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
        # one request of an account at a time; on SQLite transactions follow each other anyway
        await Account.filter(id=account_id).using_db(connection).select_for_update().get()
        now = clock.now()  # what is dated later was asked while the clock ran ahead, and does not count
        asked = MailMessage.filter(
            account_id=account_id, kind=MailKind.EMAIL_LINK, created_at__gt=now - _DAY, created_at__lte=now
        )
        oldest = await asked.using_db(connection).order_by("-created_at").offset(PER_DAY - 1).first()
        if oldest is not None:
            raise TooManyTries(minutes=math.ceil((oldest.created_at + _DAY - now) / timedelta(minutes=1)))
        await outbox.withdraw(connection, account_id, MailKind.EMAIL_LINK)
        await outbox.put(connection, account_id, MailKind.EMAIL_LINK, {"address": address}, address=address)
        await outbox.put(connection, account_id, MailKind.EMAIL_CHANGED, {"stage": "asked"})

    await atomic(work)


async def confirm_email(token: str) -> None:
    """The new address is in force; the old and the new one are notified, links sent to the old one are void.

    Raises LinkNotUsable.
    """

    async def work(connection: Any) -> None:
        account_id, address = await links.use_up(connection, token, LinkPurpose.EMAIL)
        assert address
        await outbox.put(connection, account_id, MailKind.EMAIL_CHANGED, {"stage": "left"})
        await outbox.withdraw(connection, account_id, MailKind.PASSWORD_LINK)
        await links.kill(connection, account_id)
        await Account.filter(id=account_id).using_db(connection).update(email=address, email_failed_at=None)
        await outbox.readdress(connection, account_id, address)
        await outbox.put(connection, account_id, MailKind.EMAIL_CHANGED, {"stage": "confirmed"})

    await atomic(work)
