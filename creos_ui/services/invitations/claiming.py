"""The only writer of an answer, as the ledger is of a transfer.

A claim is one conditional statement (R44): the answer changed is the one that was seen, at the price that was seen,
while it may still be changed. `answer_no` makes that safe, because the status only changes together with it. Whoever
claims has locked the debtor's wallet before, and claims several invitations by ascending id (K4); an answer of the
former system moves no wallet, and only locks its invitations.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from creos_ui import clock
from creos_ui.database import values
from creos_ui.database.transactions import rows
from creos_ui.errors import (
    AlreadyAnswered,
    AnsweringClosed,
    DomainError,
    InvitationNotFound,
    MandatoryCannotBeDeclined,
    PriceChanged,
)
from creos_ui.services.invitations import still_open
from creos_ui.services.invitations.still_open import terms_of
from creos_ui.services.money.ledger import AUTOMATIC, Agreed, Claimed
from models import InvitationStatus

# one statement, and the number of changed rows decides: read first and write then, and two of them would answer
_ANSWER = """
    UPDATE invitation AS i SET status = $1, answer_no = i.answer_no + 1, answered_at = $2, answered_by = $3,
        automatic = $4, pay_when_credit = (i.pay_when_credit AND $5)
    WHERE i.id = $6 AND i.answer_no = $7 AND {seen} AND EXISTS (
        SELECT 1 FROM activity a WHERE a.id = i.activity_id AND {allowed})
    RETURNING id AS invitation_id, debtor_id, amount_cents, answer_no
"""
_PAY = _ANSWER.format(seen="i.amount_cents = $8 AND i.debtor_id = $9", allowed=still_open.may_pay_sql("$10"))
# the hot path: the wallet is locked by the claim itself, before PostgreSQL comes to lock the row it updates
_LOCK_AND_PAY = _PAY.replace(
    "AND EXISTS (",
    "AND EXISTS (SELECT 1 FROM ledger_account WHERE guardian_id = $9 FOR NO KEY UPDATE) AND EXISTS (",
)
_PAY_WISHED = _ANSWER.format(
    seen="i.amount_cents = $8 AND i.debtor_id = $9", allowed=still_open.awaits_credit_sql("$10", "$11")
)
_DECLINE = _ANSWER.format(seen="i.debtor_id = $8", allowed=still_open.may_be_declined_sql("$9"))
_BRING_OVER = _ANSWER.format(seen="i.amount_cents = $8", allowed="i.status = 'open'")
# of a refused claim only: the columns of three tables at once, with no object of any
_STATE = f"""
    SELECT i.answer_no, i.answered_by, i.amount_cents, {still_open.TERMS} FROM invitation i
    JOIN activity a ON a.id = i.activity_id JOIN guardian g ON g.id = i.debtor_id WHERE i.id = $1 AND i.debtor_id = $2
