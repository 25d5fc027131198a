"""Raw SQL against the books: what no code, no tool and no tired administrator may do, and what stays allowed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from creos_ui.services.money.books import check_books
from models import Invitation
from tests.school import School

NOW = "'2026-01-01 00:00:00+00:00'"


class Hand:
    """Somebody with a database console: `await hand("UPDATE ...")`."""

    def __init__(self, db: Any, school: School) -> None:
        self.db, self.school, self.keys = db, school, 0

    async def __call__(self, sql: str) -> int:
        count, _ = await self.db.execute_query(sql)
        return int(count)

    async def is_refused(self, sql: str) -> None:
        """The database says no, in a way our code understands as IntegrityError, and nothing has changed."""
        with pytest.raises(IntegrityError):
            await self(sql)
        await self.books_hold()

    async def books_hold(self) -> None:
        assert [finding for finding in await check_books() if not finding.ok] == []

    def transfer(
        self,
        kind: str,
        source: str,
        target: str,
        cents: object,
        invitation: Invitation | None = None,
        number: object = "NULL",
    ) -> str:
        """The statement of a transfer; the parties are nora, omar or the name of a school account."""
        self.keys += 1
        return f"""INSERT INTO transfer
                (key, kind, source_id, target_id, amount_cents, invitation_id, answer_no, actor, at)
            VALUES ('by-hand-{self.keys}', '{kind}', {self.account(source)}, {self.account(target)}, {cents},
                    {invitation.id if invitation else "NULL"}, {number}, 'hand', {NOW})"""

    def account(self, name: str) -> str:
        people = {"nora": self.school.nora, "omar": self.school.omar}
        where = f"guardian_id = {people[name].id}" if name in people else f"name = '{name}'"
        return f"(SELECT id FROM ledger_account WHERE {where})"

    async def answers(self, invitation: Invitation, status: str, number: int) -> None:
        assert await self(self.step(invitation, status, number)) == 1

    @staticmethod
    def step(invitation: Invitation, status: str, number: int) -> str:
        return f"UPDATE invitation SET status = '{status}', answer_no = {number} WHERE id = {invitation.id}"


@pytest.fixture
def hand(db: Any, school: School) -> Hand:
    return Hand(db, school)


# transfers stay as they are


async def test_a_transfer_never_changes_and_never_goes(hand: Hand, subtests: pytest.Subtests) -> None:
    for attack in (
        "UPDATE transfer SET amount_cents = 1",
        "UPDATE transfer SET actor = 'somebody else'",
        "DELETE FROM transfer",
        "DELETE FROM transfer WHERE id = (SELECT max(id) FROM transfer)",
    ):
        with subtests.test(attack):
            await hand.is_refused(attack)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_no_row_is_replaced_either(hand: Hand) -> None:
    await hand.is_refused("INSERT OR REPLACE INTO transfer SELECT * FROM transfer")
    await hand.is_refused("UPDATE OR REPLACE transfer SET id = 2 WHERE id = 1")
    await hand.is_refused("INSERT OR REPLACE INTO ledger_account SELECT * FROM ledger_account")
    invitation = await hand.school.invite(hand.school.lou)
    await hand.school.pay(invitation)
    await hand.is_refused("INSERT OR REPLACE INTO invitation SELECT * FROM invitation")


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
async def test_no_table_is_emptied(hand: Hand, subtests: pytest.Subtests) -> None:
    for attack in ("TRUNCATE transfer", "TRUNCATE ledger_account CASCADE", "TRUNCATE guardian CASCADE"):
        with subtests.test(attack):
            await hand.is_refused(attack)


# accounts stay, and stay whose they are


async def test_an_account_stays_whose_it_is_and_above_zero(hand: Hand, subtests: pytest.Subtests) -> None:
    for attack in (
        "DELETE FROM ledger_account",
        "DELETE FROM ledger_account WHERE name = 'former_system'",  # not even one without a transfer
        "UPDATE ledger_account SET guardian_id = NULL WHERE kind = 'wallet'",
        "UPDATE ledger_account SET kind = 'revenue', balance_cents = 0 WHERE kind = 'wallet'",
        "UPDATE ledger_account SET balance_cents = -1 WHERE kind = 'wallet'",
        "UPDATE ledger_account SET balance_cents = balance_cents - 1000000 WHERE kind = 'wallet'",
        "UPDATE ledger_account SET balance_cents = 5 WHERE name = 'activities'",
        "INSERT INTO ledger_account (kind, name, balance_cents) VALUES ('revenue', 'mine', 100)",
        "INSERT INTO ledger_account (kind, name, balance_cents) VALUES ('outside', 'bank', 0)",
        "DELETE FROM guardian",
    ):
        with subtests.test(attack):
            await hand.is_refused(attack)


async def test_a_wallet_does_not_change_hands(hand: Hand, school: School) -> None:
    await hand.is_refused(
        f"UPDATE ledger_account SET guardian_id = {school.omar.id} WHERE guardian_id = {school.nora.id}"
    )
    await hand.is_refused(
        f"INSERT INTO ledger_account (kind, guardian_id, balance_cents) VALUES ('wallet', {school.nora.id}, 0)"
    )


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_cents_are_whole_numbers_in_every_column(hand: Hand, school: School, subtests: pytest.Subtests) -> None:
    invitation = await school.invite(school.lou)
    for cents in ("5.5", "'a lot'", "'5,00'", "x'01'", "NULL"):
        with subtests.test(cents):
            await hand.is_refused(f"UPDATE ledger_account SET balance_cents = {cents} WHERE kind = 'wallet'")
            await hand.is_refused(f"UPDATE invitation SET amount_cents = {cents} WHERE id = {invitation.id}")
            await hand.is_refused(hand.transfer("top_up", "bank", "nora", cents))


async def test_an_invitation_costs_something_and_not_a_fortune(
    hand: Hand, school: School, subtests: pytest.Subtests
) -> None:
    invitation = await school.invite(school.lou)
    for cents in (0, -1, 10_000_001):
        with subtests.test(cents=cents):
            await hand.is_refused(f"UPDATE invitation SET amount_cents = {cents} WHERE id = {invitation.id}")


# a transfer fits its kind


async def test_money_comes_from_the_bank_and_goes_back_to_it(hand: Hand, school: School) -> None:
    await hand(hand.transfer("top_up", "bank", "nora", 100))
    await hand(hand.transfer("withdrawal", "nora", "bank", 2_100))
    await hand(hand.transfer("correction", "omar", "nora", 7))
    assert await school.balance_cents(school.nora) == 7
    await hand.books_hold()


async def test_a_transfer_without_invitation_fits_its_kind(hand: Hand, subtests: pytest.Subtests) -> None:
    for kind, source, target, cents in (
        ("top_up", "bank", "nora", 0),
        ("top_up", "bank", "nora", -100),
        ("top_up", "nora", "nora", 100),
        ("top_up", "nora", "bank", 100),
        ("top_up", "omar", "nora", 100),
        ("top_up", "activities", "nora", 100),
        ("top_up", "bank", "activities", 100),
        ("withdrawal", "nora", "bank", 2_001),
        ("withdrawal", "bank", "nora", 100),
        ("withdrawal", "nora", "omar", 100),
        ("withdrawal", "activities", "bank", 100),
        ("correction", "nora", "bank", 2_001),
        ("gift", "bank", "nora", 100),
        ("", "bank", "nora", 100),
        ("payment", "nora", "activities", 500),
        ("carried_over", "former_system", "activities", 500),
        ("refund", "activities", "nora", 500),
        ("top_up", "nowhere", "nora", 100),
    ):
        with subtests.test(f"{kind} from {source} to {target}: {cents}"):
            await hand.is_refused(hand.transfer(kind, source, target, cents))


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
async def test_money_that_crosses_between_two_wallets_never_locks_them_against_each_other(
    hand: Hand, school: School
) -> None:
    """Both wallets are locked in one order, whichever is the source: no deadlock, however many cross."""
    crossing = [hand.transfer("correction", *pair, 1) for pair in [("nora", "omar"), ("omar", "nora")] * 60]
    await asyncio.gather(*[hand(statement) for statement in crossing])
    assert await school.balance_cents(school.nora) == 2_000
    assert await school.balance_cents(school.omar) == 500


async def test_a_top_up_bears_no_answer_number_and_no_invitation(hand: Hand, school: School) -> None:
    invitation = await school.invite(school.lou)
    await hand.is_refused(hand.transfer("top_up", "bank", "nora", 500, number=1))
    await hand.is_refused(hand.transfer("top_up", "bank", "nora", 500, invitation, 1))
    await hand.is_refused(hand.transfer("correction", "bank", "nora", 500, invitation, 0))


async def test_the_key_is_used_once(hand: Hand) -> None:
    await hand(hand.transfer("top_up", "bank", "nora", 100))
    hand.keys -= 1
    await hand.is_refused(hand.transfer("top_up", "bank", "nora", 200))


# a payment fits its invitation


MISFITS: list[tuple[str, str, str, int, object]] = [
    ("payment", "nora", "activities", 499, 1),
    ("payment", "nora", "activities", 501, 1),
    ("payment", "omar", "activities", 500, 1),
    ("payment", "nora", "bank", 500, 1),
    ("payment", "nora", "omar", 500, 1),
    ("payment", "former_system", "activities", 500, 1),
    ("payment", "activities", "nora", 500, 1),
    ("payment", "nora", "activities", 500, 0),
    ("payment", "nora", "activities", 500, 2),
    ("payment", "nora", "activities", 500, "NULL"),
    ("carried_over", "nora", "activities", 500, 1),
    ("carried_over", "activities", "former_system", 500, 1),
    ("carried_over", "former_system", "nora", 500, 1),
    ("refund", "activities", "nora", 500, 1),
    ("correction", "nora", "activities", 500, 1),
    ("withdrawal", "nora", "bank", 500, 1),
    ("gift", "nora", "activities", 500, 1),
]


async def test_a_payment_fits_the_answer_it_pays(hand: Hand, school: School, subtests: pytest.Subtests) -> None:
    invitation = await school.invite(school.lou)
    async with in_transaction("default") as connection:
        hand.db = connection
        await hand.answers(invitation, "paid", 1)
        for kind, source, target, cents, number in MISFITS:
            what = f"{kind} from {source} to {target}: {cents}, answer {number}"
            with subtests.test(what), pytest.raises(IntegrityError):
                async with in_transaction("default"):  # a savepoint: PostgreSQL goes on after a refusal inside it
                    await hand(hand.transfer(kind, source, target, cents, invitation, number))
        await hand(hand.transfer("payment", "nora", "activities", 500, invitation, 1))
    await hand.books_hold()


# the transfers an invitation can have, each from where it comes to where it goes
OF_AN_INVITATION = {
    "payment": ("nora", "activities"),
    "carried_over": ("former_system", "activities"),
    "refund": ("activities", "nora"),
}


async def test_an_invitation_that_is_not_paid_moves_no_money(
    hand: Hand, school: School, subtests: pytest.Subtests
) -> None:
    """Not even a refund: nobody paid."""
    open_one, declined = await school.invite(school.lou), await school.invite(school.lou)
    await hand.answers(declined, "declined", 1)
    for kind, (source, target) in OF_AN_INVITATION.items():
        for invitation, number in ((open_one, 0), (declined, 1)):
            with subtests.test(f"{kind}, answer {number}"):
                await hand.is_refused(hand.transfer(kind, source, target, 500, invitation, number))


async def test_an_answer_is_paid_once(hand: Hand, school: School, subtests: pytest.Subtests) -> None:
    invitation = await school.invite(school.lou)
    await school.pay(invitation)
    for second, (source, target) in OF_AN_INVITATION.items():
        with subtests.test(second):
            await hand.is_refused(hand.transfer(second, source, target, 500, invitation, 1))


async def test_what_the_former_system_was_paid_comes_from_outside(hand: Hand, school: School) -> None:
    invitation = await school.invite(school.lou)
    await hand.answers(invitation, "paid", 1)
    await hand(hand.transfer("carried_over", "former_system", "activities", 500, invitation, 1))
    assert await school.balance_cents(school.nora) == 2_000
    await hand.is_refused(hand.transfer("payment", "nora", "activities", 500, invitation, 1))


# an invitation goes from answer to answer


async def test_paid_declined_with_refund_and_paid_again(hand: Hand, school: School) -> None:
    invitation = await school.invite(school.lou)
    await school.pay(invitation)

    await hand.answers(invitation, "declined", 2)
    await hand(hand.transfer("refund", "activities", "nora", 500, invitation, 2))
    assert await school.balance_cents(school.nora) == 2_000
    await hand.is_refused(hand.transfer("refund", "activities", "nora", 500, invitation, 2))

    await hand.answers(invitation, "paid", 3)
    await hand(hand.transfer("payment", "nora", "activities", 500, invitation, 3))
    assert await school.balance_cents(school.nora) == 1_500
    await hand.books_hold()


async def test_paid_reopened_with_refund_and_declined(hand: Hand, school: School) -> None:
    invitation = await school.invite(school.lou)
    await school.pay(invitation)
    await hand.answers(invitation, "open", 2)
    await hand(hand.transfer("refund", "activities", "nora", 500, invitation, 2))

    await hand.answers(invitation, "declined", 3)
    await hand.is_refused(hand.transfer("refund", "activities", "nora", 500, invitation, 3))  # given back already
    assert await school.balance_cents(school.nora) == 2_000


async def test_a_refund_gives_back_what_was_paid_to_who_paid_it(
    hand: Hand, school: School, subtests: pytest.Subtests
) -> None:
    invitation = await school.invite(school.lou)
    await school.pay(invitation)
    async with in_transaction("default") as connection:
        hand.db = connection
        await hand.answers(invitation, "declined", 2)
        for source, target, cents, number in (
            ("activities", "omar", 500, 2),
            ("bank", "nora", 500, 2),
            ("activities", "nora", 499, 2),
            ("activities", "nora", 501, 2),
            ("activities", "nora", 500, 1),
            ("activities", "nora", 500, 3),
            ("nora", "activities", 500, 2),
        ):
            what = f"from {source} to {target}: {cents}, answer {number}"
            with subtests.test(what), pytest.raises(IntegrityError):
                async with in_transaction("default"):
                    await hand(hand.transfer("refund", source, target, cents, invitation, number))
        await hand(hand.transfer("refund", "activities", "nora", 500, invitation, 2))
    await hand.books_hold()


async def test_an_open_invitation_takes_no_illegal_step(hand: Hand, school: School, subtests: pytest.Subtests) -> None:
    other = await school.invite(school.mia)  # of another child: only the trigger stands in the way
    invitation = await school.invite(school.lou)
    for attack in (
        "status = 'paid'",
        "answer_no = 1",
        "status = 'paid', answer_no = 2",
        "status = 'paid', answer_no = -1",
        "status = 'paid', answer_no = 1, amount_cents = 1",
        "status = 'refunded', answer_no = 1",
        "status = '', answer_no = 1",
        f"debtor_id = {school.omar.id}",
        f"pupil_id = {school.mia.id}",
        f"activity_id = {other.activity_id}",
    ):
        with subtests.test(attack):
            await hand.is_refused(f"UPDATE invitation SET {attack} WHERE id = {invitation.id}")


async def test_an_answered_invitation_keeps_its_answer_and_amount(
    hand: Hand, school: School, subtests: pytest.Subtests
) -> None:
    invitation = await school.invite(school.lou)
    await school.pay(invitation)
    for attack in (
        "amount_cents = 1",
        "status = 'open'",
        "status = 'open', answer_no = 1",
        "status = 'open', answer_no = 0",
        "status = 'declined', answer_no = 3",
        "answer_no = 2",
        "status = 'open', answer_no = 2, amount_cents = 1",
    ):
        with subtests.test(attack):
            await hand.is_refused(f"UPDATE invitation SET {attack} WHERE id = {invitation.id}")


async def test_a_mandatory_activity_is_never_declined(hand: Hand, school: School) -> None:
    invitation = await school.invite(school.lou, mandatory=True)
    await hand.is_refused(hand.step(invitation, "declined", 1))
    await school.pay(invitation)
    await hand.is_refused(hand.step(invitation, "declined", 2))


async def test_an_open_invitation_may_change_its_price_or_be_taken_back(hand: Hand, school: School) -> None:
    invitation = await school.invite(school.lou)
    assert await hand(f"UPDATE invitation SET amount_cents = 900 WHERE id = {invitation.id}") == 1
    assert await hand(f"DELETE FROM invitation WHERE id = {invitation.id}") == 1
    await hand.books_hold()


async def test_an_answered_invitation_is_never_deleted(hand: Hand, school: School) -> None:
    paid, declined = await school.invite(school.lou), await school.invite(school.lou)
    await school.pay(paid)
    await school.decline(declined)
    for invitation in (paid, declined):
        await hand.is_refused(f"DELETE FROM invitation WHERE id = {invitation.id}")
    await hand.is_refused(f"DELETE FROM activity WHERE id = {paid.activity_id}")
    await hand.is_refused(f"DELETE FROM pupil WHERE id = {school.lou.id}")


async def test_an_invitation_begins_open_and_unanswered(hand: Hand, school: School, subtests: pytest.Subtests) -> None:
    other = await school.invite(school.mia)
    for status, number in (("paid", 0), ("paid", 1), ("declined", 1), ("open", 1), ("open", -1)):
        with subtests.test(f"{status}, {number}"):
            await hand.is_refused(
                f"""INSERT INTO invitation
                    (activity_id, pupil_id, debtor_id, amount_cents, status, answer_no, automatic)
                VALUES ({other.activity_id}, {school.lou.id}, {school.nora.id}, 500, '{status}', {number}, false)"""
            )


async def test_a_child_is_invited_once_per_debtor_and_activity(hand: Hand, school: School) -> None:
    invitation = await school.invite(school.lou)
    with pytest.raises(IntegrityError):
        await Invitation.create(
            activity_id=invitation.activity_id,
            pupil_id=invitation.pupil_id,
            debtor_id=invitation.debtor_id,
            amount_cents=500,
        )


async def test_nothing_is_written_through_a_view(hand: Hand, subtests: pytest.Subtests) -> None:
    for view in ("posting", "ledger_drift"):
        with subtests.test(view):
            with pytest.raises(Exception, match=view):
                await hand(f"DELETE FROM {view}")
            await hand.books_hold()
