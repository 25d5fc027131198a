"""Whatever somebody with the file writes into the audit's tables, the look over the chain names it and never fails."""

from __future__ import annotations

from typing import Any

import pytest

from creos_ui.errors import NotAllowed
from creos_ui.services import approvals, audit, keys
from creos_ui.services.approvals import Kind
from creos_ui.services.audit import Break
from creos_ui.services.roles import Act
from models import Account, Approval, AuditLine
from tests.services.test_audit import SECRET, unguard, write

COLUMNS = "id, at, account_id, actor, act, kind, subject, facts, side_hash, previous_hash, hash, key_id"
COPIED = "6, at, account_id, actor, act, kind, subject, facts, side_hash, hash, hash, key_id"
TAMPERINGS = {
    "UPDATE audit_line SET hash = 'é' WHERE id = 3": (3, Break.CHANGED),
    "UPDATE audit_line SET side_hash = 'é' WHERE id = 3": (3, Break.CHANGED),
    "UPDATE audit_side SET words = 'x' WHERE line_id = 3": (3, Break.SIDE_CHANGED),
    "UPDATE audit_side SET words = '[1]' WHERE line_id = 3": (3, Break.SIDE_CHANGED),
    """UPDATE audit_side SET words = '{"a":1}' WHERE line_id = 3""": (3, Break.SIDE_CHANGED),
    "UPDATE audit_side SET search_key = 'x' WHERE line_id = 3": (3, Break.SIDE_CHANGED),
    f"INSERT INTO audit_line ({COLUMNS}) SELECT {COPIED} FROM audit_line WHERE id = 5": (6, Break.NOT_IN_HEAD),
    "UPDATE audit_head SET number = 3, hash = (SELECT hash FROM audit_line WHERE id = 3)": (4, Break.NOT_IN_HEAD),
    "DELETE FROM audit_head": (1, Break.NOT_IN_HEAD),
}


@pytest.fixture(autouse=True)
async def opened(db: Any) -> None:
    await keys.open_keys(SECRET)


@pytest.mark.parametrize(("statement", "named"), TAMPERINGS.items())
async def test_whatever_is_written_there_is_named(db: Any, statement: str, named: tuple[int, Break]) -> None:
    await write(5)
    await unguard(db)
    await db.execute_query(statement)
    verdict = await audit.verify()
    assert (verdict.broken_line, verdict.why) == named


async def test_who_may_not_ask_for_approval_leaves_a_line(db: Any) -> None:
    approvals.register(Kind("refused_here", Act.MANAGE_SCHOOL, Act.MANAGE_SCHOOL, _nothing))
    account = await Account.create(identifier="simon.julie")
    with pytest.raises(NotAllowed):
        await approvals.ask("refused_here", account.id, "school:1", {})
    assert await AuditLine.filter(account_id=account.id, kind="refusal").count() == 1


@pytest.fixture(autouse=True)
def own_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(approvals, "_kinds", {})


async def _nothing(_connection: Any, _approval: Approval) -> None: ...
