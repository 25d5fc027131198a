"""Announcing changes: told when the transaction has ended, to those it concerns, and never the reason for a fault."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from creos_ui import live
from creos_ui.database.transactions import atomic
from creos_ui.errors import AlreadyAnswered
from creos_ui.services.invitations import credit
from creos_ui.services.invitations.answering import decline_invitation, set_amount
from creos_ui.services.people.households import other_guardians
from tests.school import School, add_guardian, add_pupil, new_key


class Ears:
    """Hears of one guardian's changes, and in what state the books were then."""

    def __init__(self, guardian_id: int) -> None:
        self.heard = 0
        self.stop = live.subscribe(guardian_id, self._hear)

    def _hear(self) -> None:
        self.heard += 1

    def times(self) -> int:
        times, self.heard = self.heard, 0
        return times


@pytest.fixture
def nora(school: School) -> Iterator[Ears]:
    ears = Ears(school.nora.id)
    yield ears
    ears.stop()


@pytest.fixture
def omar(school: School) -> Iterator[Ears]:
    ears = Ears(school.omar.id)
    yield ears
    ears.stop()


async def test_every_change_of_hers_is_told_to_her_and_to_nobody_else(school: School, nora: Ears, omar: Ears) -> None:
    paid, declined, priced = [await school.invite(school.lou) for _ in range(3)]
    await school.pay(paid)
    assert nora.times() == 1
    await school.decline(declined)
    assert nora.times() >= 1
    await set_amount(priced.id, 700)
    assert nora.times() == 1
    await credit.top_up(school.nora.id, 100, key=new_key(), actor="test")
    assert nora.times() >= 1
    await decline_invitation(paid.id, debtor_id=school.nora.id, answer_no=1, actor="account:1")
    assert nora.times() >= 1
    assert omar.times() == 0


async def test_a_selection_is_told_once(school: School, nora: Ears) -> None:
    await school.pay(*[await school.invite(school.lou, price_cents=10) for _ in range(5)])
    assert nora.times() == 1


async def test_nothing_is_told_before_the_commit(school: School, nora: Ears) -> None:
    async def work(_: Any) -> None:
        live.announce([school.nora.id])
        assert nora.heard == 0

        async def part(_: Any) -> None:
            live.announce([school.nora.id])

        await atomic(part)
        assert nora.heard == 0, "the outer transaction has not ended"

    await atomic(work)
    assert nora.times() == 1


async def test_what_is_refused_before_it_announced_anything_is_not_told(school: School, nora: Ears) -> None:
    invitation = await school.invite(school.lou)
    await school.pay(invitation)
    nora.times()
    with pytest.raises(AlreadyAnswered):
        await set_amount(invitation.id, 900)
    assert nora.times() == 0


async def test_a_transaction_that_fails_takes_its_fault_along(school: School, nora: Ears) -> None:
    async def work(_: Any) -> None:
        live.announce([school.nora.id])
        raise IntegrityError("no")

    with pytest.raises(IntegrityError):
        await atomic(work)
    assert live.gathering.get() is None
    assert nora.times() == 1, "the answer to a commit may be what got lost"


def test_who_left_hears_nothing_and_others_go_on() -> None:
    one, two = Ears(7), Ears(7)
    one.stop()
    one.stop()
    live.announce([7])
    assert (one.times(), two.times()) == (0, 1)
    live.deliver({live.EVERYONE})
    assert two.times() == 1
    two.stop()
    assert 7 not in live._subscribers
    live.announce([7])


async def test_the_other_guardians_of_ones_children(school: School) -> None:
    father = await add_guardian("Janssens", "Piet")
    await add_pupil("Janssens", "Zoë", father, school.nora)
    await add_pupil("Janssens", "Bo", father, school.nora)
    assert await other_guardians(school.nora.id) == [father.id]
    assert await other_guardians(father.id) == [school.nora.id]
    assert await other_guardians(school.omar.id) == []
