"""The task that runs as long as the portal: with a mail server, and without one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from creos_ui import clock
from creos_ui.services import keys
from creos_ui.services.mail import reminders, worker
from creos_ui.services.school import open_school
from creos_ui.settings import portal_settings
from models import Account, MailKind, MailMessage
from tests.services.post import MovedClock, nora, put
from tests.services.signing_in import secret
from tests.smtp import running_sink
from tests.test_settings import GOOD

__all__ = ["nora", "secret"]

Working = Callable[..., AbstractAsyncContextManager[None]]


@pytest.fixture
def working(monkeypatch: pytest.MonkeyPatch) -> Working:
    """The worker of a portal with these settings, at any hour and without pauses."""
    monkeypatch.setattr(worker, "EVERY", 0.01)
    monkeypatch.setattr(worker, "REMINDED_FROM", 0)
    monkeypatch.delenv("CREOS_SMTP_HOST", raising=False)

    @asynccontextmanager
    async def run(**more: str) -> AsyncIterator[None]:
        for name, value in (GOOD | more).items():
            monkeypatch.setenv(name, value)
        await keys.open_keys("a secret of the tests, long enough for any")
        await open_school(portal_settings())
        task = asyncio.create_task(worker.work(portal_settings()))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    return run


async def until_there_are(count: int, **found: Any) -> None:
    async with asyncio.timeout(20):
        while await MailMessage.filter(**found).count() != count:  # noqa: ASYNC110 - a table sets no Event
            await asyncio.sleep(0.01)


async def test_without_a_server_what_waits_is_given_up_and_deleted_all_the_same(
    nora: Account, working: Working, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = MovedClock(monkeypatch)
    await put(nora, MailKind.PASSWORD_CHANGED, at=clock.now().isoformat())
    async with working():
        moved.move(days=3)
        await until_there_are(1, next_try_at=None, sent_at=None, error="too late")
        moved.move(days=90)
        await until_there_are(0)


async def test_reminders_that_cannot_be_written_hold_up_no_message(
    nora: Account, working: Working, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(reminders, "remind", fails)
    with running_sink() as sink:
        async with working(**sink.settings()):
            for count in (1, 2):
                await put(nora)
                await until_there_are(count, sent_at__isnull=False)


async def test_reminders_that_cannot_be_written_hold_up_no_deletion_and_are_logged_once(
    nora: Account, working: Working, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries, enough = 0, asyncio.Event()

    async def fails(*_: Any, **__: Any) -> None:
        nonlocal tries
        tries += 1
        if tries == 5:
            enough.set()
        raise RuntimeError

    monkeypatch.setattr(reminders, "remind", fails)
    moved = MovedClock(monkeypatch)
    await put(nora, MailKind.PASSWORD_CHANGED, at=clock.now().isoformat())
    await MailMessage.all().update(next_try_at=None, failed_at=clock.now())
    moved.move(days=91)
    with running_sink() as sink:
        async with working(**sink.settings()):
            await until_there_are(0)
            async with asyncio.timeout(20):
                await enough.wait()
    assert caplog.messages.count("mail: RuntimeError") == 1
