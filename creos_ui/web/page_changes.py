"""Keeping an open page up to date with changes made elsewhere: no timer, and no work while nothing changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context

from nicegui import Client, ui

from creos_ui import live
from creos_ui.services.accounts import sessions
from creos_ui.web.cutting import session_of
from creos_ui.web.error_pages import report

AT_ONCE = 4  # pages that refresh at the same time; the others wait, so that the database stays free for a click

_semaphore: asyncio.Semaphore | None = None
_refreshing: set[asyncio.Task[None]] = set()


class Following:
    """Awaits `refresh()` after each change that concerns a guardian it follows, while the page being built is open.

    Several changes at once are one refresh; one that comes during a refresh starts another after it.
    """

    def __init__(self, refresh: Callable[[], Awaitable[None]]) -> None:
        self.client: Client = ui.context.client
        self._refresh = refresh
        self._due = False
        self._running = False

    def follow(self, *guardian_ids: int) -> None:
        for guardian_id in guardian_ids:
            self.client.on_delete(live.subscribe(guardian_id, self.changed))

    def changed(self) -> None:
        self._due = True
        if self._running:
            return
        self._running = True
        # a new context: not that of the transaction or the page that announced the change
        task = asyncio.get_running_loop().create_task(self._run(), context=Context())
        _refreshing.add(task)
        task.add_done_callback(_refreshing.discard)

    async def _run(self) -> None:
        try:
            while self._due and self._may_see():
                self._due = False
                async with _refreshes():
                    if self._may_see():
                        with self.client:
                            await self._refresh()
        except Exception as exc:
            report(exc, "refreshing an open page")
        finally:
            self._running = False

    def _may_see(self) -> bool:
        """False for a page that is closed, or whose session has just ended."""
        session = session_of(self.client)
        return not self.client.is_deleted and session is not None and sessions.alive(session.session_id, active=False)


def _refreshes() -> asyncio.Semaphore:
    global _semaphore
    if _semaphore is None:  # made in the event loop that uses it
        _semaphore = asyncio.Semaphore(AT_ONCE)
    return _semaphore
