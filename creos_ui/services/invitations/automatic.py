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

from creos_ui import clock, live
from creos_ui.database.transactions import atomic, default_connection, rows
from creos_ui.errors import AlreadyAnswered, AnsweringClosed, PriceChanged
from creos_ui.services import outbox
from creos_ui.services.invitations import claiming, still_open
from creos_ui.services.invitations.still_open import terms_of
from creos_ui.services.money import ledger
from creos_ui.services.money.ledger import AUTOMATIC, Agreed, Claimed
from models import Guardian, Invitation, InvitationStatus, Transfer

log = logging.getLogger("creos_ui")

_WISHED = f"""
    FROM invitation i JOIN activity a ON a.id = i.activity_id
    WHERE i.debtor_id = $3 AND {still_open.awaits_credit_sql("$1", "$2")}
"""
# nobody changes a price or an answer under the sum that follows. What somebody else holds, such as a list being brought
# over, is not waited for: no credit waits for a list, and nothing is locked in another order than by id (K4)
_LOCK = f"SELECT i.id {_WISHED} ORDER BY i.id FOR NO KEY UPDATE OF i SKIP LOCKED"
# a window: the oldest ones that the wallet can pay together
_AFFORDABLE = f"""
    SELECT w.invitation_id, w.amount_cents, w.answer_no FROM (
        SELECT i.id AS invitation_id, i.amount_cents, i.answer_no,
            sum(i.amount_cents) OVER (ORDER BY a.due_on, i.id) AS total_cents {_WISHED}) w
    WHERE w.total_cents <= (SELECT balance_cents FROM ledger_account WHERE guardian_id = $3) ORDER BY w.total_cents
"""  # noqa: S608 - fixed parts
_WHO = f"""
    SELECT DISTINCT i.debtor_id AS id FROM invitation i JOIN activity a ON a.id = i.activity_id
    WHERE {still_open.awaits_credit_sql("$1", "$2")} ORDER BY i.debtor_id
"""  # noqa: S608


async def pay_wished(connection: Any, guardian_id: int, day: date | None = None) -> list[Transfer]:
    """Pay what this debtor wished, the oldest due date first, until one does not fit; returns what it paid.

    One that somebody else is changing at this moment ends it as well: whoever publishes or changes prices fulfils
    wishes afterwards. Inside the caller's transaction, whose first statement locked the wallet.
    """
    day = day or clock.today()
    asked = day, still_open.since(day), guardian_id
    postgres = connection.capabilities.dialect == "postgres"  # SQLite has one writer at a time
    ours = {row["id"] for row in await rows(connection, _LOCK, *asked)} if postgres else None
    claimed: list[Claimed] = []
    paid: list[Transfer] = []
    for wished in await rows(connection, _AFFORDABLE, *asked):
        agreed = Agreed(**wished)
        if ours is not None and agreed.invitation_id not in ours:
            break
        claim = await claiming.claim_wish(connection, agreed, debtor_id=guardian_id, day=day)
        if claim is None:  # its activity has closed a moment ago
            break
        claimed.append(claim)
        key = f"{AUTOMATIC}-{claim.invitation_id:010d}-{claim.answer_no}"
        paid.append(await ledger.pay(connection, claim, key=key, actor=AUTOMATIC))
    if claimed:
        await outbox.receipt(connection, guardian_id, claimed, automatic=True)
    return paid


async def fulfil(guardian_id: int, today: date | None = None) -> list[Transfer]:
    """Pay what this debtor wished, in a transaction of its own: where nothing of theirs is changing already."""

    async def work(connection: Any) -> list[Transfer]:
        await ledger.lock_wallet(connection, guardian_id)
        return await pay_wished(connection, guardian_id, today)

    return await atomic(work, queue=ledger.queue_of(guardian_id))


async def fulfil_all(today: date | None = None) -> list[Transfer]:
    """Fulfil the wishes of every debtor who has any, one after the other: after invitations are published, or prices
    change. Never raises: what was published is done, and stays done. What fails for one of them is logged and holds up
    no other."""
    day = today or clock.today()
    try:
        debtors = await rows(default_connection(), _WHO, day, still_open.since(day))
    except Exception:
        log.exception("automatic payments put off to the next credit")
        return []
    paid: list[Transfer] = []
    for debtor in debtors:
        try:
            paid += await fulfil(int(debtor["id"]), today)
        except Exception:
            log.exception("automatic payment of guardian %s put off to the next credit", debtor["id"])
    return paid


async def set_pays_mandatory(guardian_id: int, on: bool) -> list[Transfer]:
    """The debtor's wish for all mandatory activities, now and to come; returns what turning it on has paid."""

    async def work(connection: Any) -> list[Transfer]:
        await ledger.lock_wallet(connection, guardian_id)
        await Guardian.filter(id=guardian_id).using_db(connection).update(pays_mandatory=on)
        live.announce([guardian_id])
        return await pay_wished(connection, guardian_id) if on else []

    return await atomic(work, queue=ledger.queue_of(guardian_id))


async def wish_all(agreed: Sequence[Agreed], debtor_id: int, on: bool) -> list[Transfer]:
    """The debtor's wish for open invitations, as they saw them: all of them or none; returns what turning it on paid.

    Together, and not one after the other: which of them is due first decides, not which was ticked first.
    Raises InvitationNotFound, AlreadyAnswered, and where it is turned on AnsweringClosed or PriceChanged.
    """
    day = clock.today()
    for one in agreed:
        claiming.check_numbers(one)

    async def work(connection: Any) -> list[Transfer]:
        await ledger.lock_wallet(connection, debtor_id)
        for one in sorted(set(agreed)):
            await _wish(connection, one, debtor_id, on, day)
        live.announce([debtor_id])
        return await pay_wished(connection, debtor_id, day) if on else []

    return await atomic(work, queue=ledger.queue_of(debtor_id))


async def _wish(connection: Any, agreed: Agreed, debtor_id: int, on: bool, day: date) -> None:
    state = await claiming.state_of(connection, agreed.invitation_id, debtor_id)
    terms = terms_of(state)
    if terms.status != InvitationStatus.OPEN:
        raise AlreadyAnswered
    if on and not still_open.is_due(terms, day):
        raise AnsweringClosed
    if on and state["amount_cents"] != agreed.amount_cents:
        raise PriceChanged(amount_cents=state["amount_cents"])
    # the answer cannot change, its debtor's wallet is locked; the price can, and the wish is for this one
    price = {"amount_cents": agreed.amount_cents} if on else {}
    theirs = Invitation.filter(id=agreed.invitation_id, debtor_id=debtor_id, status=InvitationStatus.OPEN, **price)
    if not await theirs.using_db(connection).update(pay_when_credit=on):
        raise AlreadyAnswered
