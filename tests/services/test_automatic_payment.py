"""The rulebook of automatic payment: what is wished is paid, once, the oldest due date first, never below zero."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from datetime import timedelta
from itertools import accumulate, count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tortoise.exceptions import OperationalError

from creos_ui import clock
from creos_ui.errors import AlreadyAnswered, AnsweringClosed, DomainError, InvitationNotFound, NotSaved, PriceChanged
from creos_ui.services.former_system.bringing_over import import_list
from creos_ui.services.invitations import automatic
from creos_ui.services.invitations.answering import set_amount
from creos_ui.services.invitations.automatic import fulfil, fulfil_all, set_pays_mandatory, wish_all
from creos_ui.services.invitations.credit import top_up
from creos_ui.services.invitations.listing import invitations_of
from creos_ui.services.money import ledger
from creos_ui.services.money.books import check_books
from creos_ui.services.money.ledger import AUTOMATIC, Agreed
from models import Account, Activity, Guardian, Invitation, MailMessage, Transfer
from tests.database.interrupting import CUT, interrupted
from tests.databases import fresh_database
from tests.school import School, add_guardian, add_pupil

keys = count(1)


async def credit(guardian: Guardian, cents: int) -> None:
    await top_up(guardian.id, cents, key=f"bank-line-{next(keys):08d}", actor="test")


async def paid(*invitations: Invitation) -> list[bool]:
    found = {i.id: i for i in await Invitation.filter(id__in=[one.id for one in invitations])}
    return [found[one.id].status == "paid" for one in invitations]


async def books_hold() -> None:
    assert [finding for finding in await check_books() if not finding.ok] == []


# a wish for one


async def test_a_wish_is_paid_when_the_credit_arrives_and_says_so(school: School) -> None:
    invitation = await school.invite(school.lou, price_cents=2_500)
    assert await school.wish(invitation) == []
    await credit(school.nora, 499)
    assert await paid(invitation) == [False]
    await credit(school.nora, 1)
    await invitation.refresh_from_db()
    assert (invitation.status, invitation.answer_no, invitation.automatic) == ("paid", 1, True)
    assert invitation.answered_by == AUTOMATIC
    (transfer,) = await Transfer.filter(invitation_id=invitation.id)
    assert (transfer.kind, transfer.actor, transfer.amount_cents) == ("payment", AUTOMATIC, 2_500)
    assert await school.balance_cents(school.nora) == 0
    await books_hold()


async def test_a_wish_the_wallet_can_pay_is_paid_at_once(school: School) -> None:
    invitation = await school.invite(school.lou, price_cents=2_000)
    (transfer,) = await school.wish(invitation)
    assert transfer.invitation_id == invitation.id
    assert await school.balance_cents(school.nora) == 0


async def test_what_nobody_wished_is_not_paid(school: School) -> None:
    invitations = [await school.invite(school.lou, mandatory=mandatory) for mandatory in (False, True)]
    await credit(school.nora, 10_000)
    assert await paid(*invitations) == [False, False]


async def test_a_wish_taken_back_is_none(school: School) -> None:
    invitation = await school.invite(school.lou, price_cents=2_500)
    await school.wish(invitation)
    await school.wish(invitation, on=False)
    await credit(school.nora, 10_000)
    assert await paid(invitation) == [False]


async def test_a_wish_is_for_the_price_that_was_seen(school: School) -> None:
    invitation = await school.invite(school.lou, price_cents=2_500)
    with pytest.raises(PriceChanged):
        await wish_all([Agreed(invitation.id, 2_400)], school.nora.id, True)
    await wish_all([Agreed(invitation.id, 2_500)], school.nora.id, True)
    await set_amount(invitation.id, 2_500)  # the same price: nothing changed
    assert (await Invitation.get(id=invitation.id)).pay_when_credit
    await set_amount(invitation.id, 2_600)
    await credit(school.nora, 10_000)
    assert await paid(invitation) == [False]
    assert not (await Invitation.get(id=invitation.id)).pay_when_credit


async def test_only_the_debtor_wishes_and_only_for_what_is_open(school: School) -> None:
    open_one, answered = await school.invite(school.lou), await school.invite(school.lou)
    closed = await school.invite(school.lou, closes_on=clock.today() - timedelta(days=1))
    await school.decline(answered)
    for on in (True, False):
        with pytest.raises(InvitationNotFound):
            await school.wish(open_one, by=school.omar, on=on)
        with pytest.raises(AlreadyAnswered):
            await school.wish(answered, by=school.nora, on=on)
    with pytest.raises(AnsweringClosed):
        await school.wish(closed)
    await school.wish(closed, on=False)
    assert not await Invitation.filter(pay_when_credit=True).exists()


async def test_numbers_from_nowhere_wish_nothing(school: School, subtests: pytest.Subtests) -> None:
    for invitation_id in (-1, 0, 2**31, 2**63, 10**30):
        with subtests.test(invitation_id=invitation_id), pytest.raises(InvitationNotFound):
            await wish_all([Agreed(invitation_id, 500)], school.nora.id, True)


async def test_a_wish_for_several_is_whole_or_none_and_the_oldest_is_first(school: School) -> None:
    later = await school.invite(school.lou, price_cents=1_500, due_in_days=9)
    sooner = await school.invite(school.lou, price_cents=1_500, due_in_days=5)
    theirs = await school.invite(school.mia)
    with pytest.raises(InvitationNotFound):
        await school.wish(later, sooner, theirs)
    assert not await Invitation.filter(pay_when_credit=True).exists()
    await school.wish(later, sooner)
    assert await paid(sooner, later) == [True, False]


async def test_declining_ends_the_wish(school: School) -> None:
    invitation = await school.invite(school.lou, price_cents=2_500)
    await school.wish(invitation)
    await school.decline(invitation)
    await credit(school.nora, 10_000)
    await invitation.refresh_from_db()
    assert (invitation.status, invitation.pay_when_credit) == ("declined", False)


async def test_what_was_paid_automatically_can_be_declined_and_is_not_paid_again(school: School) -> None:
    invitation = await school.invite(school.lou)
    await school.wish(invitation)
    await invitation.refresh_from_db()
    await school.decline(invitation)
    await credit(school.nora, 100)
    assert await paid(invitation) == [False]
    assert await school.balance_cents(school.nora) == 2_100
    await books_hold()


# the switch


async def test_the_switch_pays_mandatory_ones_of_that_debtor_alone(school: School) -> None:
    mandatory, optional = [await school.invite(school.lou, mandatory=m) for m in (True, False)]
    closed = await school.invite(school.lou, closes_on=clock.today() - timedelta(days=1))
    theirs = await school.invite(school.mia, mandatory=True)
    (transfer,) = await set_pays_mandatory(school.nora.id, True)
    assert transfer.invitation_id == mandatory.id
    assert await paid(mandatory, optional, closed, theirs) == [True, False, False, False]


async def test_switched_off_pays_nothing_more(school: School) -> None:
    await set_pays_mandatory(school.nora.id, True)
    await set_pays_mandatory(school.nora.id, False)
    invitation = await school.invite(school.lou, mandatory=True)
    assert await fulfil(school.nora.id) == []
    assert await paid(invitation) == [False]


async def test_a_line_says_that_it_waits_for_credit(school: School) -> None:
    wished = await school.invite(school.lou, price_cents=9_000)
    mandatory = await school.invite(school.lou, price_cents=9_000, mandatory=True)
    other = await school.invite(school.lou)
    await school.wish(wished)
    await set_pays_mandatory(school.nora.id, True)
    lines = {line.id: line for line in await invitations_of(school.nora.id, [wished.id, mandatory.id, other.id])}
    said = [(lines[i.id].wish, lines[i.id].awaited) for i in (wished, mandatory, other)]
    assert said == [(True, True), (False, True), (False, False)]


# the order


async def test_a_cheaper_later_one_does_not_overtake(school: School) -> None:
    """The first that does not fit ends it: else which credit came first would decide."""
    dear = await school.invite(school.lou, price_cents=2_001, due_in_days=5)
    cheap = await school.invite(school.lou, price_cents=100, due_in_days=6)
    await school.wish(dear, cheap)
    assert await paid(dear, cheap) == [False, False]
    await credit(school.nora, 1)
    assert await paid(dear, cheap) == [True, False]
    await credit(school.nora, 100)
    assert await paid(dear, cheap) == [True, True]


async def test_one_due_on_the_same_day_waits_for_the_older_invitation(school: School) -> None:
    first, second = [await school.invite(school.lou, price_cents=1_500) for _ in range(2)]
    await school.wish(second, first)
    assert await paid(first, second) == [True, False]


async def test_credit_given_back_is_credit(school: School) -> None:
    held = await school.invite(school.lou, price_cents=2_000)
    await school.pay(held)
    wished = await school.invite(school.lou, price_cents=2_000)
    await school.wish(wished)
    await held.refresh_from_db()
    await school.decline(held)
    assert await paid(held, wished) == [False, True]
    assert await school.balance_cents(school.nora) == 0


PRICES = st.lists(st.integers(1, 900), min_size=1, max_size=6)
CREDITS = st.lists(st.integers(1, 900), min_size=1, max_size=6)


async def family(number: int) -> tuple[School, Guardian]:
    parent = await add_guardian(f"Family {number}", "Parent")
    pupil = await add_pupil(f"Family {number}", "Child", parent)
    await set_pays_mandatory(parent.id, True)
    return School(parent, parent, pupil, pupil, pupil), parent


async def happen(prices: list[int], credits: list[int], events: list[str], dues: list[int]) -> tuple[list[bool], int]:
    """Let the events happen in this order: "c" is the next credit, "p" the next publication; what is paid at the end,
    in the order of the due dates, and the balance."""
    school, parent = await family(next(keys))
    published: dict[int, Invitation] = {}
    coming, money = iter(enumerate(dues)), iter(credits)
    for event in events:
        if event == "c":
            await credit(parent, next(money))
        else:
            _, due = next(coming)
            published[due] = await school.invite(
                school.lou, debtor=parent, price_cents=prices[due], mandatory=True, due_in_days=due + 1,
                title=f"Family {parent.id}",
            )  # fmt: skip
            await fulfil_all()
        assert await school.balance_cents(parent) >= 0
    in_order = [published[due] for due in sorted(published)]
    return await paid(*in_order), await school.balance_cents(parent)


def expected(prices: list[int], credits: list[int]) -> tuple[list[bool], int]:
    """The longest row of the oldest ones that all the credit together can pay."""
    total = sum(credits)
    row = [so_far <= total for so_far in accumulate(prices)]
    return row, total - sum(price for price, fits in zip(prices, row, strict=True) if fits)


def test_the_order_of_events_cannot_change_the_result(database_kind: str) -> None:
    """Whatever order the credits come in, between, before or after the publications, which come by due date; and
    whatever order the publications come in, where the credit comes after them."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        runner.run(stack.enter_async_context(fresh_database(database_kind)))

        @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(PRICES, CREDITS, st.data())
        def holds(prices: list[int], credits: list[int], data: st.DataObject) -> None:
            wanted = expected(prices, credits)
            shuffled = data.draw(st.permutations(credits))
            events = data.draw(st.permutations("p" * len(prices) + "c" * len(credits)))
            assert runner.run(happen(prices, shuffled, events, list(range(len(prices))))) == wanted
            dues = data.draw(st.permutations(range(len(prices))))
            last = ["p"] * len(prices) + ["c"] * len(credits)
            assert runner.run(happen(prices, shuffled, last, dues)) == wanted

        try:
            holds()
            assert [finding for finding in runner.run(check_books()) if not finding.ok] == []
        finally:
            runner.run(stack.aclose())


