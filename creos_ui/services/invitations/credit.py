"""Credit: what comes into a wallet, and pays at once what its owner wished to be paid as soon as credit arrives."""

from __future__ import annotations

from typing import Any

from tortoise.exceptions import IntegrityError

from creos_ui.database.transactions import atomic
from creos_ui.services.invitations import automatic
from creos_ui.services.money import ledger
from models import Transfer


async def top_up(guardian_id: int, amount_cents: int, *, key: str, actor: str) -> Transfer:
    """Credit a guardian's wallet from the bank with integer euro cents, and pay the wishes that this made due, all in
    one transaction (K5).

    The same key again returns the first transfer, also after NotKnown. Raises KeyReused where it stands for another
    credit.
    """

    async def work(connection: Any) -> Transfer:
        await ledger.lock_wallet(connection, guardian_id)
        credit = await ledger.credit(connection, guardian_id, amount_cents, key=key, actor=actor)
        await automatic.pay_wished(connection, guardian_id)
        return credit

    try:
        return await atomic(work, queue=ledger.queue_of(guardian_id))
    except IntegrityError:
        done = await ledger.credited(guardian_id, amount_cents, key=key)
        if done is None:
            raise
        return done
