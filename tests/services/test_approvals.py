"""What one asks for and another decides: who may, who may not, and that it is carried out once or not at all (O3)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from creos_ui import clock
from creos_ui.database.transactions import execute
from creos_ui.errors import DomainError, NotAllowed
from creos_ui.services import approvals, keys
from creos_ui.services.approvals import Kind
from creos_ui.services.roles import Act
from creos_ui.texts import LANGUAGES, catalogue
from models import Account, AccountRole, Approval, ApprovalState, Role
from tests.services.post import MovedClock, moved

__all__ = ["moved"]


class Payee:
    """The kind of these tests: an administrator asks, another or the head or the bookkeeper decides."""

    def __init__(self) -> None:
        self.failing = False
        self.done: list[dict[str, Any]] = []

    async def carry_out(self, connection: Any, approval: Approval) -> None:
        await execute(connection, "UPDATE account SET first_name = $1 WHERE id = $2", "paid", approval.asked_by_id)
        if self.failing:
            raise RuntimeError
        self.done.append(approvals.facts_of(approval))


@pytest.fixture(autouse=True)
async def opened(db: Any) -> None:
    """Who is refused leaves a line in the audit, which its key seals."""
    await keys.open_keys("a secret of the tests, long enough for any")


@pytest.fixture
def payee(monkeypatch: pytest.MonkeyPatch) -> Payee:
    payee = Payee()
    monkeypatch.setattr(approvals, "_kinds", {})
    approvals.register(Kind("payee", Act.CHANGE_BANK_ACCOUNT, Act.APPROVE_BANK_ACCOUNT, payee.carry_out))
    return payee


@pytest.fixture
async def ada(db: Any, payee: Payee) -> Account:
    return await person("ada", Role.ADMINISTRATOR)


@pytest.fixture
async def hugo(db: Any) -> Account:
    return await person("hugo", Role.HEAD)


async def person(name: str, *held: Role, by: Account | None = None) -> Account:
    account = await Account.create(identifier=name, last_name=name)
    for role in held:
        await give(account, role, by)
    return account


async def give(account: Account, role: Role, by: Account | None = None) -> AccountRole:
    return await AccountRole.create(
        account_id=account.id, role=role, given_by_id=by.id if by else None, given_at=clock.now()
    )


async def asked(by: Account, subject: str = "bank_account:3") -> Approval:
    return await approvals.ask("payee", by.id, subject, {"iban": "BE68 5390 0754 7034"})


async def state_of(approval: Approval) -> str:
    return (await Approval.get(id=approval.id)).state


async def names(approval: Approval) -> list[str]:
    return [account.identifier for account in await approvals.who_may(approval)]


async def test_somebody_else_approves_and_it_is_carried_out(ada: Account, hugo: Account, payee: Payee) -> None:
    approval = await asked(ada)
    assert approval.expires_at - approval.asked_at == timedelta(days=14)
    assert await names(approval) == ["hugo"]
    assert await approvals.waiting_for(hugo.id) == [approval]
    assert await approvals.waiting_for(ada.id) == []
    assert payee.done == []
    approved = await approvals.approve(approval.id, hugo.id)
    assert (approved.state, approved.decided_by_id) == (ApprovalState.APPROVED, hugo.id)
    assert payee.done == [{"iban": "BE68 5390 0754 7034"}]
    assert await approvals.waiting_for(hugo.id) == []
    assert await approvals.asked_by(ada.id) == [approval]
    with pytest.raises(approvals.AlreadyDecided):
        await approvals.refuse(approval.id, hugo.id, "trop tard")


async def test_refused_with_a_reason_or_withdrawn_by_who_asked(ada: Account, hugo: Account, payee: Payee) -> None:
    refused = await approvals.refuse((await asked(ada)).id, hugo.id, "  pas ce compte  ")
    assert (refused.state, refused.reason) == (ApprovalState.REFUSED, "pas ce compte")
    again = await asked(ada)  # what was decided is in nobody's way
    with pytest.raises(approvals.OnlyAskerWithdraws):
        await approvals.withdraw(again.id, hugo.id)
    assert (await approvals.withdraw(again.id, ada.id)).state == ApprovalState.WITHDRAWN
    with pytest.raises(approvals.AlreadyDecided):
        await approvals.approve(again.id, hugo.id)
    assert payee.done == []


async def test_only_the_role_asks(hugo: Account, payee: Payee) -> None:
    with pytest.raises(NotAllowed):
        await asked(hugo)
    assert await Approval.all().count() == 0


async def test_one_waits_per_kind_and_subject_also_of_two_at_once(ada: Account) -> None:
    outcomes = await asyncio.gather(asked(ada), asked(ada), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AlreadyAsked", "Approval"]
    await asked(ada, "bank_account:4")
    assert await Approval.all().count() == 2


async def test_nobody_decides_what_they_asked_for(ada: Account, payee: Payee) -> None:
    await give(ada, Role.HEAD)
    approval = await asked(ada)
    for decide in (approvals.approve(approval.id, ada.id), approvals.refuse(approval.id, ada.id, "")):
        with pytest.raises(approvals.OwnApproval):
            await decide
    assert await names(approval) == []  # it waits, and somebody is to be invited
    assert (await state_of(approval), payee.done) == (ApprovalState.WAITING, [])


async def test_who_got_the_role_from_who_asks_decides_after_seven_days(
    ada: Account, payee: Payee, moved: MovedClock
) -> None:
    bea = await person("bea", Role.BOOKKEEPER, by=ada)
    approval = await asked(ada)
    moved.move(days=7, minutes=-1)
    assert await names(approval) == []
    assert await approvals.waiting_for(bea.id) == []
    with pytest.raises(approvals.RoleTooYoung):
        await approvals.approve(approval.id, bea.id)
    moved.move(minutes=2)
    assert await names(approval) == ["bea"]
    await approvals.approve(approval.id, bea.id)
    assert len(payee.done) == 1


async def test_a_young_role_from_somebody_else_or_beside_an_older_one_decides(ada: Account, payee: Payee) -> None:
    await person("bea", Role.BOOKKEEPER, by=await person("carl"))
    both = await person("dora", Role.HEAD)
    await give(both, Role.BOOKKEEPER, by=ada)
    assert await names(await asked(ada)) == ["bea", "dora"]


async def test_expired_is_not_decided_and_makes_room(ada: Account, hugo: Account, moved: MovedClock) -> None:
    approval, other = await asked(ada), await asked(ada, "bank_account:4")
    moved.move(days=14, minutes=-1)
    assert await approvals.expire() == 0
    moved.move(minutes=2)
    assert await approvals.waiting_for(hugo.id) == []
    for decide in (approvals.approve(approval.id, hugo.id), approvals.withdraw(approval.id, ada.id)):
        with pytest.raises(approvals.ApprovalExpired):
            await decide
    await asked(ada)  # sets the old one so
    assert (await state_of(approval), await state_of(other)) == (ApprovalState.EXPIRED, ApprovalState.WAITING)
    assert await approvals.expire() == 1
    with pytest.raises(approvals.ApprovalExpired):
        await approvals.refuse(other.id, hugo.id, "")


@pytest.mark.parametrize("how", ["taken", "ended", "closed"])
async def test_who_lost_the_role_meanwhile_decides_nothing(ada: Account, hugo: Account, payee: Payee, how: str) -> None:
    approval = await asked(ada)
    if how == "taken":
        await AccountRole.filter(account_id=hugo.id).update(taken_at=clock.now())
    elif how == "ended":
        await AccountRole.filter(account_id=hugo.id).update(until_day=clock.today() - timedelta(days=1))
    else:
        await Account.filter(id=hugo.id).update(closed_at=clock.now())
    with pytest.raises(approvals.RoleLost):
        await approvals.approve(approval.id, hugo.id)
    assert await names(approval) == []  # the last one is gone: it waits
    assert (await state_of(approval), payee.done) == (ApprovalState.WAITING, [])
    await person("bea", Role.BOOKKEEPER)
    assert await names(approval) == ["bea"]


async def test_not_there_and_not_theirs_to_see_are_one_answer(ada: Account, payee: Payee) -> None:
    approval, sara = await asked(ada), await person("sara", Role.TEACHER)
    for id_ in (approval.id, approval.id + 1):
        for act in (
            approvals.approve(id_, sara.id),
            approvals.refuse(id_, sara.id, ""),
            approvals.withdraw(id_, sara.id),
        ):
            with pytest.raises(approvals.ApprovalNotFound):
                await act


async def test_of_two_at_once_one_decides(ada: Account, hugo: Account, payee: Payee) -> None:
    bea, approval = await person("bea", Role.BOOKKEEPER), await asked(ada)
    both = (approvals.approve(approval.id, hugo.id), approvals.approve(approval.id, bea.id))
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AlreadyDecided", "Approval"]
    assert len(payee.done) == 1


async def test_what_cannot_be_carried_out_stays_waiting(ada: Account, hugo: Account, payee: Payee) -> None:
    approval, payee.failing = await asked(ada), True
    with pytest.raises(RuntimeError):
        await approvals.approve(approval.id, hugo.id)
    assert await state_of(approval) == ApprovalState.WAITING
    assert (await Account.get(id=ada.id)).first_name is None
    payee.failing = False
    await approvals.approve(approval.id, hugo.id)
    assert (await Account.get(id=ada.id)).first_name == "paid"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_its_sentence(language: str) -> None:
    refusals = [e for e in vars(approvals).values() if isinstance(e, type) and issubclass(e, DomainError)]
    keys = {refusal.text_key for refusal in refusals if refusal is not DomainError}
    assert len(keys) == 8
    assert keys <= catalogue(language).keys()
