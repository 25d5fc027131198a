"""The rules of answering an invitation: who, until when, at which price. Money itself moves in ledger.py.

Rules (the official portal's): only the debtor answers; a mandatory activity can only be paid, never declined; an
optional one enrols the child only when paid; a mandatory one keeps the child enrolled whether paid or not, nobody
is excluded for money (Code de l'enseignement; notes on gratuité); past its due date an invitation can still be
answered until the activity is closed. Until then a parent may change their mind: pay what they declined, and decline
an optional activity they paid, with the credit back at once. Where the school set no closing date, money comes back
until the day the activity begins: what a child has taken part in is not undone by a click.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tortoise.expressions import Q

from creos_ui import clock, live
from creos_ui.database.transactions import atomic, rows
from creos_ui.errors import (
    AlreadyAnswered,
    AnsweringClosed,
    DomainError,
    InvitationNotFound,
    MandatoryCannotBeDeclined,
    NothingSelected,
    PriceChanged,
)
from creos_ui.services import outbox
from creos_ui.services.invitations import automatic
from creos_ui.services.money import ledger
from models import InvitationStatus, Pupil, Transfer

MOST_AT_ONCE = 50  # invitations in one payment
_LARGEST_ID = 2**31 - 1

# answer_no makes a claim safe: the status only changes together with it, so the answer changed is the one that was seen
_CLAIM = """
    UPDATE invitation SET status = 'paid', answer_no = answer_no + 1, answered_at = $1, answered_by = $2, automatic = $3
    WHERE id = $4 AND debtor_id = $5 AND status IN ('open', 'declined') AND answer_no = $6 AND amount_cents = $7
      AND EXISTS (SELECT 1 FROM activity a WHERE a.id = activity_id AND (a.closes_on IS NULL OR a.closes_on >= $8))
    RETURNING id, debtor_id, amount_cents, answer_no
"""
_DECLINE = """
    UPDATE invitation SET status = 'declined', answer_no = answer_no + 1, answered_at = $1, answered_by = $2,
        automatic = $3, pay_when_credit = $3
    WHERE id = $4 AND debtor_id = $5 AND status IN ('open', 'paid') AND answer_no = $6
      AND EXISTS (SELECT 1 FROM activity a WHERE a.id = activity_id AND NOT a.mandatory
                  AND (a.closes_on >= $7 OR a.closes_on IS NULL AND (status = 'open' OR a.starts_on >= $7)))
    RETURNING id, debtor_id, amount_cents, answer_no
"""
_SET_AMOUNT = """
    UPDATE invitation SET amount_cents = $1, pay_when_credit = (pay_when_credit AND amount_cents = $1)
    WHERE id = $2 AND status = 'open' RETURNING debtor_id
"""
_STATE = """
    SELECT i.status, i.answer_no, i.answered_by, i.amount_cents, a.mandatory, a.closes_on, a.starts_on
    FROM invitation i JOIN activity a ON a.id = i.activity_id WHERE i.id = $1 AND i.debtor_id = $2
