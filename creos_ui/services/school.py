"""The school: what parents read of it, where its money arrives, who sends its messages.

Rows. The environment says what is in them at each start, until the school is opened (`School.opened_at`); from then on
its variables say nothing any more (O4). What is in force is kept in memory, so that a page need not ask for it; `read`
brings what another process has changed.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tortoise.exceptions import IntegrityError

from creos_ui import clock
from creos_ui.database.transactions import atomic
from creos_ui.services import keys
from creos_ui.settings import Settings
from models import THE_SCHOOL, BankAccount, School


@dataclass(frozen=True)
class MailServer:
    """Whom messages are given to."""

    host: str
    port: int
    tls: str  # starttls, tls, none
    user: str | None
    sealed_password: str | None = field(repr=False)  # keys.unseal reads it


@dataclass(frozen=True)
class InForce:
    """The school as it is now. Before the first day's wizard each text may be empty."""

    name: str = ""
    contact: str = ""  # shown to people who cannot sign in
    payee_name: str = ""  # exactly as the bank has it: banks compare it
    payee_iban: str = ""
    mail_server: MailServer | None = None  # None: nothing is sent
    mail_from: str = ""
    reminder_days: tuple[int, ...] = (7, 2)  # before the due date


_in_force: list[InForce] = [InForce()]


def school() -> InForce:
    """As last read."""
    return _in_force[0]


async def open_school(settings: Settings) -> None:
    """Take the school out of the environment, unless it has been opened, and read it. The keys are open (keys.py)."""
    if not await School.exists(id=THE_SCHOOL, opened_at__isnull=False):
        with suppress(IntegrityError):  # another process that starts just now was first
            await atomic(lambda connection: _take_over(connection, settings))
    await read()


async def read() -> None:
    """Keep what is in force now."""
    row = await School.get_or_none(id=THE_SCHOOL)
    account = await BankAccount.filter(closed_at=None).order_by("-in_force_at", "-id").first()
    if row is None:
        _in_force[0] = InForce()
        return
    server = None
    if row.smtp_host:
        server = MailServer(row.smtp_host, row.smtp_port, row.smtp_tls, row.smtp_user, row.smtp_password)
    _in_force[0] = InForce(
        name=row.name,
        contact=row.contact,
        payee_name=account.payee_name if account else "",
        payee_iban=account.iban if account else "",
        mail_server=server,
        mail_from=row.mail_from or "",
        reminder_days=tuple(int(day) for day in row.reminder_days.split(",")),
    )


async def _take_over(connection: Any, settings: Settings) -> None:
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    said: dict[str, Any] = {
        "name": settings.school_name,
        "contact": settings.school_contact,
        "smtp_host": settings.smtp_host,
        "smtp_port": settings.smtp_port,
        "smtp_tls": settings.smtp_tls,
        "smtp_user": settings.smtp_user,
        "smtp_password": keys.seal(password) if password else None,
        "mail_from": settings.mail_from,
        "reminder_days": settings.reminder_days,
    }
    account = {"payee_name": settings.payee_name, "iban": settings.payee_iban}
    if await School.filter(id=THE_SCHOOL, opened_at=None).using_db(connection).update(**said):
        await BankAccount.filter(closed_at=None).using_db(connection).update(**account)
    else:
        await School.create(id=THE_SCHOOL, **said, using_db=connection)
        await BankAccount.create(**account, in_force_at=clock.now(), using_db=connection)