"""  # noqa: S608 - fixed parts
_LOCK = "SELECT id FROM invitation WHERE id IN ({ids}) ORDER BY id FOR NO KEY UPDATE"


async def claim_payment(connection: Any, agreed: Agreed, *, debtor_id: int, actor: str, day: date) -> Claimed:
    """Open or declined -> paid, by its debtor, as they saw it. It locks the debtor's wallet too.

    Raises InvitationNotFound, AnsweringClosed, AlreadyAnswered or PriceChanged.
    """
    invitation_id, cents, seen = agreed
    written = _Answer(InvitationStatus.PAID, actor)
    statement = _LOCK_AND_PAY if connection.capabilities.dialect == "postgres" else _PAY
    if claimed := await _claim(connection, statement, written, invitation_id, seen, cents, debtor_id, day):
        return claimed
    state = await state_of(connection, invitation_id, debtor_id)
    if state["status"] == InvitationStatus.OPEN and state["amount_cents"] != cents:
        raise PriceChanged(amount_cents=state["amount_cents"])
    raise _why_not(state, seen, written.status, may=still_open.may_pay(terms_of(state), day))


async def claim_wish(connection: Any, agreed: Agreed, *, debtor_id: int, day: date) -> Claimed | None:
    """Open -> paid, because its debtor wished it; None where that is no longer so."""
    invitation_id, cents, seen = agreed
    written, since = _Answer(InvitationStatus.PAID, AUTOMATIC, automatic=True), still_open.since(day)
    return await _claim(connection, _PAY_WISHED, written, invitation_id, seen, cents, debtor_id, day, since)


async def claim_decline(
    connection: Any, invitation_id: int, *, debtor_id: int, answer_no: int, actor: str, day: date
) -> Claimed | None:
    """Open or paid -> declined, by its debtor, who saw the answer of this number; None where they just did that.

    Raises InvitationNotFound, MandatoryCannotBeDeclined, AnsweringClosed or AlreadyAnswered.
    """
    written = _Answer(InvitationStatus.DECLINED, actor)
    if claimed := await _claim(connection, _DECLINE, written, invitation_id, answer_no, debtor_id, day):
        return claimed
    state = await state_of(connection, invitation_id, debtor_id)
    if (state["status"], state["answer_no"], state["answered_by"]) == (written.status, answer_no + 1, actor):
        return None
    if state["mandatory"]:
        raise MandatoryCannotBeDeclined
    may = still_open.may_be_declined(terms_of(state), day)
    raise _why_not(state, answer_no, written.status, may=may)


async def claim_former_answer(
    connection: Any, agreed: Agreed, status: InvitationStatus, *, at: datetime, actor: str, automatic: bool
) -> Claimed | None:
    """Open -> paid or declined, as it was answered in the former system `at` that instant; None where it is no longer
    open at this price."""
    invitation_id, cents, seen = agreed
    written = _Answer(status, actor, automatic, at)
    return await _claim(connection, _BRING_OVER, written, invitation_id, seen, cents)


async def lock(connection: Any, invitation_ids: list[int]) -> None:
    """Where one transaction changes invitations in another order than their ids': lock them all first, in it (K4)."""
    if invitation_ids and connection.capabilities.dialect == "postgres":  # SQLite has one writer at a time
        await rows(connection, _LOCK.format(ids=", ".join(str(int(one)) for one in sorted(invitation_ids))))


def check_numbers(agreed: Agreed) -> None:
    """Numbers no column can hold name nothing. Raises InvitationNotFound."""
    if not (0 < agreed.invitation_id <= values.LARGEST_ID and 0 < agreed.amount_cents <= values.LARGEST_ID):
        raise InvitationNotFound
    if not 0 <= agreed.answer_no < values.LARGEST_ID:
        raise InvitationNotFound


@dataclass(frozen=True)
class _Answer:
    """What is written; `at` None: now."""

    status: InvitationStatus
    actor: str
    automatic: bool = False
    at: datetime | None = None


async def _claim(
    connection: Any, statement: str, answer: _Answer, invitation_id: int, seen: int, *more: Any
) -> Claimed | None:
    wish_stays = answer.status == InvitationStatus.PAID
    written = (answer.status.value, answer.at or clock.now(), answer.actor, answer.automatic, wish_stays)
    found = await rows(connection, statement, *written, invitation_id, seen, *more)
    return Claimed(**found[0]) if found else None


async def state_of(connection: Any, invitation_id: int, debtor_id: int) -> dict[str, Any]:
    """An invitation of this debtor as it is now, with the columns of its terms. Raises InvitationNotFound."""
    found = await rows(connection, _STATE, invitation_id, debtor_id)
    if not found:
        raise InvitationNotFound
    return found[0]


def _why_not(state: dict[str, Any], seen: int, wanted: InvitationStatus, *, may: bool) -> DomainError:
    """Why the answer `wanted` is refused to who saw the answer number `seen`."""
    if state["answer_no"] != seen or state["status"] == wanted or may:  # may: it changed between the two statements
        return AlreadyAnswered()
    return AnsweringClosed()
