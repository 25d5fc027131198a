"""Who did what in the office (O8): lines that are only ever added, each sealed with the one before it.

A line holds ids, codes and days. Names, addresses and texts stand in its side row, of which the line keeps a salted,
keyed hash: erasure empties the side row, and the chain still verifies. The key of the chain is one of the portal's own
(services/keys.py); an older one goes on verifying the lines it sealed. That the end was cut off shows by the head; who
restores an older head as well is found by a number and hash that were noted elsewhere.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from creos_ui import clock
from creos_ui.database.transactions import atomic, default_connection, one_at_a_time, rows
from creos_ui.errors import NotSaved
from creos_ui.services import keys
from models import AuditHead, AuditLine, AuditSide, folded

LOCK = "audit"
HEAD = 1
NOTHING = "0" * 64  # the hash before the first line
AT_ONCE = 500  # lines in one reading
REFUSED_AGAIN_AFTER = timedelta(minutes=1)  # the same refusal of the same account is one line


class Actor(StrEnum):
    ACCOUNT = "account"
    PORTAL = "portal"
    COMMAND = "command"


class Break(StrEnum):
    """What is wrong with the first line that does not fit."""

    MISSING = "missing"  # a number is not there
    CHANGED = "changed"  # the line is not what was sealed
    SIDE_CHANGED = "side_changed"  # its names and texts are not
    CUT = "cut"  # the head knows of later lines
    NOT_IN_HEAD = "not_in_head"  # the head knows nothing of this line, or is gone itself


@dataclass(frozen=True)
class Verdict:
    """What a look over the whole chain found. `broken_line`: the number of the first that does not fit."""

    lines: int
    last_hash: str
    broken_line: int | None = None
    why: Break | None = None


async def record(
    connection: Any,
    act: str,
    *,
    by: int | None,
    kind: str,
    subject: str = "",
    facts: dict[str, Any] | None = None,
    words: dict[str, str] | None = None,
    actor: Actor = Actor.ACCOUNT,
) -> int:
    """Add a line inside the transaction that does what it tells of; returns its number.

    `by`: the account, None for the portal and commands. `words`: all that names a person.
    """
    await one_at_a_time(connection, LOCK)
    head = await AuditHead.filter(id=HEAD).using_db(connection).select_for_update().get()
    number, (key_id, key), salt = head.number + 1, keys.audit_key(), secrets.token_hex(16)
    said = _json(words) if words else None
    line = AuditLine(
        id=number,
        at=clock.now(),
        account_id=by,
        actor=actor,
        act=act,
        kind=kind,
        subject=subject,
        facts=_json(facts or {}),
        side_hash=_side_hash(key, salt, said) if said else None,
        previous_hash=head.hash,
        hash=NOTHING,
        key_id=key_id,
    )
    line.hash = _hash(key, line)
    await line.save(using_db=connection, force_create=True)
    if said:
        side = {"salt": salt, "words": said, "search_key": _search_key(said)}
        await AuditSide.create(line_id=number, **side, using_db=connection)
    await AuditHead.filter(id=HEAD).using_db(connection).update(number=number, hash=line.hash)
    return number


async def refused(by: int, act: str, *, subject: str = "") -> None:
    """Note that this account was refused something. What cannot be noted changes no refusal."""

    async def work(connection: Any) -> None:
        lately = clock.now() - REFUSED_AGAIN_AFTER
        same = AuditLine.filter(account_id=by, kind="refusal", act="refused", at__gt=lately, facts=_json({"act": act}))
        if not await same.using_db(connection).exists():
            await record(connection, "refused", by=by, kind="refusal", subject=subject, facts={"act": act})

    with suppress(NotSaved):
        await atomic(work)


async def erase(line_ids: Iterable[int]) -> None:
    """Empty the side rows of these lines: who and what they named is gone, and the chain still verifies (O8)."""

    async def work(connection: Any) -> None:
        sides = AuditSide.filter(line_id__in=list(line_ids), erased_at=None).using_db(connection)
        await sides.update(salt=None, words=None, search_key=None, erased_at=clock.now())

    await atomic(work)


async def verify(progress: Callable[[int, int], None] | None = None, *, note: bool = True) -> Verdict:
    """Walk the whole chain, and `note` with the head what was found. Lines added meanwhile wait for the next look."""
    head = await AuditHead.get_or_none(id=HEAD)
    if head is None:
        return Verdict(await AuditLine.all().count(), NOTHING, 1, Break.NOT_IN_HEAD)
    number, last_hash, broken, why = 0, NOTHING, None, None
    while why is None and number < head.number:
        part = await AuditLine.filter(id__gt=number, id__lte=head.number).order_by("id").limit(AT_ONCE)
        sides = {side.line_id: side for side in await AuditSide.filter(line_id__in=[line.id for line in part])}
        if not part:
            broken, why = number + 1, Break.CUT
            break
        number, last_hash, why = await asyncio.to_thread(_walk, part, sides, number, last_hash, keys.audit_keys())
        if why is not None:
            broken = number + 1
        elif progress:
            progress(number, head.number)
    if why is None and last_hash != head.hash:
        broken, why = number, Break.CHANGED
    if why is None and await AuditLine.filter(id__lt=1).exists():
        broken, why = 0, Break.CHANGED
    if why is None and (beyond := await _beyond_the_head()):
        broken, why = beyond, Break.NOT_IN_HEAD

    async def keep(connection: Any) -> None:
        found = {"checked_at": clock.now(), "checked_lines": head.number, "broken_line": broken}
        await AuditHead.filter(id=HEAD).using_db(connection).update(**found)

    if note:
        with suppress(NotSaved):
            await atomic(keep)
    return Verdict(head.number, head.hash, broken, why)


async def _beyond_the_head() -> int | None:
    """The first line after the head's. A line is added together with its head, so one statement sees none."""
    found = await rows(
        default_connection(),
        "SELECT min(l.id) AS id FROM audit_line l JOIN audit_head h ON h.id = $1 AND l.id > h.number",
        HEAD,
    )
    return None if found[0]["id"] is None else int(found[0]["id"])


