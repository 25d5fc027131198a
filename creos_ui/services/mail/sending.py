"""Sending what the outbox holds (R53): one message at a time, each once, with the same Message-ID at every try.

A row is claimed by moving its next try five minutes ahead, in one statement that two processes cannot both win; it is
marked sent after the server took it. A crash between the two sends it again after those minutes, under the same
Message-ID and with the same link. An address refused for good is marked and written to no more; a server that is
down, slow or rude is tried again after 1, 2, 4 ... 60 minutes, for two days (a password link: one hour).
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from urllib.parse import urlsplit

import aiosmtplib
from tortoise.queryset import QuerySet

from creos_ui import clock
from creos_ui.database.transactions import atomic, rows, update
from creos_ui.errors import LinkNotUsable
from creos_ui.services.mail.letter import Portal
from creos_ui.services.mail.rendering import Rendered, render
from models import Account, MailKind, MailMessage

LEASE = timedelta(minutes=5)  # longer than any sending takes
SMTP_TIMEOUT = 20.0  # seconds for each answer of the server
LONGEST_SENDING = 90.0  # seconds for one message in all
LONGEST_DELAY = timedelta(minutes=60)
GIVEN_UP_AFTER = timedelta(days=2)
STALE_AFTER = {MailKind.PASSWORD_LINK: timedelta(hours=1)}  # whoever asked has asked again by then
KEPT = timedelta(days=90)
log = logging.getLogger("creos_ui")

# fixed SQL: two processes cannot both win it
_CLAIM = """
    UPDATE mail_message SET next_try_at = $2, tries = tries + 1 WHERE id = (
        SELECT id FROM mail_message WHERE next_try_at <= $1 ORDER BY next_try_at, id LIMIT 1 {lock})
    RETURNING id
"""


@dataclass(frozen=True)
class Server:
    """The school's SMTP server. `tls`: starttls, tls or none (none for the loopback only)."""

    host: str
    port: int
    tls: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


class Refused(Exception):
    """What the server said to one message. `dead`: this address will never take one."""

    def __init__(self, reason: str, *, dead: bool = False, for_good: bool = False) -> None:
        super().__init__(reason)
        self.dead, self.for_good = dead, for_good


async def send_due(server: Server, portal: Portal) -> int:
    """Send what is due now, one after the other; returns how many the server took."""
    sent = 0
    while (message := await claim()) is not None:
        sent += await _send(message, server, portal)
    return sent


async def shelve_due(portal: Portal) -> None:
    """Where nothing is sent (the demo): what is due is written and counts as sent; /dev/mail shows it."""
    while (message := await claim()) is not None:
        if await rendered_or_done(message, portal):
            await mark_sent(message, "shown at /dev/mail")


async def claim() -> MailMessage | None:
    """Take the message that has waited longest; nobody else gets it for five minutes. Those of the same kind that wait
    for the same person, where the kind gathers, become part of it."""

    async def work(connection: Any) -> MailMessage | None:
        postgres = connection.capabilities.dialect == "postgres"
        now = clock.now()
        sql = _CLAIM.format(lock="FOR UPDATE SKIP LOCKED" if postgres else "")
        found = await rows(connection, sql, now, now + LEASE)
        if not found:
            return None
        message = await MailMessage.get(id=found[0]["id"], using_db=connection)
        if message.tries == 1:
            await _gather(connection, message)
        return message

    return await atomic(work)


async def _gather(connection: Any, message: MailMessage) -> None:
    """Only before its first try: a message that was tried says the same at the next."""
    facts = json.loads(message.facts)
    if not _gathers(message.kind, facts):
        return
    twins = MailMessage.filter(
        account_id=message.account_id, kind=message.kind, id__not=message.id, tries=0, next_try_at__isnull=False
    )
    for twin in await twins.using_db(connection).order_by("id").select_for_update(skip_locked=True):
        more = json.loads(twin.facts)
        if _gathers(message.kind, more):
            # lists grow; the newest balance and day are the ones that hold
            facts = {**facts, **more} | {
                name: facts[name] + more[name] for name in facts if isinstance(more[name], list)
            }
            await twin.delete(using_db=connection)
    message.facts = json.dumps(facts)
    await message.save(update_fields=["facts"], using_db=connection)


def _gathers(kind: MailKind, facts: dict[str, Any]) -> bool:
    """Invitations published, or paid automatically, within a minute become one message."""
    return kind == MailKind.INVITATIONS or (kind == MailKind.RECEIPT and bool(facts["automatic"]))


async def _send(message: MailMessage, server: Server, portal: Portal) -> bool:
    if message.tries > 1 and clock.now() > message.created_at + _limit(message):
        await _give_up(message, message.error or "given up")
        return False
    rendered = await rendered_or_done(message, portal)
    if rendered is None:
        return False
    try:
        await _deliver(envelope(message, rendered, portal), server)
    except Refused as refusal:
        await _refused(message, refusal)
        return False
    await mark_sent(message)
    return True


