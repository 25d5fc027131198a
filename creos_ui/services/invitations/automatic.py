"""Automatic payment: what a debtor wished to be paid without another click, as soon as the wallet allows it.

The rule: strictly the oldest due date first (then the oldest invitation), and the first one that does not fit ends it,
even where a later one is cheaper. So the wallet pays the same invitations however its credit was split and in
whichever order it arrived: always the longest row of the oldest ones that all of it together can pay. What is paid
stays paid: an invitation published afterwards waits its turn, even if it is due earlier.

Each invitation is paid in one transaction of its own, under a key that names it and its answer: two fulfilments at
once, or one that is repeated after a crash, pay once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date
from typing import Any

from tortoise.exceptions import IntegrityError, OperationalError

from creos_ui import clock, live
from creos_ui.database.transactions import atomic, default_connection, execute, rows
from creos_ui.errors import AlreadyAnswered, AnsweringClosed, InvitationNotFound, PriceChanged
from creos_ui.services import outbox
from creos_ui.services.money import ledger
from models import Transfer

ACTOR = "automatic"
_LARGEST_ID = 2**31 - 1
log = logging.getLogger("creos_ui")

# what the debtor wished, of what can still be answered
_WISHED = """
    i.status = 'open' AND (a.closes_on IS NULL OR a.closes_on >= $1)
    AND (i.pay_when_credit OR (a.mandatory AND g.pays_mandatory))
"""
_FROM = "FROM invitation i JOIN activity a ON a.id = i.activity_id JOIN guardian g ON g.id = i.debtor_id"
_NEXT = f"""
    SELECT i.id, i.amount_cents, i.answer_no, w.balance_cents {_FROM} JOIN ledger_account w ON w.guardian_id = g.id
    WHERE i.debtor_id = $2 AND {_WISHED} ORDER BY a.due_on, i.id LIMIT 1
"""
_WHO = f"SELECT DISTINCT i.debtor_id AS id {_FROM} WHERE {_WISHED} ORDER BY i.debtor_id"
_CLAIM = """
    UPDATE invitation SET status = 'paid', answer_no = answer_no + 1, answered_at = $1, answered_by = $2, automatic = $3
    WHERE id = $4 AND debtor_id = $5 AND status = 'open' AND answer_no = $6 AND amount_cents = $7
      AND EXISTS (SELECT 1 FROM activity a JOIN guardian g ON g.id = debtor_id WHERE a.id = activity_id
                  AND (a.closes_on IS NULL OR a.closes_on >= $8)
                  AND (pay_when_credit OR (a.mandatory AND g.pays_mandatory)))
    RETURNING id, debtor_id, amount_cents, answer_no
"""
_WISH = """
    UPDATE invitation SET pay_when_credit = $1
    WHERE id = $2 AND debtor_id = $3 AND status = 'open' AND amount_cents = $4
"""
_STATE = """
    SELECT i.amount_cents, a.closes_on FROM invitation i JOIN activity a ON a.id = i.activity_id
    WHERE i.id = $1 AND i.debtor_id = $2
"""


async def fulfil(guardian_id: int, today: date | None = None) -> list[Transfer]:
    """Pay what this debtor wished, the oldest due date first, until one does not fit; returns what it paid.

    Never raises for a database that fails: whatever called it (a credit, a list) is already done and stays done.
    """
    paid: list[Transfer] = []
    day = today or clock.today()
    try:
        while found := await rows(default_connection(), _NEXT, day, guardian_id):
            wished = found[0]
            if int(wished["amount_cents"]) > int(wished["balance_cents"]):
                break
            paid += await _pay(guardian_id, wished, day)
    except (OperationalError, OSError) as exc:
        log.error("automatic payment put off to the next credit: %s", type(exc).__name__)
    except IntegrityError as exc:  # the balance went elsewhere between the look and the payment
        if ledger.BALANCE_CHECK not in str(exc):
            raise
    return paid


async def fulfil_all(today: date | None = None) -> list[Transfer]:
    """Fulfil the wishes of every debtor who has any: after invitations are published, or prices change."""
    debtors = await rows(default_connection(), _WHO, today or clock.today())
    return [transfer for debtor in debtors for transfer in await fulfil(int(debtor["id"]), today)]


async def set_pays_mandatory(guardian_id: int, on: bool) -> list[Transfer]:
    """The debtor's wish for all mandatory activities, now and to come; returns what turning it on has paid."""

    async def work(connection: Any) -> None:
        await execute(connection, "UPDATE guardian SET pays_mandatory = $1 WHERE id = $2", on, guardian_id)
        live.announce([guardian_id])

    await atomic(work)
    return await fulfil(guardian_id) if on else []


async def wish(invitation_id: int, debtor_id: int, on: bool, *, agreed_cents: int | None = None) -> list[Transfer]:
    """The debtor's wish for one open invitation, at the price they saw; returns what turning it on has paid.

    Raises InvitationNotFound, AlreadyAnswered, and where it is turned on AnsweringClosed or PriceChanged.
    """
    return await wish_all([(invitation_id, agreed_cents)], debtor_id, on)


async def wish_all(lines: Sequence[tuple[int, int | None]], debtor_id: int, on: bool) -> list[Transfer]:
    """The same wish for several (invitation id, price seen in cents or None): all of them or none, then fulfilled.

    Together, and not one after the other: which of them is due first decides, not which was ticked first.
    """
    day = clock.today()

    async def work(connection: Any) -> None:
        for invitation_id, agreed_cents in sorted(dict(lines).items()):
            if not 0 < invitation_id <= _LARGEST_ID:
                raise InvitationNotFound
            found = await rows(connection, _STATE, invitation_id, debtor_id)
            if not found:
                raise InvitationNotFound
            amount_cents, closes_on = int(found[0]["amount_cents"]), found[0]["closes_on"]
            if on and closes_on is not None and date.fromisoformat(str(closes_on)) < day:
                raise AnsweringClosed
            if on and agreed_cents not in (None, amount_cents):
                raise PriceChanged(amount_cents=amount_cents)
            if not await execute(connection, _WISH, on, invitation_id, debtor_id, amount_cents):
                raise AlreadyAnswered

        live.announce([debtor_id])

    await atomic(work)
    return await fulfil(debtor_id) if on else []


async def _pay(guardian_id: int, wished: dict[str, Any], day: date) -> list[Transfer]:
    """Claim and pay one, if it is still as it was read; [] where somebody else was first."""
    number = int(wished["answer_no"])
    key = f"{ACTOR}-{int(wished['id']):010d}-{number + 1}"

    async def work(connection: Any) -> bool:
        values = (clock.now(), ACTOR, True, wished["id"], guardian_id, number, wished["amount_cents"], day)
        found = await rows(connection, _CLAIM, *values)
        if found:
            claimed = ledger.Claimed(*(int(value) for value in found[0].values()))
            await ledger.pay(connection, claimed, key=key, actor=ACTOR)
            lines = [(claimed.invitation_id, claimed.amount_cents)]
            await outbox.receipt(connection, guardian_id, lines, automatic=True)
        return bool(found)

    return await Transfer.filter(key=key) if await atomic(work) else []