async def test_credits_that_arrive_all_at_once_do_as_one(school: School) -> None:
    prices, credits = [700, 900, 400, 800], [300, 650, 100, 800, 400]
    for _ in range(5):
        own, parent = await family(next(keys))
        invitations = [
            await own.invite(own.lou, debtor=parent, price_cents=price, mandatory=True, due_in_days=n,
                             title=f"Family {parent.id}")
            for n, price in enumerate(prices, 1)
        ]  # fmt: skip
        await asyncio.gather(*[credit(parent, cents) for cents in credits])
        assert (await paid(*invitations), await own.balance_cents(parent)) == expected(prices, credits)
    await books_hold()


# once


async def test_twenty_fulfilments_at_once_pay_once(school: School) -> None:
    invitations = [await school.invite(school.lou, price_cents=300, mandatory=True) for _ in range(5)]
    await Guardian.filter(id=school.nora.id).update(pays_mandatory=True)
    results = await asyncio.gather(*[fulfil(school.nora.id) for _ in range(20)])
    assert sorted(t.invitation_id or 0 for result in results for t in result) == [one.id for one in invitations]
    assert await Transfer.filter(kind="payment").count() == 5
    assert await school.balance_cents(school.nora) == 500
    await books_hold()


async def test_a_click_and_a_fulfilment_at_once_pay_once(school: School) -> None:
    for _ in range(15):
        invitation = await school.invite(school.lou, price_cents=100)
        await Invitation.filter(id=invitation.id).update(pay_when_credit=True)
        pays, _ = await asyncio.gather(school.pay(invitation), fulfil(school.nora.id), return_exceptions=True)
        assert isinstance(pays, list | DomainError)
        assert await Transfer.filter(invitation_id=invitation.id).count() == 1
    assert await school.balance_cents(school.nora) == 500


