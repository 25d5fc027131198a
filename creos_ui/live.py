"""Who must know when a guardian's invitations or balance change, and notifying them.

Inside a transaction (`atomic`) an announcement waits for its end, and on PostgreSQL travels with its commit to other
processes. One announcement too many does no harm: each subscriber looks into the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar

EVERYONE = 0  # no guardian's id: something changed, and it is not known for whom

Callback = Callable[[], None]

gathering: ContextVar[set[int] | None] = ContextVar("gathering", default=None)  # what the open transaction announces
_subscribers: dict[int, list[Callback]] = {}


def announce(guardian_ids: Iterable[int]) -> None:
    """These guardians' invitations or balances change: call it in the transaction that changes them.

    Outside a transaction it notifies this process only, at once.
    """
    gathered = gathering.get()
    if gathered is None:
        deliver(guardian_ids)
    else:
        gathered.update(guardian_ids)


def subscribe(guardian_id: int, callback: Callback) -> Callable[[], None]:
    """Call `callback`, which must not wait, after each change; returns the function that ends the subscription."""
    callbacks = _subscribers.setdefault(guardian_id, [])
    callbacks.append(callback)

    def unsubscribe() -> None:
        if callback in callbacks:
            callbacks.remove(callback)
        if not callbacks and _subscribers.get(guardian_id) is callbacks:
            del _subscribers[guardian_id]

    return unsubscribe


def has_subscribers() -> bool:
    return bool(_subscribers)


def deliver(guardian_ids: Iterable[int]) -> None:
    """Notify the subscribers of this process."""
    ids = set(guardian_ids)
    for guardian_id in list(_subscribers) if EVERYONE in ids else ids:
        for callback in list(_subscribers.get(guardian_id, ())):
            callback()
