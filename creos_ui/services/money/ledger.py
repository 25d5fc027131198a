"""The only module that moves money (the only writer of Transfer).

A transfer is the double entry: one row, one amount, one source, one target, so postings always sum to zero. The
database does the rest (models/migrations/0002_guards.py): its trigger moves wallet balances, CHECK stops them at
zero, a payment must fit the answer it pays, and each row stays for ever. Undoing is another transfer.

Amounts are integer euro cents. Each intention has an idempotency key, made where it was formed (a refund's is made of
its invitation and answer): the same key again returns the first transfer, with other content it is KeyReused (R40,
R41).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from tortoise.exceptions import IntegrityError, OperationalError

from creos_ui import clock, live
from creos_ui.database.transactions import atomic, default_connection, execute, rows
from creos_ui.errors import DomainError, KeyReused, NotEnoughCredit, NotKnown, NotRecorded, NotSaved
from models import LedgerAccount, LedgerAccountKind, Transfer, TransferKind

ATTEMPTS = 3
AUTOMATIC = "automatic"  # the actor of a payment its debtor only wished for
BALANCE_CHECK = "ledger_account_balance"  # models/ledger.py names the CHECK
_PAYS = (TransferKind.PAYMENT, TransferKind.CARRIED_OVER)
KEY_LENGTH = 64  # the column holds 80: a selection adds .2, .3 ...

# fixed SQL: a payment is the hot path, one statement each, and the accounts are found inside it
_PAYMENT = """
    INSERT INTO transfer (key, kind, source_id, target_id, amount_cents, invitation_id, answer_no, actor, at)
    VALUES ($1, 'payment', (SELECT id FROM ledger_account WHERE guardian_id = $2),
            (SELECT id FROM ledger_account WHERE name = 'activities'), $3, $4, $5, $6, $7)
    RETURNING id, source_id, target_id
"""
_CARRIED_OVER = """
    INSERT INTO transfer (key, kind, source_id, target_id, amount_cents, invitation_id, answer_no, actor, at)
    VALUES ($1, 'carried_over', (SELECT id FROM ledger_account WHERE name = 'former_system'),
            (SELECT id FROM ledger_account WHERE name = 'activities'), $2, $3, $4, $5, $6)
"""
_REFUND = """
    INSERT INTO transfer (key, kind, source_id, target_id, amount_cents, invitation_id, answer_no, actor, at)
    VALUES ($1, 'refund', (SELECT id FROM ledger_account WHERE name = 'activities'),
            (SELECT id FROM ledger_account WHERE guardian_id = $2), $3, $4, $5, $6, $7)
"""


class Agreed(NamedTuple):
    """One invitation as its debtor saw it and agreed to it: its price in integer euro cents, and the number of the
    answer they saw (0: none yet). Its payment pays the answer after that."""

    invitation_id: int
    amount_cents: int
    answer_no: int = 0


class Claimed(NamedTuple):
    """An invitation whose answer has just changed to the number `answer_no`, inside the same transaction."""

    invitation_id: int
    debtor_id: int
    amount_cents: int
    answer_no: int


async def once(
    key: str, agreed: Sequence[Agreed], work: Callable[[Any], Awaitable[list[Transfer]]], *, payer_id: int
) -> list[Transfer]:
    """Do the payments `agreed` of one intention, from the wallet of one guardian: all in one transaction, and once.

    `work(connection)` claims, pays and returns the transfers, in order. Whatever refuses it, the key is looked up
    first: an earlier try, a twin in another tab, or a commit whose answer was lost may have got through. Raises
    KeyReused, NotEnoughCredit, the DomainError that `work` raised, NotRecorded where nothing was taken, and NotKnown
    where that cannot be told.
    """
    assert agreed
    if not 16 <= len(key) <= KEY_LENGTH:
        raise KeyReused
    for _ in range(ATTEMPTS):
        try:
            return await atomic(work, queue=queue_of(payer_id))
        except NotKnown as exc:
            return await _after_lost_answer(key, agreed, payer_id, exc)
        except NotSaved as exc:  # nothing of this try is known; an earlier one may have got through
            return await _after_failure(key, agreed, exc)
        except (IntegrityError, DomainError) as exc:
            if done := await _done(key, agreed):
                return done
            if isinstance(exc, DomainError) or BALANCE_CHECK not in str(exc):
                raise
            if (missing := await _missing(agreed)) > 0:
                raise NotEnoughCredit(missing_cents=missing) from exc
            # credit arrived between the refusal and the look: the right answer is to try again
        except (OperationalError, OSError) as exc:
            return await _after_failure(key, agreed, exc)
    raise NotRecorded


async def pay(connection: Any, claimed: Claimed, *, key: str, actor: str) -> Transfer:
    """Take the claimed amount from the debtor's wallet. Inside the work of `once`, or another transaction."""
    invitation_id, debtor_id, amount_cents, answer_no = claimed
    at = clock.now()
    (row,) = await rows(connection, _PAYMENT, key, debtor_id, amount_cents, invitation_id, answer_no, actor, at)
    live.announce([debtor_id])
    # as the database has it: reading it back would cost as much again as writing it
    return Transfer(
        id=row["id"],
        key=key,
        kind=TransferKind.PAYMENT,
        source_id=row["source_id"],
        target_id=row["target_id"],
        amount_cents=amount_cents,
        invitation_id=invitation_id,
        answer_no=answer_no,
        actor=actor,
        at=at,
    )


async def carry_over(connection: Any, claimed: Claimed, *, key: str, actor: str) -> None:
    """Book what the former system was paid for this answer: from outside to the activities, without a wallet (K24)."""
    await execute(
        connection,
        _CARRIED_OVER,
        key,
        claimed.amount_cents,
        claimed.invitation_id,
        claimed.answer_no,
        actor,
        clock.now(),
    )