async def test_a_decline_and_a_fulfilment_at_once_leave_one_answer(school: School) -> None:
    for _ in range(15):
        invitation = await school.invite(school.lou, price_cents=100)
        await Invitation.filter(id=invitation.id).update(pay_when_credit=True)
        await asyncio.gather(school.decline(invitation), fulfil(school.nora.id), return_exceptions=True)
        now = await Invitation.get(id=invitation.id)
        assert now.status in ("paid", "declined")
        assert now.answer_no == 1
    await books_hold()


async def test_a_bank_line_delivered_again_pays_nothing_twice(school: School) -> None:
    invitation = await school.invite(school.lou, price_cents=2_500)
    await school.wish(invitation)
    for _ in range(3):
        await top_up(school.nora.id, 3_000, key="one-and-the-same-line", actor="test")
    assert await school.balance_cents(school.nora) == 2_500
    assert await Transfer.filter(invitation_id=invitation.id).count() == 1


async def test_a_top_up_cut_off_anywhere_is_made_good_by_the_same_top_up(school: School) -> None:
    """The bank's line is sent again until it is acknowledged: by then the wish is fulfilled, and once."""
    for suspension in range(1, 80):
        own, parent = await family(next(keys))
        invitation = await own.invite(
            own.lou, debtor=parent, price_cents=500, mandatory=True, title=f"Family {parent.id}"
        )
        key = f"bank-line-{next(keys):08d}"
        outcome = await interrupted(top_up(parent.id, 500, key=key, actor="test"), suspension)
        await top_up(parent.id, 500, key=key, actor="test")
        assert await paid(invitation) == [True]
        assert await own.balance_cents(parent) == 0
        if outcome is not CUT:
            break
    assert outcome is not CUT
    assert suspension > 8
    await books_hold()


