"""Automatic payment: what a debtor wished to be paid without another click, as soon as the wallet allows it.

The rule: strictly the oldest due date first (then the oldest invitation), and the first one that does not fit ends it,
even where a later one is cheaper (K17). So the wallet pays the same invitations however its credit was split and in
whichever order it arrived: always the longest row of the oldest ones that all of it together can pay. What is paid
stays paid: an invitation published afterwards waits its turn, even if it is due earlier.

Wishes are paid in the transaction that made them due: of a credit, of an amount given back, of the wish itself. What
does not fit is left out by the query, never by an error, so it undoes nothing of what made it due.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date
from typing import Any

from tortoise.exceptions import OperationalError

from creos_ui import clock, live
from creos_ui.database.transactions import atomic, default_connection, execute, rows
from creos_ui.errors import AlreadyAnswered, AnsweringClosed, InvitationNotFound, PriceChanged
from creos_ui.services import outbox
from creos_ui.services.money import ledger
from models import Transfer

ACTOR = ledger.AUTOMATIC
_LARGEST_ID = 2**31 - 1
log = logging.getLogger("creos_ui")

# what the debtor wished, of what can still be answered
_WISHED = """
    i.status = 'open' AND (a.closes_on IS NULL OR a.closes_on >= $1)
    AND (i.pay_when_credit OR (a.mandatory AND g.pays_mandatory))
"""
_FROM = "FROM invitation i JOIN activity a ON a.id = i.activity_id JOIN guardian g ON g.id = i.debtor_id"
# nobody changes a price or an answer under the sum that follows; by ascending id, as everybody locks them (K4)
_LOCK = f"SELECT i.id {_FROM} WHERE i.debtor_id = $2 AND {_WISHED} ORDER BY i.id FOR NO KEY UPDATE OF i"
_AFFORDABLE = f"""
    SELECT w.id, w.amount_cents, w.answer_no FROM (
        SELECT i.id, i.amount_cents, i.answer_no, sum(i.amount_cents) OVER (ORDER BY a.due_on, i.id) AS total_cents
        {_FROM} WHERE i.debtor_id = $2 AND {_WISHED}) w
    WHERE w.total_cents <= (SELECT balance_cents FROM ledger_account WHERE guardian_id = $2) ORDER BY w.total_cents
"""  # noqa: S608 - fixed parts
_WHO = f"SELECT DISTINCT i.debtor_id AS id {_FROM} WHERE {_WISHED} ORDER BY i.debtor_id"
_CLAIM = """
    UPDATE invitation SET status = 'paid', answer_no = answer_no + 1, answered_at = $1, answered_by = $2, automatic = $3
    WHERE id = $4 AND debtor_id = $5 AND status = 'open' AND answer_no = $6 AND amount_cents = $7
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


async def pay_wished(connection: Any, guardian_id: int, day: date | None = None) -> list[Transfer]:
    """Pay what this debtor wished, the oldest due date first, until one does not fit; returns what it paid.

    Inside the caller's transaction, whose first statement locked the wallet.
    """
    day = day or clock.today()
    if connection.capabilities.dialect == "postgres":
        await rows(connection, _LOCK, day, guardian_id)
    paid: list[Transfer] = []
    for wished in await rows(connection, _AFFORDABLE, day, guardian_id):
        number = int(wished["answer_no"])
        values = (clock.now(), ACTOR, True, wished["id"], guardian_id, number, wished["amount_cents"])
        (claim,) = await rows(connection, _CLAIM, *values)
        claimed = ledger.Claimed(*(int(value) for value in claim.values()))
        key = f"{ACTOR}-{claimed.invitation_id:010d}-{claimed.answer_no}"
        paid.append(await ledger.pay(connection, claimed, key=key, actor=ACTOR))
    if paid:
        lines = [(int(one.invitation_id or 0), one.amount_cents) for one in paid]
        await outbox.receipt(connection, guardian_id, lines, automatic=True)
    return paid


async def fulfil(guardian_id: int, today: date | None = None) -> list[Transfer]:
    """Pay what this debtor wished, in a transaction of its own: where nothing of theirs is changing already."""

    async def work(connection: Any) -> list[Transfer]:
        await ledger.lock_wallet(connection, guardian_id)
        return await pay_wished(connection, guardian_id, today)

    return await atomic(work)


async def fulfil_all(today: date | None = None) -> list[Transfer]:
    """Fulfil the wishes of every debtor who has any, one after the other: after invitations are published, or prices
    change. Never raises for a database that fails: what was published is done, and stays done."""
    paid: list[Transfer] = []
    try:
        for debtor in await rows(default_connection(), _WHO, today or clock.today()):
            paid += await fulfil(int(debtor["id"]), today)
    except (OperationalError, OSError) as exc:
        log.error("automatic payment put off to the next credit: %s", type(exc).__name__)
    return paid


async def set_pays_mandatory(guardian_id: int, on: bool) -> list[Transfer]:
    """The debtor's wish for all mandatory activities, now and to come; returns what turning it on has paid."""

    async def work(connection: Any) -> list[Transfer]:
        await ledger.lock_wallet(connection, guardian_id)
        await execute(connection, "UPDATE guardian SET pays_mandatory = $1 WHERE id = $2", on, guardian_id)
        live.announce([guardian_id])
        return await pay_wished(connection, guardian_id) if on else []

    return await atomic(work)


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

    async def work(connection: Any) -> list[Transfer]:
        await ledger.lock_wallet(connection, debtor_id)
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
        return await pay_wished(connection, debtor_id, day) if on else []

    return await atomic(work)