async def refund(connection: Any, claimed: Claimed, *, actor: str) -> bool:
    """Give back to the debtor's wallet what the answer before this one paid, here or in the former system (R45).

    Inside the transaction of the invitation's step; False where that answer paid nothing.
    """
    number = claimed.answer_no
    paid = Transfer.filter(invitation_id=claimed.invitation_id, answer_no=number - 1, kind__in=_PAYS)
    if not await paid.using_db(connection).exists():
        return False
    key = f"refund-{claimed.invitation_id:010d}-{number}"
    amount, invitation_id = claimed.amount_cents, claimed.invitation_id
    await execute(connection, _REFUND, key, claimed.debtor_id, amount, invitation_id, number, actor, clock.now())
    live.announce([claimed.debtor_id])
    return True


def queue_of(guardian_id: int) -> str:
    """The queue (`atomic`) of whatever locks the wallet of this guardian."""
    return f"wallet {guardian_id}"


async def lock_wallet(connection: Any, guardian_id: int) -> None:
    """The first statement of whatever moves money of this wallet, before any invitation is claimed (K4): two that want
    the same wallet and the same invitations then wait for each other and never lock each other out."""
    if connection.capabilities.dialect == "postgres":  # SQLite has one writer at a time
        await rows(connection, "SELECT id FROM ledger_account WHERE guardian_id = $1 FOR NO KEY UPDATE", guardian_id)


async def credit(connection: Any, guardian_id: int, amount_cents: int, *, key: str, actor: str) -> Transfer:
    """Integer euro cents from the bank into a guardian's wallet, which is locked. IntegrityError for a used key."""
    source, target = await LedgerAccount.get(name="bank"), await wallet_of(guardian_id)
    live.announce([guardian_id])
    return await Transfer.create(
        using_db=connection,
        key=key,
        kind=TransferKind.TOP_UP,
        source_id=source.id,
        target_id=target.id,
        amount_cents=amount_cents,
        actor=actor,
        at=clock.now(),
    )


async def credited(guardian_id: int, amount_cents: int, *, key: str) -> Transfer | None:
    """The credit this key already stands for, None where it is unused. Raises KeyReused where it stands for another."""
    done = await Transfer.get_or_none(key=key).select_related("target")
    if done and (done.kind, done.target.guardian_id, done.amount_cents) != (
        TransferKind.TOP_UP,
        guardian_id,
        amount_cents,
    ):
        raise KeyReused
    return done


async def open_wallet(guardian_id: int) -> LedgerAccount:
    """Every guardian has one wallet, from the day they are known."""
    return await LedgerAccount.create(kind=LedgerAccountKind.WALLET, guardian_id=guardian_id)


async def wallet_of(guardian_id: int) -> LedgerAccount:
    return await LedgerAccount.get(guardian_id=guardian_id)


async def balance_cents(guardian_id: int) -> int:
    """What this guardian can spend now, in integer euro cents."""
    # of every page and every look: one column, no object
    found = await rows(
        default_connection(), "SELECT balance_cents FROM ledger_account WHERE guardian_id = $1", guardian_id
    )
    return int(found[0]["balance_cents"])


def line_key(key: str, position: int) -> str:
    """The key of the transfer at `position` (0, 1 ...) of one intention; the first bears the bare key, so that any
    second use of it meets the UNIQUE of the database."""
    return key if position == 0 else f"{key}.{position + 1}"


async def _done(key: str, agreed: Sequence[Agreed]) -> list[Transfer]:
    """The transfers an earlier use of `key` left, in order; [] if it is unused; KeyReused if for something else."""
    # one more than asked for: a key that stands for a longer selection is another intention
    keys = [line_key(key, position) for position in range(len(agreed) + 1)]
    found = {transfer.key: transfer for transfer in await Transfer.filter(key__in=keys)}
    if not found:
        return []
    have = [(t.invitation_id, t.amount_cents, t.answer_no) for t in (found.get(k) for k in keys) if t is not None]
    if have != [(one.invitation_id, one.amount_cents, one.answer_no + 1) for one in agreed]:
        raise KeyReused
    return [found[k] for k in keys[:-1]]


async def _missing(agreed: Sequence[Agreed]) -> int:
    """How many cents the debtor's wallet lacks for all of `agreed`."""
    wallet = await LedgerAccount.get_or_none(guardian__invitations__id=agreed[0].invitation_id)
    return sum(one.amount_cents for one in agreed) - wallet.balance_cents if wallet else 0


async def _after_failure(key: str, agreed: Sequence[Agreed], failure: Exception) -> list[Transfer]:
    """This try took nothing; what an earlier one did, the key tells."""
    try:
        done = await _done(key, agreed)
    except (OperationalError, OSError):
        raise NotKnown from failure
    if not done:
        raise NotRecorded from failure
    return done


async def _after_lost_answer(key: str, agreed: Sequence[Agreed], payer_id: int, failure: NotKnown) -> list[Transfer]:
    """That transaction holds the wallet until it is committed or undone (K4): whoever gets the wallet after it finds
    the key if it is there, and knows that it will never be if it is not. Raises NotKnown where the wallet, or the
    database, is not to be had."""

    async def look(connection: Any) -> list[Transfer]:
        await lock_wallet(connection, payer_id)
        return await _done(key, agreed)

    try:
        done = await atomic(look)
    except (NotSaved, OperationalError, OSError):
        raise NotKnown from failure
    if not done:
        raise NotRecorded from failure
    return done
