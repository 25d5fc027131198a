"""What one person asks for and another decides (O3, O4): nothing of it is in force before.

Each kind registers itself: which act lets somebody ask, which one decide, and what is done once it is approved. If
nobody may decide at the moment, it waits; `who_may` then is empty, and the page says whom to invite.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from creos_ui import clock
from creos_ui.database.transactions import atomic, one_at_a_time, update
from creos_ui.errors import DomainError
from creos_ui.services import roles
from creos_ui.services.roles import WHO_MAY, Act
from models import Account, AccountRole, Approval, ApprovalState

YOUNG = timedelta(days=7)  # a role given by who asks does not decide for that long
LONGEST_REASON = 500


class ApprovalNotFound(DomainError):
    """It does not exist, or is not theirs to see: one answer."""

    text_key = "approvals.not_found"


class AlreadyAsked(DomainError):
    """The same kind waits for the same subject."""

    text_key = "approvals.already_asked"


class AlreadyDecided(DomainError):
    """Somebody approved, refused or withdrew it first."""

    text_key = "approvals.already_decided"


class ApprovalExpired(DomainError):
    text_key = "approvals.expired"


class OwnApproval(DomainError):
    """Who asked does not decide."""

    text_key = "approvals.own"


class RoleTooYoung(DomainError):
    """Who asked gave them the role within the last 7 days."""

    text_key = "approvals.role_too_young"


class RoleLost(DomainError):
    """None of their roles in force lets them decide; one they had, or the one they asked with, did."""

    text_key = "approvals.role_lost"


class OnlyAskerWithdraws(DomainError):
    text_key = "approvals.only_asker_withdraws"


@dataclass(frozen=True)
class Kind:
    """`carry_out` runs in the transaction that approves; whatever it raises leaves the approval waiting."""

    name: str
    ask: Act
    decide: Act
    carry_out: Callable[[Any, Approval], Awaitable[None]]
    days: int = 14  # until it expires


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    assert kind.name not in _kinds, kind.name
    _kinds[kind.name] = kind


def facts_of(approval: Approval) -> dict[str, Any]:
    """Exactly what is asked for."""
    facts: dict[str, Any] = json.loads(approval.facts)
    return facts


async def ask(kind: str, by: int, subject: str, facts: dict[str, Any]) -> Approval:
    """Ask for it in the name of this account. Raises NotAllowed, AlreadyAsked."""
    known = _kinds[kind]
    await roles.require(by, known.ask)  # not in the transaction: a refusal would take its audit line along

    async def work(connection: Any) -> Approval:
        await one_at_a_time(connection, f"approval {kind} {subject}")
        now = clock.now()
        waiting = Approval.filter(kind=kind, subject=subject, state=ApprovalState.WAITING).using_db(connection)
        await waiting.filter(expires_at__lte=now).update(state=ApprovalState.EXPIRED)
        if await waiting.exists():
            raise AlreadyAsked
        return await Approval.create(
            kind=kind,
            subject=subject,
            facts=json.dumps(facts, ensure_ascii=False),
            asked_by_id=by,
            asked_at=now,
            expires_at=now + timedelta(days=known.days),
            using_db=connection,
        )

    return await atomic(work)


async def approve(approval_id: int, by: int) -> Approval:
    """Approve it and carry it out, both or neither. Raises ApprovalNotFound, OwnApproval, RoleLost, RoleTooYoung,
    ApprovalExpired, AlreadyDecided, and what carrying it out raises."""

    async def work(connection: Any) -> Approval:
        approval = await _for_deciding(connection, approval_id, by)
        approval = await _ended(connection, approval, ApprovalState.APPROVED, by)
        await _kinds[approval.kind].carry_out(connection, approval)
        return approval

    return await atomic(work)


async def refuse(approval_id: int, by: int, reason: str) -> Approval:
    """Nothing is carried out; raises as `approve` does. Of the reason, 500 characters are kept."""

    async def work(connection: Any) -> Approval:
        approval = await _for_deciding(connection, approval_id, by)
        return await _ended(connection, approval, ApprovalState.REFUSED, by, reason.strip()[:LONGEST_REASON] or None)

    return await atomic(work)


async def withdraw(approval_id: int, by: int) -> Approval:
    """Who asked does not want it any more. Raises ApprovalNotFound, OnlyAskerWithdraws, ApprovalExpired,
    AlreadyDecided."""

    async def work(connection: Any) -> Approval:
        approval = await _seen(connection, approval_id, by)
        if approval.asked_by_id != by:
            raise OnlyAskerWithdraws
        return await _ended(connection, approval, ApprovalState.WITHDRAWN, by)

    return await atomic(work)


async def waiting_for(account_id: int) -> list[Approval]:
    """What this account may decide now, the oldest first; who asked is loaded, with the guardian, if any."""
    waiting = Approval.filter(
        state=ApprovalState.WAITING, expires_at__gt=clock.now(), kind__in=list(_kinds)
    ).select_related("asked_by__guardian")
    found = await waiting.order_by("id")
    return [one for one in found if one.asked_by_id != account_id and await _lets_decide(one, account_id)]


async def asked_by(account_id: int) -> list[Approval]:
    """What this account asked for, whatever became of it, the newest first."""
    return await Approval.filter(asked_by_id=account_id).order_by("-id")


async def who_may(approval: Approval) -> list[Account]:
    """The accounts that may decide it now, possibly none; their guardians, where they have one, are loaded."""
    deciding = {row.account_id for row in await _deciding_roles(approval) if not _is_young(row, approval)}
    may = Account.filter(id__in=deciding - {approval.asked_by_id}).select_related("guardian")
    return await may.order_by("id")


async def expire() -> int:
    """What waited too long is set so; returns how many."""
    late = Approval.filter(state=ApprovalState.WAITING, expires_at__lte=clock.now())
    if not await late.exists():  # the ordinary case, which takes no writer
        return 0
    return await update(late, state=ApprovalState.EXPIRED)


async def _for_deciding(connection: Any, approval_id: int, by: int) -> Approval:
    approval = await _seen(connection, approval_id, by)
    if approval.asked_by_id == by:
        raise OwnApproval
    if not await _deciding_roles(approval, by):
        raise RoleLost
    if not await _lets_decide(approval, by):
        raise RoleTooYoung
    return approval


async def _seen(connection: Any, approval_id: int, by: int) -> Approval:
    """Who asked sees it, and whoever has or had a role that asks for or decides such things."""
    approval = await Approval.get_or_none(id=approval_id, using_db=connection)
    kind = _kinds.get(approval.kind) if approval else None
    if approval is None or kind is None:
        raise ApprovalNotFound
    concerned = AccountRole.filter(account_id=by, role__in=list(WHO_MAY[kind.ask] | WHO_MAY[kind.decide]))
    if approval.asked_by_id != by and not await concerned.using_db(connection).exists():
        raise ApprovalNotFound
    return approval


async def _ended(
    connection: Any, approval: Approval, state: ApprovalState, by: int, reason: str | None = None
) -> Approval:
    """One UPDATE decides between two at once: the other one waits for it, and finds nothing left to decide."""
    now = clock.now()
    waiting = Approval.filter(id=approval.id, state=ApprovalState.WAITING, expires_at__gt=now).using_db(connection)
    if not await waiting.update(state=state, decided_by_id=by, decided_at=now, reason=reason):
        left = await Approval.get(id=approval.id, using_db=connection)
        late = left.state in (ApprovalState.WAITING, ApprovalState.EXPIRED)
        raise ApprovalExpired if late else AlreadyDecided
    return await Approval.get(id=approval.id, using_db=connection)


async def _deciding_roles(approval: Approval, account_id: int | None = None) -> list[AccountRole]:
    """The roles in force that let somebody decide it: this account's, or everybody's."""
    held = roles.in_force().filter(role__in=list(WHO_MAY[_kinds[approval.kind].decide]))
    return await (held if account_id is None else held.filter(account_id=account_id))


async def _lets_decide(approval: Approval, account_id: int) -> bool:
    return not all(_is_young(row, approval) for row in await _deciding_roles(approval, account_id))


def _is_young(row: AccountRole, approval: Approval) -> bool:
    """Given by who asked, too short a time ago: else a new colleague would be a way to decide alone."""
    return row.given_by_id == approval.asked_by_id and row.given_at > clock.now() - YOUNG