"""


@dataclass(frozen=True, order=True)
class Agreed:
    """One invitation, the price in integer euro cents that the parent saw and said yes to, and the number of the
    answer they saw it with (0: none yet)."""

    invitation_id: int
    amount_cents: int
    answer_no: int = 0


async def pay_invitations(
    agreed: Sequence[Agreed], *, debtor_id: int, key: str, actor: str, today: date | None = None
) -> list[Transfer]:
    """Pay one or several invitations, open or declined, from the debtor's wallet: all of them or none.

    Each child is then enrolled. `key` was made when the dialog opened; the same key again returns the first
    transfers (R40).
    Raises NothingSelected, InvitationNotFound, AnsweringClosed, AlreadyAnswered, PriceChanged, NotEnoughCredit,
    KeyReused or NotRecorded; nothing is taken then.
    """
    lines = sorted(set(agreed))
    _check(lines)
    day = today or clock.today()

    async def work(connection: Any) -> list[Transfer]:
        await ledger.lock_wallet(connection, debtor_id)
        # by ascending id, as everybody claims them: two selections never lock each other out
        claimed = [await _claim(connection, line, debtor_id=debtor_id, actor=actor, day=day) for line in lines]
        paid = [
            await ledger.pay(connection, claim, key=ledger.line_key(key, position), actor=actor)
            for position, claim in enumerate(claimed)
        ]
        await outbox.receipt(connection, debtor_id, [(claim.invitation_id, claim.amount_cents) for claim in claimed])
        return paid

    return await ledger.once(key, [_line(line) for line in lines], work)


async def decline_invitation(
    invitation_id: int, *, debtor_id: int, answer_no: int, actor: str, today: date | None = None
) -> None:
    """Decline an optional activity: the child is not enrolled, and what was paid for it is credited at once.

    `answer_no` is the number of the answer the parent was looking at (0: none yet): a repeated click finds its own
    answer and changes nothing. Raises InvitationNotFound, MandatoryCannotBeDeclined, AnsweringClosed or
    AlreadyAnswered.
    """
    if not 0 < invitation_id <= _LARGEST_ID or not 0 <= answer_no <= _LARGEST_ID:
        raise InvitationNotFound
    day = today or clock.today()

    async def work(connection: Any) -> None:
        await ledger.lock_wallet(connection, debtor_id)
        values = (clock.now(), actor, False, invitation_id, debtor_id, answer_no, day)
        if found := await rows(connection, _DECLINE, *values):
            live.announce([debtor_id])
            await ledger.refund(connection, _claimed(found[0]), actor=actor)
            # what came back is credit like any other, and what was declined stands in no other's way
            await automatic.pay_wished(connection, debtor_id, day)
            return
        state = await _state(connection, invitation_id, debtor_id)
        own = (InvitationStatus.DECLINED, answer_no + 1, actor)
        if (state["status"], state["answer_no"], state["answered_by"]) == own:
            return
        if state["mandatory"]:
            raise MandatoryCannotBeDeclined
        raise _why_not(state, day, answer_no, InvitationStatus.DECLINED)

    await atomic(work)


async def participants(activity_id: int) -> list[Pupil]:
    """The pupils on the activity's list: all invited ones when it is mandatory, else those it is paid for."""
    return (
        await Pupil.filter(invitations__activity_id=activity_id)
        .filter(Q(invitations__activity__mandatory=True) | Q(invitations__status=InvitationStatus.PAID))
        .distinct()
        .order_by("name_key", "id")
    )


async def set_amount(invitation_id: int, amount_cents: int) -> None:
    """The school changes the price of an invitation that is still open; an answered one keeps its price.

    A wish to pay it automatically was for the former price, and ends. Raises AlreadyAnswered. Whoever has the
    confirmation open is told to look again (R42).
    """

    async def work(connection: Any) -> None:
        changed = await rows(connection, _SET_AMOUNT, amount_cents, invitation_id)
        if not changed:
            raise AlreadyAnswered
        live.announce([int(changed[0]["debtor_id"])])

    await atomic(work)


async def _claim(connection: Any, line: Agreed, *, debtor_id: int, actor: str, day: date) -> ledger.Claimed:
    """Mark one invitation paid, if it is theirs, as they saw it, at the agreed price and still taking answers."""
    found = await rows(
        connection,
        _CLAIM,
        clock.now(),
        actor,
        False,
        line.invitation_id,
        debtor_id,
        line.answer_no,
        line.amount_cents,
        day,
    )
    if found:
        return _claimed(found[0])
    state = await _state(connection, line.invitation_id, debtor_id)
    if state["status"] == InvitationStatus.OPEN and state["amount_cents"] != line.amount_cents:
        raise PriceChanged(amount_cents=state["amount_cents"])
    raise _why_not(state, day, line.answer_no, InvitationStatus.PAID)


async def _state(connection: Any, invitation_id: int, debtor_id: int) -> dict[str, Any]:
    found = await rows(connection, _STATE, invitation_id, debtor_id)
    if not found:
        raise InvitationNotFound
    return found[0]


def _why_not(state: dict[str, Any], day: date, seen: int, wanted: InvitationStatus) -> DomainError:
    """Why the answer `wanted` is refused to who saw the answer number `seen`."""
    if state["answer_no"] != seen or state["status"] == wanted:
        return AlreadyAnswered()
    closes_on = state["closes_on"]
    if closes_on is None and state["status"] == InvitationStatus.PAID:
        closes_on = state["starts_on"]
    if closes_on is not None and date.fromisoformat(str(closes_on)) < day:
        return AnsweringClosed()
    return AlreadyAnswered()  # changed hands between the two statements: look again


def _line(agreed: Agreed) -> ledger.Line:
    return ledger.Line(agreed.invitation_id, agreed.amount_cents, agreed.answer_no + 1)


def _claimed(row: dict[str, Any]) -> ledger.Claimed:
    return ledger.Claimed(*(int(value) for value in row.values()))


def _check(lines: Sequence[Agreed]) -> None:
    if not 0 < len(lines) <= MOST_AT_ONCE or len({line.invitation_id for line in lines}) != len(lines):
        raise NothingSelected
    for line in lines:
        if not 0 < line.invitation_id <= _LARGEST_ID or not 0 < line.amount_cents <= _LARGEST_ID:
            raise InvitationNotFound
        if not 0 <= line.answer_no < _LARGEST_ID:
            raise InvitationNotFound
