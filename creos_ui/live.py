"""Who wants to know that a guardian's invitations or balance changed, and telling them once that is committed.

Inside a transaction (`atomic`) an announcement waits for its commit, and on PostgreSQL travels with it to other
processes. Told too often does no harm: whoever hears looks into the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar

EVERYONE = 0  # no guardian's id: something changed, and it is not known for whom

Heard = Callable[[], None]

gathering: ContextVar[set[int] | None] = ContextVar("gathering", default=None)  # what the open transaction announces
_subscribers: dict[int, list[Heard]] = {}


def announce(guardian_ids: Iterable[int]) -> None:
    """These guardians' invitations or balances change: call it in the transaction that changes them.

    Outside a transaction only this process hears of it, at once.
    """
    gathered = gathering.get()
    if gathered is None:
        deliver(guardian_ids)
    else:
        gathered.update(guardian_ids)


def subscribe(guardian_id: int, heard: Heard) -> Callable[[], None]:
    """Call `heard()`, which may not wait, after each change; what is returned ends it."""
    listening = _subscribers.setdefault(guardian_id, [])
    listening.append(heard)

    def unsubscribe() -> None:
        if heard in listening:
            listening.remove(heard)
        if not listening and _subscribers.get(guardian_id) is listening:
            del _subscribers[guardian_id]

    return unsubscribe


def anybody() -> bool:
    """Is there anyone to tell?"""
    return bool(_subscribers)


def deliver(guardian_ids: Iterable[int]) -> None:
    """Tell those who listen in this process."""
    ids = set(guardian_ids)
    for guardian_id in list(_subscribers) if EVERYONE in ids else ids:
        for heard in list(_subscribers.get(guardian_id, ())):
            heard()