async def rendered_or_done(message: MailMessage, portal: Portal) -> Rendered | None:
    """The message's words; one with nothing left to say, or a link that was replaced, is over."""
    if message.kind in STALE_AFTER and clock.now() > message.created_at + _limit(message):
        await _give_up(message, "too late")
        return None
    try:
        rendered = await render(message, portal)
    except LinkNotUsable:
        rendered = None
    if rendered is None:
        await _give_up(message, "nothing left to say")
    return rendered


def envelope(message: MailMessage, rendered: Rendered, portal: Portal) -> EmailMessage:
    """The message as it travels. A header with a line break cannot be made: the library raises ValueError (R27)."""
    letter = EmailMessage(policy=SMTP)
    letter["From"] = Address(portal.school, addr_spec=portal.sender)
    letter["To"] = Address(addr_spec=message.address)
    letter["Subject"] = rendered.subject
    letter["Message-ID"] = f"<{message.message_id}@{urlsplit(portal.url).hostname}>"
    letter["Date"] = message.created_at
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Auto-Response-Suppress"] = "All"
    letter.set_content(rendered.text)
    letter.add_alternative(rendered.html, subtype="html")
    return letter


async def mark_sent(message: MailMessage, note: str | None = None) -> None:
    await update(_unsent(message), sent_at=clock.now(), next_try_at=None, error=note)


def delay_after(tries: int) -> timedelta:
    """1 minute after the first try, then 2, 4 ... 60."""
    return min(timedelta(minutes=1 << min(max(tries - 1, 0), 10)), LONGEST_DELAY)


async def prune() -> None:
    """Delete what is sent or given up and was written 90 days ago: nobody needs it, and it names people (R62)."""
    await MailMessage.filter(next_try_at=None, created_at__lt=clock.now() - KEPT).delete()


async def _deliver(letter: EmailMessage, server: Server) -> None:
    """Hand the message to the server. Raises Refused."""
    try:
        async with asyncio.timeout(LONGEST_SENDING):
            await aiosmtplib.send(
                letter,
                hostname=server.host,
                port=server.port,
                username=server.user,
                password=server.password,
                use_tls=server.tls == "tls",
                start_tls=server.tls == "starttls",
                timeout=SMTP_TIMEOUT,
            )
    except aiosmtplib.SMTPRecipientsRefused as exc:
        raise _of_recipient(exc.recipients[0]) from exc
    except aiosmtplib.SMTPRecipientRefused as exc:
        raise _of_recipient(exc) from exc
    except aiosmtplib.SMTPDataError as exc:
        raise _of_recipient(exc) from exc
    except aiosmtplib.SMTPAuthenticationError as exc:  # its words may repeat the password
        raise Refused(str(exc.code)) from exc
    except aiosmtplib.SMTPResponseException as exc:  # greeting, sender: our own side
        raise Refused(f"{exc.code} {exc.message}") from exc
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as exc:
        # the bare class comes with the library's words (no STARTTLS); else the cause names it best: a certificate
        is_bare = type(exc) is aiosmtplib.SMTPException
        raise Refused(str(exc) if is_bare else type(exc.__cause__ or exc).__name__) from exc
    except ValueError as exc:  # an address or a header that cannot be written
        raise Refused("cannot be written as a message", for_good=True) from exc


def _of_recipient(exc: Any) -> Refused:
    """5xx is for good, except what is about us and not about the address: policy (5.7), a sign-in it wants (530), a
    full mailbox (552)."""
    code, words = int(exc.code), str(exc.message)
    about_us = " 5.7." in f" {words}" or code in (530, 552)
    return Refused(f"{code} {words}", dead=500 <= code < 600 and not about_us)


async def _refused(message: MailMessage, refusal: Refused) -> None:
    reason = "".join(c if c.isprintable() else " " for c in str(refusal))[:200]
    logged = reason[:3] if reason[:1].isdigit() else reason  # of a server only the number: its words may name somebody
    log.warning("message %s (%s) was not taken: %s", message.id, message.kind.value, logged)
    if refusal.dead:
        owner = Account.filter(id=message.account_id, email=message.address)  # who may have a new one by now
        await update(owner, email_failed_at=clock.now())
    if refusal.dead or refusal.for_good:
        await _give_up(message, reason)
        return
    again = clock.now() + delay_after(message.tries)
    if again > message.created_at + _limit(message) and message.tries > 1:
        await _give_up(message, reason)
    else:
        waiting = MailMessage.filter(id=message.id, next_try_at__isnull=False)  # not if it was withdrawn meanwhile
        await update(waiting, next_try_at=again, error=reason)


def _limit(message: MailMessage) -> timedelta:
    return STALE_AFTER.get(message.kind, GIVEN_UP_AFTER)


async def _give_up(message: MailMessage, reason: str) -> None:
    await update(_unsent(message), failed_at=clock.now(), next_try_at=None, error=reason)


def _unsent(message: MailMessage) -> QuerySet[MailMessage]:
    """The message's row, unless it was sent meanwhile."""
    return MailMessage.filter(id=message.id, sent_at=None)
