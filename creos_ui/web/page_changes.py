"""An open page that shows what changed elsewhere: no timer, and nothing is done while nothing changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context

from nicegui import Client, ui

from creos_ui import live
from creos_ui.services.accounts import sessions
from creos_ui.web.cutting import session_of
from creos_ui.web.error_pages import report

AT_ONCE = 4  # pages that read at the same time: when everyone's change, a click still finds the database free

_reading: asyncio.Semaphore | None = None
_refreshing: set[asyncio.Task[None]] = set()


class Following:
    """Awaits `refresh()` after each change of the guardians it follows, as long as the page being built is open.

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
        # a context of its own: nothing of the transaction or the page that announced it may come along
        task = asyncio.get_running_loop().create_task(self._run(), context=Context())
        _refreshing.add(task)
        task.add_done_callback(_refreshing.discard)

    async def _run(self) -> None:
        try:
            while self._due and self._may_see():
                self._due = False
                async with _turns():
                    if self._may_see():
                        with self.client:
                            await self._refresh()
        except Exception as exc:
            report(exc, "refreshing an open page")
        finally:
            self._running = False

    def _may_see(self) -> bool:
        """Not a page that is gone, nor one whose session has just ended."""
        session = session_of(self.client)
        return not self.client.is_deleted and session is not None and sessions.alive(session.session_id, active=False)


def _turns() -> asyncio.Semaphore:
    global _reading
    if _reading is None:  # made in the loop that uses it
        _reading = asyncio.Semaphore(AT_ONCE)
    return _reading