async def test_a_database_that_fails_while_a_wish_is_paid_takes_the_credit_back_and_the_same_line_brings_both(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    invitation = await school.invite(school.lou, price_cents=2_500)
    await school.wish(invitation)

    async def broken(*_: object, **__: object) -> None:
        raise OperationalError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "pay", broken)
        with pytest.raises(NotSaved):
            await top_up(school.nora.id, 1_000, key="one-and-the-same-line", actor="test")
    assert await school.balance_cents(school.nora) == 2_000
    assert await paid(invitation) == [False]
    await top_up(school.nora.id, 1_000, key="one-and-the-same-line", actor="test")
    assert await school.balance_cents(school.nora) == 500
    assert await paid(invitation) == [True]


async def test_a_published_list_stays_published_where_the_database_fails_while_paying_wishes(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_pays_mandatory(school.nora.id, True)
    invitation = await school.invite(school.lou, mandatory=True)

    async def broken(*_: object, **__: object) -> None:
        raise OperationalError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "pay", broken)
        assert await fulfil_all() == []
    assert await paid(invitation) == [False]
    assert len(await fulfil_all()) == 1
    assert await paid(invitation) == [True]


async def test_a_family_whose_wishes_fail_is_logged_and_holds_up_no_other(
    school: School, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As the portal starts, nobody awaits it: what is not logged there, nobody learns."""
    await set_pays_mandatory(school.nora.id, True)
    await set_pays_mandatory(school.omar.id, True)
    noras, omars = [await school.invite(child, price_cents=100, mandatory=True) for child in (school.lou, school.mia)]
    pay = ledger.pay

    async def broken_for_nora(connection: Any, claimed: ledger.Claimed, **named: Any) -> Transfer:
        assert claimed.debtor_id != school.nora.id, "our own mistake"
        return await pay(connection, claimed, **named)

    monkeypatch.setattr(ledger, "pay", broken_for_nora)
    assert [one.invitation_id for one in await fulfil_all()] == [omars.id]
    assert await paid(noras, omars) == [False, True]
    assert f"guardian {school.nora.id} " in caplog.text
    assert "our own mistake" in caplog.text


async def test_a_database_that_fails_when_asked_who_wishes_undoes_no_list_and_is_logged(
    db: object, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is asked after the list is committed: a fault here must not read as if nothing had been brought over."""

    async def gone(*_: object) -> None:
        raise OperationalError("the connection is gone")

    monkeypatch.setattr(automatic, "rows", gone)
    assert await fulfil_all() == []
    assert "the connection is gone" in caplog.text


# publishing, and telling


async def test_a_published_list_is_paid_by_who_switched_it_on(school: School, tmp_path: Path) -> None:
    await set_pays_mandatory(school.nora.id, True)
    due = clock.today() + timedelta(days=9)
    file = tmp_path / "list.csv"
    heads = "Date de début;Bénéficiaire;Débiteur;Description de l’invitation à payer;Montant;Échéance"
    heads += ";Date de paiement;Date de refus;Obligatoire"
    rows = [
        f"{due:%d/%m/%Y};{child};{debtor};Classes vertes;15,00 €;{due:%d/%m/%Y};;;{mandatory}"
        for child, debtor, mandatory in (("Peeters Lou", "Peeters Nora", "oui"), ("Haddad Mia", "Haddad Omar", "oui"))
    ]
    file.write_text("\n".join([heads, *rows]), "utf-8")
    report = await import_list(file, documents_folder=tmp_path)
    assert report.applied, report.faults
    answers = {i.debtor_id: (str(i.status), i.automatic) for i in await Invitation.all()}
    assert answers == {school.nora.id: ("paid", True), school.omar.id: ("open", False)}
    assert await Activity.all().count() == 1
    assert await school.balance_cents(school.nora) == 500


async def test_it_is_told_by_mail_once_and_only_when_paid(school: School) -> None:
    await Account.create(identifier="peeters.nora", guardian_id=school.nora.id, email="nora@example.org")
    invitation = await school.invite(school.lou, price_cents=2_500)
    await school.wish(invitation)
    assert await MailMessage.all().count() == 0
    await credit(school.nora, 10_000)
    await fulfil(school.nora.id)
    (message,) = await MailMessage.all()
    assert (message.kind, message.address) == ("receipt", "nora@example.org")
    facts = json.loads(message.facts)
    assert (facts["automatic"], facts["lines"]) == (True, [[invitation.id, 2_500]])
