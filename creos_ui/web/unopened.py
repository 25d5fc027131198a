"""Pages that a visitor without a session has fetched and no browser has opened: its script has not connected yet.

Anybody may ask for the sign-in page, and each is 200 KB in memory until it is opened and left, or for a minute. So
there is an end to how many wait. A browser that comes later than its page loads it once more, by itself; what it needs
for that it has by then. NiceGUI's private names: see patches.py.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from nicegui import Client

from creos_ui.services.accounts.guessing import network_of
from creos_ui.web.cutting import session_of

MOST = 150  # a whole school at its gate, each with a slow telephone, is fewer
SPARED = 10.0  # seconds a page is left its browser, even if there are more
MOST_OF_ALL = 300  # but not more than these: 60 MB


@dataclass(frozen=True)
class Unopened:
    client_id: str
    network: str  # who fetched it
    since: float  # seconds since the epoch


def make_room() -> None:
    """Before another page is built for a visitor: delete what waits for nobody."""
    waiting = [
        Unopened(client.id, network_of(client.ip), client.created)
        for client in Client.instances.values()
        if client._response_built and not client._num_connections and session_of(client) is None
    ]
    for page in surplus(waiting, time.time()):
        Client.instances[page.client_id].delete()


def surplus(waiting: Sequence[Unopened], now: float) -> list[Unopened]:
    """Which of these pages, oldest first, must go: always the oldest of those who have fetched the most."""
    left, gone = list(waiting), []
    while len(left) >= MOST:
        fetched = Counter(page.network for page in left)
        most = max(fetched.values())
        page = next(page for page in left if fetched[page.network] == most)
        if now - page.since < SPARED and len(left) < MOST_OF_ALL:
            break
        left.remove(page)
        gone.append(page)
    return gone
