"""Sending what the outbox holds (R53): one message at a time, each once, with the same Message-ID at every try.

A row is claimed by moving its next try five minutes ahead, and marked sent after the server took it; meanwhile a lock
keeps every other process from sending, also one whose clock says that the five minutes are over. A crash between the
two sends it again after those minutes, under the same Message-ID and with the same link. A message that was not taken
is tried again after 1, 2, 4 ... 60 minutes. What has waited two days is given up, also where it was never tried (a
link: as long as it may be of use).
"""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from urllib.parse import urlsplit

from tortoise.expressions import Q
from tortoise.functions import Coalesce
from tortoise.queryset import QuerySet

from creos_ui import clock
from creos_ui.database import lock
from creos_ui.database.transactions import atomic, rows, update
from creos_ui.errors import LinkNotUsable
from creos_ui.services.mail.letter import Portal
from creos_ui.services.mail.rendering import Rendered, render
from creos_ui.services.mail.server import Connection, Refused, Server
from models import SWITCHES, Account, MailKind, MailMessage

LEASE = timedelta(minutes=5)  # longer than any sending takes
LONGEST_DELAY = timedelta(minutes=60)
GIVEN_UP_AFTER = timedelta(days=2)
# links: whoever asked has asked again by then
SOONER = {MailKind.PASSWORD_LINK: timedelta(hours=1), MailKind.EMAIL_LINK: timedelta(days=1)}
KEPT = timedelta(days=90)
log = logging.getLogger("creos_ui")

# fixed SQL: two processes cannot both win it. What protects an account comes before all that can be switched off
_CLAIM = f"""
    UPDATE mail_message SET next_try_at = $2, tries = tries + 1 WHERE id = (
        SELECT id FROM mail_message WHERE next_try_at <= $1
        ORDER BY CASE WHEN kind IN ({", ".join(f"'{kind.value}'" for kind in SWITCHES)}) THEN 1 ELSE 0 END,
            next_try_at, id LIMIT 1 {{lock}})
    RETURNING id
"""  # noqa: S608 - fixed parts


async def send_due(server: Server, portal: Portal) -> int:
    """Send what is due now, one after the other over one connection; returns how many the server took. A server that
    breaks the connection ends it: who waits behind is not to blame."""
    await give_up_late()
    sent, connection = 0, Connection(server)
    try:
        while (taken := await _send_next(connection, portal)) is not None:
            sent += taken
    finally:
        await connection.hang_up()
    return sent


async def _send_next(connection: Connection, portal: Portal) -> bool | None:
    """Whether the server took the message that comes next; None: no other is to be sent now."""
    async with lock.held("sending") as ours:
        message = await claim() if ours else None
        if message is None:
            return None
        rendered = await rendered_or_done(message, portal)
        if rendered is None:
            return False
        try:
            await connection.deliver(envelope(message, rendered, portal))
        except Refused as refusal:
            await _refused(message, refusal)
            return False if connection.is_open else None
        await mark_sent(message)
        if message.kind not in SWITCHES:  # these go to an address marked as dead as well, which now lives
            await update(_owner(message).filter(email_failed_at__isnull=False), email_failed_at=None)
        return True


async def shelve_due(portal: Portal) -> None:
    """Where nothing is sent (the demo): what is due is written and counts as sent; /dev/mail shows it."""
    await give_up_late()
    while (message := await claim()) is not None:
        if await rendered_or_done(message, portal):
            await mark_sent(message, "shown at /dev/mail")


async def give_up_late() -> None:
    """What is due and has waited too long is not sent any more: it would be old news."""
    now = clock.now()
    late = Q(created_at__lt=now - GIVEN_UP_AFTER)
    for kind, limit in SOONER.items():
        late |= Q(kind=kind, created_at__lt=now - limit)
    waiting = MailMessage.filter(late, next_try_at__lte=now)
    await update(waiting, failed_at=now, next_try_at=None, error=Coalesce("error", "too late"))


async def claim() -> MailMessage | None:
    """Take the message that comes next; nobody else gets it for five minutes. Those of the same kind that wait for the
    same person, where the kind gathers, become part of it."""

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


async def rendered_or_done(message: MailMessage, portal: Portal) -> Rendered | None:
    """The message's words; one with nothing left to say, or a link that was replaced, is over."""
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
    await update(_unsent(message), sent_at=clock.now(), next_try_at=None, failed_at=None, error=note)


def delay_after(tries: int) -> timedelta:
    """1 minute after the first try, then 2, 4 ... 60."""
    return min(timedelta(minutes=1 << min(max(tries - 1, 0), 10)), LONGEST_DELAY)


async def prune() -> None:
    """Delete what is sent or given up and was written 90 days ago: nobody needs it, and it names people (R62)."""
    over = MailMessage.filter(next_try_at=None, created_at__lt=clock.now() - KEPT)
    await atomic(lambda connection: over.using_db(connection).delete())


async def _refused(message: MailMessage, refusal: Refused) -> None:
    reason = "".join(c if c.isprintable() else " " for c in str(refusal))[:200]
    logged = reason[:3] if reason[:1].isdigit() else reason  # of a server only the number: its words may name somebody
    log.warning("message %s (%s) was not taken: %s", message.id, message.kind.value, logged)
    if refusal.dead:
        await update(_owner(message), email_failed_at=clock.now())
    if refusal.dead or refusal.for_good:
        await _give_up(message, reason)
        return
    waiting = MailMessage.filter(id=message.id, next_try_at__isnull=False)  # not if it was withdrawn meanwhile
    await update(waiting, next_try_at=clock.now() + delay_after(message.tries), error=reason)


async def _give_up(message: MailMessage, reason: str) -> None:
    await update(_unsent(message), failed_at=clock.now(), next_try_at=None, error=reason)


def _unsent(message: MailMessage) -> QuerySet[MailMessage]:
    """The message's row, unless it was sent meanwhile."""
    return MailMessage.filter(id=message.id, sent_at=None)


def _owner(message: MailMessage) -> QuerySet[Account]:
    """The message's account, unless it has another address by now."""
    return Account.filter(id=message.account_id, email=message.address)
