"""The rules of answering an invitation: who, until when, at which price. Money itself moves in ledger.py.

Rules (the official portal's; K8, K9): only the debtor answers; a mandatory activity can only be paid, never declined;
an optional one enrols the child only when paid; a mandatory one keeps the child enrolled whether paid or not: nobody is
excluded for money (Code de l'enseignement, gratuité). Past its due date an invitation can still be answered: a
mandatory one for ever, an optional one until its activity is closed or begins. Until then a parent may change their
mind: pay what they declined, and decline what they paid, with the credit back at once. still_open.py holds these
questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from tortoise.expressions import Q

from creos_ui import clock, live
from creos_ui.database.transactions import atomic, rows
from creos_ui.errors import AlreadyAnswered, NothingSelected
from creos_ui.services import outbox
from creos_ui.services.invitations import automatic, claiming
from creos_ui.services.money import ledger
from creos_ui.services.money.ledger import Agreed
from models import InvitationStatus, Pupil, Transfer

MOST_AT_ONCE = 50  # invitations in one payment
# one statement: the wish ends with the price it was for, and the debtor whose pages look again comes back with it
_SET_AMOUNT = """
    UPDATE invitation SET amount_cents = $1, pay_when_credit = (pay_when_credit AND amount_cents = $1)
    WHERE id = $2 AND status = 'open' RETURNING debtor_id
"""


async def pay_invitations(
    agreed: Sequence[Agreed], *, debtor_id: int, key: str, actor: str, today: date | None = None
) -> list[Transfer]:
    """Pay one or several invitations, open or declined, from the debtor's wallet: all of them or none.

    Each child is then enrolled. `key` was made when the dialog opened; the same key again returns the first
    transfers (R40).
    Raises NothingSelected, InvitationNotFound, AnsweringClosed, AlreadyAnswered, PriceChanged, NotEnoughCredit,
    KeyReused or NotRecorded; nothing is taken then. NotKnown where that cannot be told.
    """
    wanted = sorted(set(agreed))
    if not 0 < len(wanted) <= MOST_AT_ONCE or len({one.invitation_id for one in wanted}) != len(wanted):
        raise NothingSelected
    for one in wanted:
        claiming.check_numbers(one)
    day = today or clock.today()

    async def work(connection: Any) -> list[Transfer]:
        # each locks the wallet first; by ascending id, as everybody claims them: two selections never block each other
        claimed = [
            await claiming.claim_payment(connection, one, debtor_id=debtor_id, actor=actor, day=day) for one in wanted
        ]
        paid = [
            await ledger.pay(connection, claim, key=ledger.line_key(key, position), actor=actor)
            for position, claim in enumerate(claimed)
        ]
        await outbox.receipt(connection, debtor_id, claimed)
        return paid

    return await ledger.once(key, wanted, work, payer_id=debtor_id)


async def decline_invitation(
    invitation_id: int, *, debtor_id: int, answer_no: int, actor: str, today: date | None = None
) -> None:
    """Decline an optional activity: the child is not enrolled, and what was paid for it is credited at once (K12).

    `answer_no` is the number of the answer the parent was looking at (0: none yet): a repeated click finds its own
    answer and changes nothing. Raises InvitationNotFound, MandatoryCannotBeDeclined, AnsweringClosed or
    AlreadyAnswered.
    """
    claiming.check_numbers(Agreed(invitation_id, 1, answer_no))
    day = today or clock.today()

    async def work(connection: Any) -> None:
        await ledger.lock_wallet(connection, debtor_id)
        claimed = await claiming.claim_decline(
            connection, invitation_id, debtor_id=debtor_id, answer_no=answer_no, actor=actor, day=day
        )
        if claimed is None:  # a repeated click
            return
        live.announce([debtor_id])
        await ledger.refund(connection, claimed, actor=actor)
        # what came back is credit like any other, and what was declined stands in no other's way
        await automatic.pay_wished(connection, debtor_id, day)

    await atomic(work, queue=ledger.queue_of(debtor_id))


async def participants(activity_id: int) -> list[Pupil]:
    """The pupils on the activity's list: all invited ones when it is mandatory, else those it is paid for."""
    return (
        await Pupil.filter(invitations__activity_id=activity_id)
        .filter(Q(invitations__activity__mandatory=True) | Q(invitations__status=InvitationStatus.PAID))
        .distinct()
        .order_by("name_key", "id")
    )


async def set_amount(invitation_id: int, amount_cents: int) -> None:
    """The school changes the price of an invitation that is still open; an answered one keeps its price (K11).

    A wish to pay it automatically was for the former price, and ends. Raises AlreadyAnswered. A page where its
    confirmation is open is asked to look again (R42).
    """

    async def work(connection: Any) -> None:
        changed = await rows(connection, _SET_AMOUNT, amount_cents, invitation_id)
        if not changed:
            raise AlreadyAnswered
        live.announce([int(changed[0]["debtor_id"])])

    await atomic(work)
