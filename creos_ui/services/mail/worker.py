"""The task that sends the outbox, as long as the portal runs; once a day it also writes the reminders and deletes what
is over.

Pages never wait for it. Without an SMTP server messages wait, for one that is set up in time; the demo's are shown at
/dev/mail instead.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import date
from functools import partial

from creos_ui import clock
from creos_ui.errors import NotSaved
from creos_ui.services.chores import Chores
from creos_ui.services.mail import reminders, sending
from creos_ui.services.mail.letter import Portal
from creos_ui.services.mail.server import Server
from creos_ui.settings import Settings

EVERY = 2.0  # seconds
REMINDED_FROM = 8  # o'clock at school
log = logging.getLogger("creos_ui")


def portal_of(settings: Settings) -> Portal:
    assert settings.mail_from
    return Portal(settings.school_name, settings.public_url, settings.mail_from, settings.school_contact)


def server_of(settings: Settings) -> Server | None:
    """None where no SMTP server is set."""
    if not settings.smtp_host:
        return None
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    return Server(settings.smtp_host, settings.smtp_port, settings.smtp_tls, settings.smtp_user, password)


async def work(settings: Settings) -> None:
    """Runs until it is cancelled; one failed round (a busy database) does not end it."""
    server = server_of(settings)
    chores = Chores(partial(_remind, settings), sending.give_up_late, sending.prune, tell=_tell)
    begun: date | None = None
    while True:
        try:
            if server:
                await sending.send_due(server, portal_of(settings))
            elif settings.demo:
                await sending.shelve_due(portal_of(settings))
        except NotSaved:
            pass  # noted already; the next round tries again
        except Exception as exc:
            _tell(exc)
        now = clock.now().astimezone(clock.SCHOOL_ZONE)
        if now.hour >= REMINDED_FROM or settings.demo:
            if now.date() != begun:
                begun = now.date()
                chores.begin()
            await chores.next()
        await asyncio.sleep(EVERY)


async def _remind(settings: Settings) -> None:
    if settings.smtp_host or settings.demo:  # else none would be sent, and all would count as reminded of
        await reminders.remind(clock.today(), days=[int(day) for day in settings.reminder_days.split(",")])


def _tell(exc: Exception) -> None:
    log.error("mail: %s", type(exc).__name__)  # its words may name somebody
