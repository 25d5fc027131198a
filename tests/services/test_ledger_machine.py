"""A small simulator (R48): whatever a family does, in any order, cut off at any await, the books do as the model does.

Twenty examples of twenty steps per database; CREOS_MACHINE_EXAMPLES=500 for a night's run. Where it fails, Hypothesis
prints the shortest story that still does, and how to replay it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from itertools import count
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from creos_ui.errors import DomainError
from creos_ui.services.invitations import automatic, credit
from creos_ui.services.invitations.answering import decline_invitation, pay_invitations, set_amount
from creos_ui.services.money import ledger
from creos_ui.services.money.books import check_books
from creos_ui.services.money.ledger import Agreed
from models import Invitation, Transfer
from tests.database.interrupting import CUT, interrupted
from tests.databases import fresh_database
from tests.school import School, add_guardian, add_pupil

T = TypeVar("T")
INVITATIONS = 6
MANDATORY = {0, 3}  # which of them
families = count(1)

some = st.lists(st.integers(0, INVITATIONS - 1), min_size=1, max_size=3, unique=True)
one = st.integers(0, INVITATIONS - 1)
few_keys = st.integers(0, 5)  # few, so that they meet again: a replay, or a key for something else
prices = st.integers(1, 1_500)
never_or_at = st.one_of(st.just(0), st.integers(1, 20))  # the await at which the task is cancelled


class Model:
    """The rules in fifty lines: what each act does to a family, or the name of the refusal."""

    def __init__(self, prices: list[int]) -> None:
        self.balance = 0
        self.status = ["open"] * len(prices)
        self.prices = prices
        self.answers = [0] * len(prices)
        self.paid: dict[int, list[tuple[int, int, int]]] = {}  # key -> what it paid: which, cents, answer
        self.wishes: set[int] = set()
        self.pays_mandatory = False
        self.credited: dict[int, int] = {}  # key -> what it credited

    def top_up(self, cents: int, key: int) -> str:
        if key in self.credited:
            return "done" if self.credited[key] == cents else "KeyReused"
        self.credited[key] = cents
        self.balance += cents
        return self.fulfil()

    def fulfil(self) -> str:
        """They are due in the order of their numbers; the first that does not fit ends it."""
        for which, status in enumerate(self.status):
            if status == "open" and (which in self.wishes or (self.pays_mandatory and which in MANDATORY)):
                if self.prices[which] > self.balance:
                    break
                self.answer(which, "paid")
        return "done"

    def answer(self, which: int, status: str) -> None:
        if status == "paid":
            self.balance -= self.prices[which]
        elif self.status[which] == "paid":
            self.balance += self.prices[which]
        self.status[which], self.answers[which] = status, self.answers[which] + 1

    def pay(self, lines: list[tuple[int, int, int]], key: int) -> str:
        lines = sorted(lines)
        if key in self.paid:
            return "done" if self.paid[key] == lines else "KeyReused"
        for which, cents, number in lines:
            if self.status[which] == "open" and self.prices[which] != cents:
                return "PriceChanged"
            if self.status[which] == "paid" or self.prices[which] != cents or self.answers[which] != number - 1:
                return "AlreadyAnswered"
        total = sum(cents for _, cents, _ in lines)
        if total > self.balance:
            return f"NotEnoughCredit {total - self.balance}"
        for which, _, _ in lines:
            self.answer(which, "paid")
        self.paid[key] = lines
        return "done"

    def decline(self, which: int, seen: int) -> str:
        """Open or paid; what was paid comes back, and pays what is wished."""
        if which in MANDATORY:
            return "MandatoryCannotBeDeclined"
        if self.status[which] == "declined" and self.answers[which] == seen + 1:
            return "done"
        if self.status[which] == "declined" or self.answers[which] != seen:
            return "AlreadyAnswered"
        self.answer(which, "declined")
        self.wishes.discard(which)
        return self.fulfil()

    def wish(self, which: int, on: bool) -> str:
        if self.status[which] != "open":
            return "AlreadyAnswered"
        if not on:
            self.wishes.discard(which)
            return "done"
        self.wishes.add(which)
        return self.fulfil()

    def switch(self, on: bool) -> str:
        self.pays_mandatory = on
        return self.fulfil() if on else "done"

    def set_price(self, which: int, cents: int) -> str:
        if self.status[which] != "open":
            return "AlreadyAnswered"
        if self.prices[which] != cents:
            self.wishes.discard(which)
        self.prices[which] = cents
        return "done"


async def outcome(work: Awaitable[Any]) -> str:
    """ "done", or the name of the refusal; CUT goes through as it is."""
    try:
        result = await work
    except DomainError as refusal:
        missing = refusal.values.get("missing_cents")
        return type(refusal).__name__ + (f" {missing}" if missing else "")
    return "cut" if result is CUT else "done"


class Family(RuleBasedStateMachine):
    """One family of a school that all examples share."""

    def __init__(self, run: Callable[[Coroutine[Any, Any, T]], T]) -> None:
        super().__init__()
        self.run: Callable[[Coroutine[Any, Any, Any]], Any] = run

    @initialize(first=st.lists(prices, min_size=INVITATIONS, max_size=INVITATIONS))
    def begin(self, first: list[int]) -> None:
        self.number = next(families)
        self.model = Model(first)
        self.run(self._begin())

    async def _begin(self) -> None:
        self.parent = await add_guardian(f"Family {self.number}", "Parent")
        self.stranger = await add_guardian(f"Family {self.number}", "Stranger")
        pupil = await add_pupil(f"Family {self.number}", "Child", self.parent)
        school = School(self.parent, self.stranger, pupil, pupil, pupil)
        self.ids = [
            (
                await school.invite(
                    pupil,
                    debtor=self.parent,
                    price_cents=price,
                    mandatory=which in MANDATORY,
                    title=f"Family {self.number}",
                    due_in_days=which + 1,
                )
            ).id
            for which, price in enumerate(self.model.prices)
        ]

    # what a family does

    @rule(cents=prices, key=few_keys, at=never_or_at)
    def top_up(self, cents: int, key: int, at: int) -> None:
        def act() -> Awaitable[Any]:
            return credit.top_up(self.parent.id, cents, key=self.key("bank", key), actor="test")

        self.do(act, at, recorded=self.key("bank", key), expected=lambda: self.model.top_up(cents, key))

    @rule(
        which=some,
        key=few_keys,
        dearer=st.sampled_from([0, 0, 0, 1]),
        behind=st.sampled_from([0, 0, 0, 1]),
        at=never_or_at,
    )
    def pay(self, which: list[int], key: int, dearer: int, behind: int, at: int) -> None:
        """Open or declined ones, perhaps at another price, perhaps from a tab that missed the last answer."""
        lines = [(n, self.model.prices[n] + dearer, max(self.model.answers[n] - behind, 0) + 1) for n in which]

        def act() -> Awaitable[Any]:
            agreed = [Agreed(self.ids[n], cents, number - 1) for n, cents, number in lines]
            return pay_invitations(agreed, debtor_id=self.parent.id, key=self.key("dialog", key), actor=self.actor)

        self.do(act, at, recorded=self.key("dialog", key), expected=lambda: self.model.pay(lines, key))

    @rule(key=few_keys, at=never_or_at)
    def click_again(self, key: int, at: int) -> None:
        """The very same request once more, hours later: the answer it had."""
        if key in self.model.paid:
            lines = self.model.paid[key]
            agreed = [Agreed(self.ids[n], cents, number - 1) for n, cents, number in lines]
            work = pay_invitations(agreed, debtor_id=self.parent.id, key=self.key("dialog", key), actor=self.actor)
            assert self.run(outcome(interrupted(work, at))) in ("done", "cut")

    @rule(which=one, behind=st.sampled_from([0, 0, 1]), at=never_or_at)
    def decline(self, which: int, behind: int, at: int) -> None:
        seen = max(self.model.answers[which] - behind, 0)

        def act() -> Awaitable[Any]:
            return decline_invitation(self.ids[which], debtor_id=self.parent.id, answer_no=seen, actor=self.actor)

        self.do(act, at, recorded=None, expected=lambda: self.model.decline(which, seen))

    @rule(which=one, on=st.booleans(), at=never_or_at)
    def wish(self, which: int, on: bool, at: int) -> None:
        def act() -> Awaitable[Any]:
            agreed = Agreed(self.ids[which], self.model.prices[which], self.model.answers[which])
            return automatic.wish_all([agreed], self.parent.id, on)

        told = self.run(outcome(interrupted(act(), at)))
        if told == "cut":  # the wish may be paid already: then the same again is refused, and the model agrees
            expected = self.model.wish(which, on)
            told = self.run(outcome(act()))
            self.run(outcome(automatic.fulfil(self.parent.id)))
            assert told in (expected, "AlreadyAnswered")
        else:
            assert told == self.model.wish(which, on)

    @rule(on=st.booleans(), at=never_or_at)
    def switch(self, on: bool, at: int) -> None:
        def act() -> Awaitable[Any]:
            return automatic.set_pays_mandatory(self.parent.id, on)

        self.do(act, at, recorded=None, expected=lambda: self.model.switch(on))

    @rule(number=st.integers(2, 4))
    def fulfilments_at_once(self, number: int) -> None:
        async def act() -> None:
            await asyncio.gather(*[automatic.fulfil(self.parent.id) for _ in range(number)])

        self.run(act())
        self.model.fulfil()

    @rule(which=one, cents=prices)
    def the_school_changes_a_price(self, which: int, cents: int) -> None:
        assert self.run(outcome(set_amount(self.ids[which], cents))) == self.model.set_price(which, cents)

    @rule(which=one)
    def a_stranger_tries(self, which: int) -> None:
        agreed = [Agreed(self.ids[which], self.model.prices[which], self.model.answers[which])]
        pays = pay_invitations(agreed, debtor_id=self.stranger.id, key=self.key("theirs", which), actor="stranger")
        declines = decline_invitation(
            self.ids[which], debtor_id=self.stranger.id, answer_no=self.model.answers[which], actor="stranger"
        )
        assert self.run(outcome(pays)) == "InvitationNotFound"
        assert self.run(outcome(declines)) == "InvitationNotFound"

    def do(
        self, act: Callable[[], Awaitable[Any]], at: int, *, recorded: str | None, expected: Callable[[], str]
    ) -> None:
        """Act, perhaps cut off; who was cut off looks whether it is recorded, or else sends the same again."""
        told = self.run(outcome(interrupted(act(), at)))
        if told == "cut" and recorded and not self.run(self._is_recorded(recorded)):
            return  # nothing happened, and the model does nothing: the invariants compare
        if told == "cut":
            told = self.run(outcome(act()))
        assert told == expected()

    # what must hold after every step

    @invariant()
    def the_family_sees_what_the_model_says(self) -> None:
        if hasattr(self, "ids"):
            balance, seen = self.run(self._seen())
            assert balance == self.model.balance
            assert seen == list(zip(self.model.status, self.model.prices, self.model.answers, strict=True))

    @invariant()
    def the_books_hold(self) -> None:
        assert [finding for finding in self.run(check_books()) if not finding.ok] == []

    async def _seen(self) -> tuple[int, list[tuple[str, int, int]]]:
        found = {invitation.id: invitation for invitation in await Invitation.filter(id__in=self.ids)}
        theirs = [found[invitation_id] for invitation_id in self.ids]
        return await ledger.balance_cents(self.parent.id), [
            (str(invitation.status), invitation.amount_cents, invitation.answer_no) for invitation in theirs
        ]

    async def _is_recorded(self, key: str) -> bool:
        return await Transfer.filter(key=key).exists()

    @property
    def actor(self) -> str:
        return f"guardian:{self.parent.id}"

    def key(self, kind: str, number: int) -> str:
        return f"{kind}-of-family-{self.number}-{number}"


def test_a_family_can_do_nothing_the_model_does_not_say(database_kind: str) -> None:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        runner.run(stack.enter_async_context(fresh_database(database_kind)))
        try:
            run_state_machine_as_test(
                lambda: Family(runner.run),  # type: ignore[arg-type]  # a factory will do
                settings=settings(
                    max_examples=int(os.environ.get("CREOS_MACHINE_EXAMPLES", "20")),
                    stateful_step_count=20,
                    derandomize="CI" in os.environ,
                    deadline=None,
                    database=None,
                    print_blob=True,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(stack.aclose())