def _walk(
    part: list[AuditLine], sides: dict[int, AuditSide], number: int, last_hash: str, known: dict[int, bytes]
) -> tuple[int, str, Break | None]:
    """The last line that fits, its hash, and what is wrong with the next one."""
    for line in part:
        if line.id != number + 1:
            return number, last_hash, Break.MISSING
        key = known.get(line.key_id)
        if key is None or line.previous_hash != last_hash or not _same(line.hash, _hash(key, line)):
            return number, last_hash, Break.CHANGED
        if not _side_fits(key, line, sides.get(line.id)):
            return number, last_hash, Break.SIDE_CHANGED
        number, last_hash = line.id, line.hash
    return number, last_hash, None


def _side_fits(key: bytes, line: AuditLine, side: AuditSide | None) -> bool:
    if line.side_hash is None:
        return side is None
    if side is None:
        return False
    if side.erased_at is not None:
        return side.salt is None and side.words is None
    if side.salt is None or side.words is None or not _same(line.side_hash, _side_hash(key, side.salt, side.words)):
        return False
    return side.search_key == _search_key(side.words)  # looked at last: before, the words may be anything


def _same(stored: str, computed: str) -> bool:
    """Who edits a row may write anything there, and compare_digest takes no text beyond ASCII."""
    return hmac.compare_digest(stored.encode(errors="surrogatepass"), computed.encode())


def _hash(key: bytes, line: AuditLine) -> str:
    """Of all that the line says, and of the one before it."""
    at = line.at if isinstance(line.at, datetime) else datetime.fromisoformat(line.at)
    parts = [
        line.previous_hash,
        line.id,
        at.astimezone(UTC).isoformat(timespec="microseconds"),
        line.account_id,
        str(line.actor),
        line.act,
        line.kind,
        line.subject,
        line.facts,
        line.side_hash,
        line.key_id,
    ]
    return hmac.new(key, json.dumps(["line", *parts], ensure_ascii=False).encode(), "sha256").hexdigest()


def _side_hash(key: bytes, salt: str, words: str) -> str:
    return hmac.new(key, json.dumps(["side", salt, words], ensure_ascii=False).encode(), "sha256").hexdigest()


def _search_key(said: str) -> str:
    return folded(" ".join(json.loads(said).values()))


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
