"""What an act on many would change is shown first, and written only if the same would still be written.

Between the preview and the yes lie minutes, other people and other processes. So the act is planned again inside the
transaction that writes it, and both plans are compared by their fingerprint, a hash over all they would write.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from operator import methodcaller
from typing import Any, Protocol, TypeVar

from creos_ui.database.transactions import atomic, one_at_a_time
from creos_ui.errors import DomainError

LOCK = "preview"  # held while something that was shown is written


class ChangedMeanwhile(DomainError):
    """What would be written is no longer what was shown; nothing was written, look again."""

    text_key = "import.changed_meanwhile"


class Preview(Protocol):
    """A plan, or what is shown of it: `faults` forbid writing it, `fingerprint` stands for all it would write."""

    @property
    def faults(self) -> Sequence[object]: ...

    @property
    def fingerprint(self) -> str: ...


_encoder = json.JSONEncoder(default=methodcaller("isoformat"))
P = TypeVar("P", bound=Preview)
T = TypeVar("T")


def fingerprint_of(*parts: Any) -> str:
    """64 hexadecimal digits over texts, numbers, days, None and lists of them: the same ones in every process.

    What belongs in it: what the act was given, all it would write, what it would replace, and each remark a person
    has to judge. What is left alone does not, or in a busy hour no preview would live long enough to be applied.
    """
    written = hashlib.sha256()
    for piece in _encoder.iterencode(parts):  # a thread that hashes a long list then lets others work
        written.update(piece.encode())
    return written.hexdigest()


async def apply_if_same(
    fingerprint: str, plan_again: Callable[[], Awaitable[P]], write: Callable[[Any, P], Awaitable[T]]
) -> T:
    """In one transaction: plan again, and `write(connection, plan)` if the plan is the one that was shown.

    `fingerprint` is the preview's, as the page or the command kept it. Both may run again where the database asks for
    it. Raises ChangedMeanwhile; nothing is written then.
    """

    async def work(connection: Any) -> T:
        await one_at_a_time(connection, LOCK)  # two lists would not see what the other one brings
        plan = await plan_again()
        if plan.faults or plan.fingerprint != fingerprint:
            raise ChangedMeanwhile
        return await write(connection, plan)

    return await atomic(work)
