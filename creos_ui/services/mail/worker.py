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
from creos_ui.services import keys
from creos_ui.services.chores import Chores
from creos_ui.services.mail import reminders, sending
from creos_ui.services.mail.letter import Portal
from creos_ui.services.mail.server import Server
from creos_ui.services.school import InForce, read, school
from creos_ui.settings import Settings

EVERY = 2.0  # seconds
REMINDED_FROM = 8  # o'clock at school
log = logging.getLogger("creos_ui")


def portal_of(settings: Settings) -> Portal:
    now = school()
    return Portal(now.name, settings.public_url, now.mail_from, now.contact)


def server_of(now: InForce) -> Server | None:
    """The school's SMTP server; None where it has none."""
    found = now.mail_server
    if found is None:
        return None
    password = keys.unseal(found.sealed_password) if found.sealed_password else None
    return Server(found.host, found.port, found.tls, found.user, password)


async def work(settings: Settings) -> None:
    """Runs until it is cancelled; one failed round (a busy database) does not end it."""
    chores = Chores(partial(_remind, settings), sending.give_up_late, sending.prune, tell=_tell)
    begun: date | None = None
    while True:
        try:
            await read()  # another process may have changed it
            if server := server_of(school()):
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
    if school().mail_server or settings.demo:  # else none would be sent, and all would count as reminded of
        await reminders.remind(clock.today(), days=school().reminder_days)


def _tell(exc: Exception) -> None:
    log.error("mail: %s", type(exc).__name__)  # its words may name somebody
