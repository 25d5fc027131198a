"""The task that sends the outbox, as long as the portal runs; once a day it also writes the reminders and deletes what
is over.

Pages never wait for it. Without an SMTP server messages wait, for one that is set up in time; the demo's are shown at
/dev/mail instead.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import date

from creos_ui import clock
from creos_ui.errors import NotSaved
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
    done: date | None = None
    while True:
        try:
            if server:
                await sending.send_due(server, portal_of(settings))
            elif settings.demo:
                await sending.shelve_due(portal_of(settings))
            done = await _daily(settings, done)  # last: reminders that cannot be written hold up no link
        except NotSaved:
            pass  # noted already; the next round tries again
        except Exception as exc:
            log.error("mail: %s", type(exc).__name__)
        await asyncio.sleep(EVERY)


async def _daily(settings: Settings, done: date | None) -> date | None:
    now = clock.now().astimezone(clock.SCHOOL_ZONE)
    if now.date() == done or (now.hour < REMINDED_FROM and not settings.demo):
        return done
    if settings.smtp_host or settings.demo:  # else none would be sent, and all would count as reminded of
        await reminders.remind(now.date(), days=[int(day) for day in settings.reminder_days.split(",")])
    await sending.give_up_late()
    await sending.prune()
    return now.date()
