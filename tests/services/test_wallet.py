"""What a guardian sees of their wallet, against what the ledger says; and what it will have to pay."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from creos_ui import clock
from creos_ui.database.transactions import default_connection, rows
from creos_ui.services.invitations import credit
from creos_ui.services.invitations.answering import decline_invitation
from creos_ui.services.invitations.due import MOST_DUE, Due, due_next, suggested_amounts
from creos_ui.services.money import ledger, wallet
from creos_ui.services.money.wallet import LARGEST_PAGE, Movement, all_movements, balance_over_time, movements
from models import Guardian, Invitation, TransferKind
from tests.school import School, add_guardian, new_key


async def everything(guardian: Guardian) -> list[Movement]:
    return [line async for some in all_movements(guardian.id) for line in some]


async def as_the_ledger_has_it(guardian: Guardian) -> list[tuple[int, int, int]]:
    """(transfer, signed amount, balance after it), newest first, added up one by one."""
    account = await ledger.wallet_of(guardian.id)
    found = await rows(
        default_connection(),
        "SELECT transfer_id, amount_cents FROM posting WHERE account_id = $1 ORDER BY transfer_id",
        account.id,
    )
    balance, lines = 0, []
    for row in found:
        balance += int(row["amount_cents"])
        lines.append((int(row["transfer_id"]), int(row["amount_cents"]), balance))
    return lines[::-1]


async def top_up(guardian: Guardian, cents: int) -> None:
    await credit.top_up(guardian.id, cents, key=new_key(), actor="test")


async def test_each_movement_says_what_it_was_for_and_what_remained(school: School) -> None:
    museum = await school.invite(school.lou, price_cents=1_250, title="Musée du jouet")
    await school.pay(museum)
    await top_up(school.nora, 3_000)
    await decline_invitation(museum.id, debtor_id=school.nora.id, answer_no=1, actor="account:1")

    found = await movements(school.nora.id)
    assert [(line.kind, line.cents, line.balance_cents) for line in found.lines] == [
        (TransferKind.REFUND, 1_250, 5_000),
        (TransferKind.TOP_UP, 3_000, 3_750),
        (TransferKind.PAYMENT, -1_250, 750),
        (TransferKind.TOP_UP, 2_000, 2_000),
    ]
    assert [(line.title, line.child) for line in found.lines] == [
        ("Musée du jouet 1", "Peeters Lou"),
        (None, None),
        ("Musée du jouet 1", "Peeters Lou"),
        (None, None),
    ]
    assert {line.day for line in found.lines} == {clock.today()}
    assert not any(line.automatic for line in found.lines)
    assert found.lines[0].balance_cents == await school.balance_cents(school.nora)


async def test_the_running_balance_is_the_ledgers_at_every_row(school: School) -> None:
    for number in range(12):
        await top_up(school.nora, 100 + number)
        await top_up(school.omar, 7)  # another family's transfers lie between
        await school.pay(await school.invite(school.tim, price_cents=50 + number))
    expected = await as_the_ledger_has_it(school.nora)
    assert len(expected) == 25
    assert [(m.id, m.cents, m.balance_cents) for m in await everything(school.nora)] == expected
    paged = []
    for page in range(1, 6):
        found = await movements(school.nora.id, page=page, page_size=6)
        assert (found.total, found.page, found.last) == (25, page, 5)
        paged += [(m.id, m.cents, m.balance_cents) for m in found.lines]
    assert paged == expected


async def test_an_export_reads_in_pages_without_a_gap(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wallet, "AT_ONCE", 3)
    for cents in range(1, 11):
        await top_up(school.nora, cents)
    reading = all_movements(school.nora.id)
    first = await anext(reading)
    await top_up(school.nora, 99)  # while it is being read: neither shown twice nor in another's place
    rest = [line async for some in reading for line in some]
    assert [m.cents for m in [*first, *rest]] == [*range(10, 0, -1), 2_000]


async def test_a_page_that_is_none_is_one_that_is(school: School, subtests: pytest.Subtests) -> None:
    for cents in range(1, 12):
        await top_up(school.nora, cents)
    pages: list[Any] = [0, -1, 10**30, "2", None, 1.5, True, "1; DROP TABLE transfer", [3]]
    for page in pages:
        with subtests.test(page=page):
            found = await movements(school.nora.id, page=page)
            assert found.page in (1, 2)
            assert found.lines
            assert found.total == 12


async def test_a_page_has_its_bounds(school: School, subtests: pytest.Subtests) -> None:
    for cents in range(1, 61):
        await top_up(school.nora, cents)
    sizes: list[tuple[Any, int]] = [(10**9, LARGEST_PAGE), (0, 1), (-5, 1), ("50", 10), (None, 10)]
    for size, number in sizes:
        with subtests.test(size=size):
            assert len((await movements(school.nora.id, page_size=size)).lines) == number


async def test_another_familys_movements_are_never_among_them(school: School) -> None:
    await school.pay(await school.invite(school.mia, title="Théâtre"), payer=school.omar)
    await school.pay(await school.invite(school.lou, title="Piscine"))
    noras, omars = await everything(school.nora), await everything(school.omar)
    assert not {m.id for m in noras} & {m.id for m in omars}
    assert [m.title for m in omars] == ["Théâtre 1", None]
    assert [m.title for m in noras] == ["Piscine 2", None]
    assert [line.balance_cents for line in omars] == [0, 500]


async def test_what_the_former_system_was_paid_touched_no_wallet(school: School) -> None:
    before = await everything(school.nora)
    invitation = await school.invite(school.lou, price_cents=700)
    await school.carry_over(invitation)
    assert await everything(school.nora) == before


async def test_a_payment_made_by_itself_is_marked_so_for_ever(school: School) -> None:
    invitation = await school.invite(school.lou, price_cents=4_000)
    await school.wish(invitation)
    await top_up(school.nora, 3_000)
    assert [line.automatic for line in await everything(school.nora)] == [True, False, False]
    await decline_invitation(invitation.id, debtor_id=school.nora.id, answer_no=1, actor="account:1")
    assert [line.automatic for line in await everything(school.nora)] == [False, True, False, False]


async def test_a_wallet_without_movements_has_none_to_show(school: School) -> None:
    poor = await add_guardian("Claes", "Ann")
    found = await movements(poor.id)
    assert (found.lines, found.total, found.page, found.last) == ([], 0, 1, 1)
    assert await balance_over_time(poor.id) == []
    assert await due_next(poor.id) == Due([], 0, 0, 0)


async def test_the_balance_over_time_ends_with_todays(school: School) -> None:
    await school.pay(await school.invite(school.lou, price_cents=300))
    today = clock.today()
    points = await balance_over_time(school.nora.id)
    assert [(p.day, p.balance_cents) for p in points] == [(today - timedelta(days=1), 0), (today, 1_700)]


async def test_what_was_held_before_the_chart_begins_is_its_first_point(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.noon_of(clock.today())  # at midnight summer time makes a day of difference
    ann = await add_guardian("Claes", "Ann")
    for days, cents in ((400, 100), (390, 200), (40, 400), (10, 800)):
        monkeypatch.setattr(clock, "now", lambda days=days: now - timedelta(days=days))
        await top_up(ann, cents)
    monkeypatch.setattr(clock, "now", lambda: now)
    points = await balance_over_time(ann.id)
    ago = [((clock.today() - p.day).days, p.balance_cents) for p in points]
    assert ago == [(365, 300), (40, 700), (10, 1_500), (0, 1_500)]


# what is due


async def test_the_next_thirty_days_against_the_balance(school: School) -> None:
    late = await school.invite(school.tim, price_cents=600, due_in_days=-3, title="Patinoire")
    last = await school.invite(school.lou, price_cents=1_500, due_in_days=30, mandatory=True)
    await school.invite(school.lou, price_cents=9_000, due_in_days=31)
    await school.invite(school.mia, price_cents=9_000)  # another family's
    await school.invite(school.tim, price_cents=9_000, closes_on=clock.today() - timedelta(days=1))
    await school.pay(await school.invite(school.tim, price_cents=100))
    await school.decline(await school.invite(school.tim, price_cents=100))

    due = await due_next(school.nora.id)
    assert [(line.id, line.late, line.mandatory, line.child) for line in due.lines] == [
        (late.id, True, False, "Tim"),
        (last.id, False, True, "Lou"),
    ]
    assert (due.count, due.total_cents, due.balance_cents, due.missing_cents) == (2, 2_100, 1_900, 200)
    await top_up(school.nora, due.missing_cents)
    assert (await due_next(school.nora.id)).missing_cents == 0
    ever = await due_next(school.nora.id, days=None)
    assert (ever.count, ever.total_cents) == (3, 11_100)


async def test_the_sum_counts_what_the_list_leaves_out(school: School) -> None:
    for _ in range(13):
        await school.invite(school.lou, price_cents=100)
    due = await due_next(school.nora.id)
    assert (len(due.lines), due.count, due.total_cents) == (MOST_DUE, 13, 1_300)


@pytest.mark.parametrize(
    ("total", "balance", "suggested"),
    [
        (0, 4_200, [(1_000, False), (5_000, False)]),
        (14_100, 4_200, [(1_000, False), (9_900, True), (5_000, False)]),
        (2_100, 4_200, [(1_000, False), (2_100, True), (5_000, False)]),  # the balance would do: all that is due
        (2_000, 1_000, [(1_000, True), (5_000, False)]),  # the same amount is not offered twice
        (5_000, 0, [(1_000, False), (5_000, True)]),
        (10**12, 0, [(1_000, False), (99_999_999, True), (5_000, False)]),
    ],
)
def test_suggested_amounts(total: int, balance: int, suggested: list[tuple[int, bool]]) -> None:
    found = suggested_amounts(Due([], 1, total, balance))
    assert [(one.amount_cents, one.pays_all) for one in found] == suggested


async def test_tout_payer_pays_everything_to_the_cent(school: School) -> None:
    invitations: list[Invitation] = [await school.invite(school.lou, price_cents=1_111) for _ in range(3)]
    due = await due_next(school.nora.id, days=None)
    (everything_,) = (one for one in suggested_amounts(due) if one.pays_all)
    await top_up(school.nora, everything_.amount_cents)
    await school.pay(*invitations)
    assert await school.balance_cents(school.nora) == 0
