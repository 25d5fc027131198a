"""The audit (O8): a line edited, taken out, added or cut off is found; erasing by the rules breaks nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from creos_ui.database.opening import TRIGGERS
from creos_ui.database.transactions import atomic
from creos_ui.errors import NotAllowed
from creos_ui.services import audit, keys
from creos_ui.services.audit import Actor, Break
from creos_ui.services.roles import Act, require
from models import Account, AuditHead, AuditLine, AuditSide
from tests.database.unguarded import table_of
from tests.services.signing_in import hands, nora, secret

__all__ = ["hands", "nora", "secret"]
SECRET = "a secret of the tests, long enough for any"
LINES = 5


@pytest.fixture(autouse=True)
async def opened(db: Any) -> None:
    await keys.open_keys(SECRET)


async def write(count: int = 1) -> None:
    for number in range(count):

        async def work(connection: Any, number: int = number) -> int:
            return await audit.record(
                connection,
                "school_changed",
                by=None,
                actor=Actor.COMMAND,
                kind="school",
                subject="school:1",
                facts={"number": number},
                words={"before": "École du Tilleul", "after": f"École Élan {number}"},
            )

        await atomic(work)


async def unguard(db: Any) -> None:
    """As somebody with the file, or the server's own password, may."""
    for trigger in sorted(name for name in TRIGGERS if name.startswith("audit_")):
        on = f" ON {table_of(trigger)}" if db.capabilities.dialect == "postgres" else ""
        await db.execute_query(f"DROP TRIGGER {trigger}{on}")


async def test_each_line_follows_the_one_before(db: Any) -> None:
    await write(LINES)
    lines = await AuditLine.all().order_by("id")
    assert [line.id for line in lines] == [1, 2, 3, 4, 5]
    assert [line.previous_hash for line in lines] == [audit.NOTHING, *[line.hash for line in lines[:-1]]]
    verdict = await audit.verify()
    assert (verdict.lines, verdict.last_hash, verdict.why) == (LINES, lines[-1].hash, None)
    head = await AuditHead.get()
    assert (head.number, head.checked_lines, head.broken_line) == (LINES, LINES, None)
    assert head.checked_at is not None


async def test_an_empty_chain_is_whole() -> None:
    verdict = await audit.verify()
    assert (verdict.lines, verdict.last_hash, verdict.why) == (0, audit.NOTHING, None)


@pytest.mark.parametrize(
    ("statement", "line", "why"),
    [
        ("UPDATE audit_line SET facts = '{}' WHERE id = 3", 3, Break.CHANGED),
        ("UPDATE audit_line SET act = 'other' WHERE id = 3", 3, Break.CHANGED),
        ("UPDATE audit_line SET at = '2020-01-01 00:00:00+00:00' WHERE id = 1", 1, Break.CHANGED),
        ("UPDATE audit_line SET hash = previous_hash WHERE id = 5", 5, Break.CHANGED),
        ("UPDATE audit_side SET words = '{}' WHERE line_id = 2", 2, Break.SIDE_CHANGED),
        ("UPDATE audit_side SET search_key = 'nobody' WHERE line_id = 2", 2, Break.SIDE_CHANGED),
        ("DELETE FROM audit_side WHERE line_id = 4", 4, Break.SIDE_CHANGED),
        (f"UPDATE audit_head SET hash = '{audit.NOTHING}'", LINES, Break.CHANGED),
    ],
)
async def test_what_is_edited_is_named(db: Any, statement: str, line: int, why: Break) -> None:
    await write(LINES)
    await unguard(db)
    await db.execute_query(statement)
    verdict = await audit.verify()
    assert (verdict.broken_line, verdict.why) == (line, why)
    assert (await AuditHead.get()).broken_line == line


@pytest.mark.parametrize(
    ("gone", "line", "why"), [("3", 3, Break.MISSING), ("5", 5, Break.CUT), ("1", 1, Break.MISSING)]
)
async def test_what_is_taken_out_is_named(db: Any, gone: str, line: int, why: Break) -> None:
    await write(LINES)
    await unguard(db)
    await db.execute_query(f"DELETE FROM audit_side WHERE line_id = {gone}")
    await db.execute_query(f"DELETE FROM audit_line WHERE id = {gone}")
    verdict = await audit.verify()
    assert (verdict.broken_line, verdict.why) == (line, why)


async def test_a_line_sealed_without_the_key_is_named(db: Any) -> None:
    await write(LINES)
    await unguard(db)
    last = await AuditLine.get(id=LINES)
    forged = "b" * 64
    await db.execute_query(
        f"""INSERT INTO audit_line (id, at, actor, act, kind, subject, facts, previous_hash, hash, key_id)
            SELECT 6, at, actor, 'forged', kind, subject, facts, hash, '{forged}', key_id FROM audit_line
            WHERE id = {last.id}"""
    )
    await db.execute_query(f"UPDATE audit_head SET number = 6, hash = '{forged}'")
    verdict = await audit.verify()
    assert (verdict.broken_line, verdict.why) == (6, Break.CHANGED)


async def test_what_is_erased_by_the_rules_is_gone_and_the_chain_holds(db: Any) -> None:
    await write(LINES)
    await audit.erase([2, 3])
    assert (await audit.verify()).why is None
    sides = {side.line_id: side for side in await AuditSide.all()}
    assert {kept for i in (2, 3) for kept in (sides[i].salt, sides[i].words, sides[i].search_key)} == {None}
    assert "École Élan 0" in (sides[1].words or "")
    assert "ecole elan 0" in (sides[1].search_key or "")


async def test_a_longer_chain_than_one_reading_is_walked_whole(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "AT_ONCE", 2)
    await write(LINES)
    seen: list[tuple[int, int]] = []
    assert (await audit.verify(lambda done, total: seen.append((done, total)))).why is None
    assert seen == [(2, 5), (4, 5), (5, 5)]


async def test_of_many_at_once_each_has_its_number() -> None:
    await asyncio.gather(*(write() for _ in range(8)))
    assert [line.id for line in await AuditLine.all().order_by("id")] == list(range(1, 9))
    assert (await audit.verify()).why is None


async def test_what_is_rolled_back_leaves_no_line() -> None:
    await write()

    async def work(connection: Any) -> None:
        await audit.record(connection, "role_given", by=None, kind="role", actor=Actor.PORTAL)
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - ours
        await atomic(work)
    assert await AuditLine.all().count() == 1
    await write()
    assert (await audit.verify()).why is None


async def test_a_refusal_is_a_line_and_a_flood_of_them_is_one(nora: Account, hands: Any) -> None:
    for _ in range(3):
        with pytest.raises(NotAllowed):
            await require(nora.id, Act.SEE_AUDIT)
    with pytest.raises(NotAllowed):
        await require(nora.id, Act.MANAGE_SCHOOL)
    hands.on(minutes=2)
    with pytest.raises(NotAllowed):
        await require(nora.id, Act.SEE_AUDIT)
    found = [(line.account_id, line.act, line.facts) for line in await AuditLine.all().order_by("id")]
    see, manage = '{"act":"see_audit"}', '{"act":"manage_school"}'
    assert found == [(nora.id, "refused", facts) for facts in (see, manage, see)]
    assert (await audit.verify()).why is None
