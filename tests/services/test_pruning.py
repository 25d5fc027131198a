"""What names people and is over does not stay (R62)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from creos_ui import clock
from creos_ui.database.transactions import atomic, default_connection, execute
from creos_ui.errors import NotSaved
from creos_ui.services import outbox
from creos_ui.services.accounts import guessing, links, reset, sessions
from creos_ui.services.accounts.account import prune_browsers, sign_in
from creos_ui.services.mail import sending
from models import (
    Account,
    KnownBrowser,
    LinkPurpose,
    MailKind,
    MailMessage,
    OneTimeLink,
    ResetRequest,
    Session,
    SignInAttempt,
)
from tests.services.post import PASSWORD, PORTAL, MovedClock, moved, nora
from tests.services.refused import refused
from tests.services.signing_in import secret

__all__ = ["moved", "nora", "secret"]


async def write(account: Account) -> MailMessage:
    facts = {"at": clock.now().isoformat()}
    await atomic(lambda connection: outbox.put(connection, account.id, MailKind.PASSWORD_CHANGED, facts))
    return await MailMessage.all().order_by("-id").first() or pytest.fail("nothing was written")


async def kept() -> set[int]:
    await sending.prune()
    return {message.id for message in await MailMessage.all()}


async def test_messages_go_after_ninety_days_once_they_are_over(nora: Account, moved: MovedClock) -> None:
    sent, given_up = await write(nora), await write(nora)
    await sending.shelve_due(PORTAL)
    await MailMessage.filter(id=given_up.id).update(sent_at=None, failed_at=clock.now())
    waiting = await write(nora)
    moved.move(days=90, hours=-1)
    assert await kept() == {sent.id, given_up.id, waiting.id}
    moved.move(hours=2)
    assert await kept() == {waiting.id}


async def test_links_go_ninety_days_after_their_end_and_requests_for_one_after_a_day(
    nora: Account, moved: MovedClock
) -> None:
    await links.mint("message", nora.id, LinkPurpose.PASSWORD)
    await reset.request_link("peeters.nora", address="192.0.2.1")

    async def left() -> tuple[int, int]:
        await links.prune()
        await reset.prune()
        return await OneTimeLink.all().count(), await ResetRequest.all().count()

    moved.ahead = timedelta(hours=23)
    assert await left() == (1, 1)
    moved.ahead = timedelta(hours=25)
    assert await left() == (1, 0)
    moved.ahead = timedelta(days=90)
    assert await left() == (1, 0)
    moved.ahead = timedelta(days=90, hours=2)
    assert await left() == (0, 0)


async def test_sessions_go_ninety_days_after_their_end_and_browsers_with_their_cookie(
    nora: Account, moved: MovedClock
) -> None:
    await sign_in("peeters.nora", PASSWORD, address="192.0.2.1")
    await sessions.open_session(nora.id, device="Firefox")

    async def left() -> tuple[int, int]:
        await sessions.prune()
        await prune_browsers()
        return await Session.all().count(), await KnownBrowser.all().count()

    moved.ahead = timedelta(days=90, hours=11)
    assert await left() == (1, 1)
    moved.ahead = timedelta(days=90, hours=13)
    assert await left() == (0, 1)
    moved.ahead = timedelta(days=364)
    assert await left() == (0, 1)
    moved.ahead = timedelta(days=366)
    assert await left() == (0, 0)


@asynccontextmanager
async def nothing_written(table: str) -> AsyncIterator[None]:
    """SQLite's own word for it is not to be had for one table."""
    connection = default_connection()
    if connection.capabilities.dialect == "postgres":
        async with refused(table):
            yield
        return
    await execute(connection, "PRAGMA query_only = ON")
    try:
        yield
    finally:
        await execute(connection, "PRAGMA query_only = OFF")


async def test_what_cannot_be_deleted_is_refused_as_any_other_write_and_goes_later(
    nora: Account, moved: MovedClock, subtests: pytest.Subtests
) -> None:
    await sign_in("peeters.nora", PASSWORD, address="192.0.2.1")
    await sessions.open_session(nora.id, device="Firefox")
    await links.mint("message", nora.id, LinkPurpose.PASSWORD)
    await reset.request_link("peeters.nora", address="192.0.2.1")
    await write(nora)
    await sending.shelve_due(PORTAL)
    moved.ahead = timedelta(days=366)
    for table, prune in {
        SignInAttempt: guessing.prune,
        Session: sessions.prune,
        KnownBrowser: prune_browsers,
        OneTimeLink: links.prune,
        ResetRequest: reset.prune,
        MailMessage: sending.prune,
    }.items():
        with subtests.test(table=table.__name__):
            async with nothing_written(table._meta.db_table):
                with pytest.raises(NotSaved):
                    await prune()
            assert await table.exists()
            await prune()
            assert not await table.exists()
