"""What a debtor sees of their invitations: found, counted, sorted and paged alike on both databases."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any

import pytest
import time_machine

from creos_ui import clock
from creos_ui.database import transactions
from creos_ui.services.invitations import listing
from creos_ui.services.invitations.due import due_next
from creos_ui.services.invitations.listing import (
    LARGEST_PAGE,
    SORTS,
    Line,
    Tab,
    Wanted,
    children_of,
    counts_of,
    invitations_of,
    page_of_invitations,
)
from models import Activity, Document, Invitation, Pupil, folded
from tests.school import School, add_pupil

EVERYTHING = Wanted(tab=Tab.ALL, page_size=LARGEST_PAGE)


async def titles(debtor: Any, **wanted: Any) -> list[str]:
    """The titles on that page, without the number the cast gives them."""
    page = await page_of_invitations(debtor.id, replace(EVERYTHING, **wanted))
    assert page.total == len(page.lines)
    return [line.title.rsplit(" ", 1)[0] for line in page.lines]


# tabs, counts, children


async def test_each_tab_shows_its_own_and_the_counts_agree(school: School) -> None:
    for _ in range(3):
        await school.invite(school.lou, price_cents=100)
    await school.pay(await school.invite(school.lou), await school.invite(school.tim))
    await school.decline(await school.invite(school.tim))
    await school.invite(school.mia)

    counts = await counts_of(school.nora.id)
    assert (counts.open, counts.paid, counts.declined, counts.all, counts.due_cents) == (3, 2, 1, 6, 300)
    for tab, number in ((Tab.OPEN, 3), (Tab.PAID, 2), (Tab.DECLINED, 1), (Tab.ALL, 6)):
        page = await page_of_invitations(school.nora.id, Wanted(tab=tab))
        assert (page.total, len(page.lines)) == (number, number)
        assert {str(line.status) for line in page.lines} == ({"open", "paid", "declined"} if tab == "all" else {tab})

    tims = await counts_of(school.nora.id, school.tim.id)
    assert (tims.open, tims.paid, tims.declined, tims.due_cents) == (0, 1, 1, 0)


async def test_what_nobody_can_answer_any_more_is_found_among_all_and_counted_nowhere_else(school: School) -> None:
    """The list and the wallet say the same sum; what was due over a year ago can be paid, and stands apart."""
    due = await school.invite(school.lou, price_cents=100, mandatory=True)
    closed = await school.invite(school.lou, price_cents=700, closes_on=clock.today() - timedelta(days=1))
    over = await school.invite(school.lou, price_cents=900)
    old = await school.invite(school.tim, price_cents=1_200, due_in_days=-400, mandatory=True)
    await Activity.filter(id=over.activity_id).update(starts_on=clock.today() - timedelta(days=1))

    counts = await counts_of(school.nora.id)
    assert (counts.open, counts.all, counts.due, counts.due_cents) == (2, 4, 1, 100)
    assert (counts.old, counts.old_cents) == (1, 1_200)
    wallet = await due_next(school.nora.id, days=None)
    assert (wallet.count, wallet.total_cents) == (counts.due, counts.due_cents)

    waiting = {line.id: line for line in (await page_of_invitations(school.nora.id, Wanted())).lines}
    assert set(waiting) == {due.id, old.id}
    assert [(line.can_be_paid, line.payable) for line in (waiting[due.id], waiting[old.id])] == [
        (True, True),
        (True, False),
    ]
    everything = (await page_of_invitations(school.nora.id, EVERYTHING)).lines
    assert {line.id for line in everything if line.too_late} == {closed.id, over.id}
    assert (await counts_of(school.nora.id, school.tim.id)).old == 1


async def test_a_family_without_invitations_sees_an_empty_page(school: School) -> None:
    page = await page_of_invitations(school.nora.id, Wanted(page=7))
    assert (page.lines, page.total) == ([], 0)
    assert (await counts_of(school.nora.id)).all == 0
    assert await children_of(school.nora.id) == []


async def test_one_child_at_a_time(school: School) -> None:
    for pupil in (school.tim, school.lou, school.tim):
        await school.invite(pupil)
    assert await children_of(school.nora.id) == [(school.lou.id, "Lou"), (school.tim.id, "Tim")]
    page = await page_of_invitations(school.nora.id, Wanted(pupil_id=school.tim.id))
    assert [line.pupil_first_name for line in page.lines] == ["Tim", "Tim"]


async def test_another_familys_rows_never_appear(school: School) -> None:
    """Not by a filter, a search, a child of theirs or an id; and mia, invited by both parents, shows each their own."""
    theirs = await school.invite(school.mia, title="Piscine")
    await school.invite(school.mia, debtor=school.nora, title="Théâtre")

    assert await titles(school.nora) == ["Théâtre"]
    assert await titles(school.nora, search="piscine") == []
    assert await titles(school.nora, pupil_id=school.mia.id) == ["Théâtre"]
    assert await titles(school.omar) == ["Piscine"]
    assert await invitations_of(school.nora.id, [theirs.id]) == []
    assert len(await invitations_of(school.omar.id, [theirs.id])) == 1
    assert (await counts_of(school.nora.id, school.mia.id)).all == 1
    assert (await counts_of(school.omar.id, school.lou.id)).all == 0


# search


SEARCHES = [
    ("", ["Musée du jouet", "100% vélo", "Classe_verte", "Œufs de Pâques", "~ Yoga ~", "L’été d'Émile"]),
    ("   ", ["Musée du jouet", "100% vélo", "Classe_verte", "Œufs de Pâques", "~ Yoga ~", "L’été d'Émile"]),
    ("musee", ["Musée du jouet"]),
    ("MUSÉE", ["Musée du jouet"]),
    ("jouet musee", ["Musée du jouet"]),  # every word, in any order
    ("musee velo", []),
    ("usé", ["Musée du jouet"]),
    ("oeufs", ["Œufs de Pâques"]),
    ("ŒUFS pâques", ["Œufs de Pâques"]),
    ("l'été", ["L’été d'Émile"]),
    ("L’ETE D’emile", ["L’été d'Émile"]),
    ("tim", ["100% vélo", "~ Yoga ~"]),  # the child's name
    ("peeters yoga", ["~ Yoga ~"]),  # the child's name and the activity
    ("%", ["100% vélo"]),
    ("1%o", []),
    ("_", ["Classe_verte"]),
    ("classe-verte", []),
    ("~", ["~ Yoga ~"]),
    ("~%", []),
    ("\\", []),
    ("'; DROP TABLE transfer; --", []),
    ("?1 $1 {place}", []),
    ("😀", []),
    ("musee\x00", ["Musée du jouet"]),
    ("\x00", ["Musée du jouet", "100% vélo", "Classe_verte", "Œufs de Pâques", "~ Yoga ~", "L’été d'Émile"]),
    ("musee\ud800jouet", ["Musée du jouet"]),
    ("m" * 100_000, []),
    ("jouet " * 50_000, ["Musée du jouet"]),
    ("ﷺ" * 80, []),
]


async def test_search_finds_words_in_title_and_name_and_nothing_is_a_wildcard(
    school: School, subtests: pytest.Subtests
) -> None:
    for pupil, title in (
        (school.lou, "Musée du jouet"),
        (school.tim, "100% vélo"),
        (school.lou, "Classe_verte"),
        (school.lou, "Œufs de Pâques"),
        (school.tim, "~ Yoga ~"),
        (school.lou, "L’été d'Émile"),
    ):
        await school.invite(pupil, title=title)
    for search, found in SEARCHES:
        with subtests.test(search=search):
            assert await titles(school.nora, search=search) == found


# sorting


async def motley(school: School) -> None:
    """Sixteen invitations that differ in everything a column can sort by, with ties and empty fields."""
    names = ["De Smet", "Declercq", "D'hondt", "Dhondt", "Ünal", "Van den Berg", "Vandenberg", "Zoë"]
    pupils = [await add_pupil(last, first, school.nora) for last in names for first in ("Éva", "Bo")]
    prices = [500, 1, 500, 99_999, 1_000, 1, 500, 80] * 2
    activities = ["écriture", "Eau", "zoo", "Âne", "100 % vélo", "a b", "ab", "Œuf"] * 2
    paid, declined = [], []
    for number, (pupil, price, title) in enumerate(zip(pupils, prices, activities, strict=True)):
        invitation = await school.invite(pupil, price_cents=price, title=title, due_in_days=number * 5 % 7)
        if number % 4 == 1 and price < 1_000:
            paid.append(invitation)
        elif number % 4 == 2:
            declined.append(invitation)
    for invitation in paid:
        await school.pay(invitation)
    for invitation in declined:
        await school.decline(invitation)
    for number, invitation in enumerate(paid + declined):  # some on the very same instant, one on a whole second
        at = datetime(2026, 3, 1 + number * 3 % 4, 12, tzinfo=UTC) + timedelta(microseconds=number // 4)
        await Invitation.filter(id=invitation.id).update(answered_at=at, automatic=number % 2 == 0)


def by(column: str) -> Callable[[Line], Any]:
    """What a line is sorted by: words without case and accents, the rest as it is."""

    def value(line: Line) -> Any:
        found = getattr(line, "amount_cents" if column == "amount" else column)
        return folded(found) if isinstance(found, str) else found

    return value


BOTH_WAYS = [(column, descending) for column in SORTS for descending in (False, True)]


async def test_every_column_sorts_both_ways_with_empty_fields_last(school: School, subtests: pytest.Subtests) -> None:
    await motley(school)
    for column, descending in BOTH_WAYS:
        with subtests.test(column, descending=descending):
            page = await page_of_invitations(school.nora.id, replace(EVERYTHING, sort=column, descending=descending))
            of = by(column)
            full = [line for line in page.lines if of(line) is not None]
            empty = [line for line in page.lines if of(line) is None]
            assert page.lines == full + empty
            assert [of(line) for line in full] == sorted((of(line) for line in full), reverse=descending)
            assert [line.id for line in empty] == sorted((line.id for line in empty), reverse=descending)
            if column in ("paid_on", "declined_on"):  # sorted by the instant, shown by the day
                assert len(full) >= 3
                assert empty
            else:
                assert full == sorted(full, key=lambda line: (by(column)(line), line.id), reverse=descending)


async def test_pages_of_any_column_put_together_are_the_whole_list(school: School, subtests: pytest.Subtests) -> None:
    """Equal rows keep their places from page to page: none is shown twice, none is lost."""
    await motley(school)

    async def ids(wanted: Wanted) -> list[int]:
        return [line.id for line in (await page_of_invitations(school.nora.id, wanted)).lines]

    for column, descending in BOTH_WAYS:
        with subtests.test(column, descending=descending):
            wanted = replace(EVERYTHING, sort=column, descending=descending)
            pages = [await ids(replace(wanted, page=n, page_size=3)) for n in range(1, 7)]
            assert list(chain(*pages)) == await ids(wanted)
            assert [len(page) for page in pages] == [3, 3, 3, 3, 3, 1]


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
async def test_names_sort_alike_whatever_language_the_server_speaks(db: Any) -> None:
    sorted_by_codes = await db.execute_query_dict(
        "SELECT table_name, column_name FROM information_schema.columns WHERE collation_name = 'C'"
    )
    assert {tuple(row.values()) for row in sorted_by_codes} >= {
        ("guardian", "name_key"),
        ("pupil", "name_key"),
        ("activity", "title_key"),
    }


# paging, and what a browser may send instead


async def test_a_page_before_the_first_is_the_first_and_one_past_the_last_is_the_last(
    school: School, subtests: pytest.Subtests
) -> None:
    """Six rows in pages of three: the last page is full, and there is none behind it."""
    ids = [(await school.invite(school.lou)).id for _ in range(6)]
    firsts = {-(10**30): 0, -1: 0, 0: 0, 1: 0, 2: 3, 3: 3, 10**9: 3, 2**31: 3, 2**63: 3, 10**30: 3}
    for page, first in firsts.items():
        with subtests.test(page=page):
            found = await page_of_invitations(school.nora.id, Wanted(page=page, page_size=3))
            assert [line.id for line in found.lines] == ids[first : first + 3]
            assert found.total == 6


async def test_a_page_is_neither_empty_nor_endless(school: School, subtests: pytest.Subtests) -> None:
    activity = await Activity.get(id=(await school.invite(school.lou)).activity_id)
    pupils = [await Pupil.create(last_name="x", first_name=str(n), name_key=f"x {n}") for n in range(55)]
    await Invitation.bulk_create(
        [Invitation(activity=activity, pupil=pupil, debtor=school.nora, amount_cents=1) for pupil in pupils]
    )
    for page_size, shown in ((-5, 1), (0, 1), (1, 1), (50, 50), (51, 50), (10**30, 50)):
        with subtests.test(page_size=page_size):
            assert len((await page_of_invitations(school.nora.id, Wanted(page_size=page_size))).lines) == shown


HOSTILE: list[Any] = [
    None,
    float("nan"),
    float("inf"),
    1.5,
    "1",
    "1 OR 1=1",
    "",
    [],
    [1],
    {},
    {"a": 1},
    b"x",
    True,
    object(),
]


async def test_nonsense_from_a_browser_is_the_default(school: School, subtests: pytest.Subtests) -> None:
    invitation = await school.invite(school.lou)
    await school.invite(school.mia)
    for field in ("tab", "search", "sort", "descending", "page", "page_size"):
        for value in [*HOSTILE, "i.id; --", "a.starts_on", "__class__"]:
            if field == "search" and isinstance(value, str):
                continue
            with subtests.test(field, value=value):
                found = await page_of_invitations(school.nora.id, replace(Wanted(), **{field: value}))
                assert [line.id for line in found.lines] == [invitation.id]


async def test_a_child_nobody_has_has_no_invitations(school: School, subtests: pytest.Subtests) -> None:
    await school.invite(school.lou)
    for value in [0, -1, 2**31, 2**63, -(2**63), 10**30, *HOSTILE[1:]]:
        with subtests.test(value=value):
            assert (await page_of_invitations(school.nora.id, Wanted(pupil_id=value))).total == 0
            assert (await counts_of(school.nora.id, value)).all == 0
            assert await invitations_of(school.nora.id, [value]) == []


async def test_no_more_than_a_page_of_ids_is_looked_up(school: School) -> None:
    invitation = await school.invite(school.lou)
    assert [line.id for line in await invitations_of(school.nora.id, [invitation.id] * 1000)] == [invitation.id]
    assert await invitations_of(school.nora.id, [*range(10**6, 10**6 + LARGEST_PAGE), invitation.id]) == []
    assert await invitations_of(school.nora.id, []) == []


# one line


async def test_what_is_late_may_be_answered_until_it_is_closed(school: School, subtests: pytest.Subtests) -> None:
    for due_in_days, closes_in_days, late, closed in (
        (-1, None, True, False),
        (0, None, False, False),
        (1, None, False, False),
        (-1, 0, True, False),
        (-1, -1, True, True),
        (1, -1, False, True),
    ):
        closes_on = None if closes_in_days is None else clock.today() + timedelta(days=closes_in_days)
        for mandatory in (False, True):
            await school.invite(school.lou, due_in_days=due_in_days, closes_on=closes_on, mandatory=mandatory)
            with subtests.test(due_in_days=due_in_days, closes_in_days=closes_in_days, mandatory=mandatory):
                everything = Wanted(tab=Tab.ALL)
                newest = max((await page_of_invitations(school.nora.id, everything)).lines, key=lambda line: line.id)
                assert (newest.late, newest.too_late) == (late, closed and not mandatory)
                assert newest.payable is (mandatory or not closed)
                assert newest.declinable is (not closed and not mandatory)


async def test_an_answered_invitation_is_neither_late_nor_payable(school: School) -> None:
    await school.pay(await school.invite(school.lou, due_in_days=-3))
    await school.decline(await school.invite(school.lou, due_in_days=-3))
    for line in (await page_of_invitations(school.nora.id, EVERYTHING)).lines:
        assert (line.late, line.payable) == (False, False)


async def test_days_are_counted_as_the_school_counts_them(school: School) -> None:
    """Half past eleven in the evening in London is half past midnight in Brussels: the next day."""
    with time_machine.travel(datetime(2026, 1, 10, 23, 30, tzinfo=UTC), tick=True):
        paid, declined = await school.invite(school.lou, due_in_days=0), await school.invite(school.lou, due_in_days=-1)
        await school.pay(paid)
        await school.decline(declined)
        await school.invite(school.tim, due_in_days=0)
        lines = {line.id: line for line in (await page_of_invitations(school.nora.id, EVERYTHING)).lines}
        assert lines[paid.id].paid_on == date(2026, 1, 11)
        assert lines[paid.id].declined_on is None
        assert lines[declined.id].declined_on == date(2026, 1, 11)
        assert [line.late for line in lines.values()] == [False, False, False]


async def test_a_line_says_all_the_grid_shows(school: School) -> None:
    invitation = await school.invite(school.lou, price_cents=1_234, mandatory=True, title="Classes vertes")
    document = await Document.create(token="t" * 43, file_name="Infos.pdf", sha256="0" * 64, byte_count=9)
    await Activity.filter(id=invitation.activity_id).update(document_id=document.id)
    (line,) = await invitations_of(school.nora.id, [invitation.id])
    assert (line.title, line.pupil, line.pupil_first_name, line.debtor) == (
        "Classes vertes 1",
        "Peeters Lou",
        "Lou",
        "Peeters Nora",
    )
    assert (line.amount_cents, line.mandatory, line.automatic, line.answer_no) == (1_234, True, False, 0)
    assert (line.starts_on, line.due_on, line.answers_until) == (line.due_on, clock.today() + timedelta(days=10), None)
    assert (line.document, line.paid_on, line.declined_on) == ("t" * 43, None, None)


# twelve thousand


async def twelve_thousand(school: School) -> None:
    """Nora: forty children, three hundred activities each. Omar: twenty invitations of the same activities."""
    today = clock.today()
    await Activity.bulk_create(
        [
            Activity(
                title=f"Sortie {n}",
                title_key=f"sortie {n}",
                starts_on=today,
                due_on=today + timedelta(days=n % 60),
                mandatory=False,
            )
            for n in range(300)
        ]
    )
    await Pupil.bulk_create([Pupil(last_name="Peeters", first_name=f"{n}", name_key=f"peeters {n}") for n in range(40)])
    activities = await Activity.all().order_by("id")
    children = await Pupil.filter(last_name="Peeters").exclude(id__in=[school.lou.id, school.tim.id])
    hers = [(activity, child, school.nora) for activity in activities for child in children]
    his = [(activity, school.mia, school.omar) for activity in activities[:20]]
    await Invitation.bulk_create(
        [
            Invitation(activity_id=activity.id, pupil_id=child.id, debtor_id=debtor.id, amount_cents=500)
            for activity, child, debtor in hers + his
        ]
    )
    connection = transactions.default_connection()
    if connection.capabilities.dialect == "postgres":  # which does so by itself, after a while
        await connection.execute_query("ANALYZE")


async def test_a_page_of_twelve_thousand_comes_about_as_fast_as_one_of_twenty(school: School) -> None:
    """Generous: a page that fetched its rows one by one, or lacked its index, would be hundreds of times slower."""
    await twelve_thousand(school)
    nora, omar = school.nora.id, school.omar.id
    assert (await counts_of(nora)).open > 11_000

    async def seconds(debtor: int, wanted: Wanted) -> float:
        async def once() -> float:
            begin = time.perf_counter()
            page = await page_of_invitations(debtor, wanted)
            assert len(page.lines) == 20
            return time.perf_counter() - begin

        return min([await once() for _ in range(5)])  # what else this machine does shows in the others

    few = await seconds(omar, Wanted())
    for wanted in (
        Wanted(),
        Wanted(page=500),
        Wanted(sort="title", descending=True),
        Wanted(sort="pupil"),
        Wanted(search="sortie 1"),
        Wanted(tab=Tab.ALL, sort="paid_on"),
    ):
        assert await seconds(nora, wanted) < 60 * few + 0.1, wanted


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_no_question_reads_other_families_invitations(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's own plan: every table is searched by an index, none is read from end to end."""
    await twelve_thousand(school)
    asked: list[tuple[str, tuple[Any, ...]]] = []
    ask = transactions.rows

    async def overheard(connection: Any, sql: str, *values: Any) -> list[dict[str, Any]]:
        asked.append((sql, values))
        return await ask(connection, sql, *values)

    monkeypatch.setattr(listing, "rows", overheard)
    for wanted in (Wanted(), Wanted(search="lou"), Wanted(tab=Tab.ALL, pupil_id=school.lou.id), Wanted(sort="paid_on")):
        await page_of_invitations(school.omar.id, wanted)
    await counts_of(school.omar.id)
    await invitations_of(school.omar.id, [1, 2, 3])

    for sql, values in asked:
        plan = await ask(transactions.default_connection(), f"EXPLAIN QUERY PLAN {sql}", *values)
        steps = [row["detail"] for row in plan]
        assert [step for step in steps if step.startswith("SEARCH i")], steps
        assert not [step for step in steps if step.startswith("SCAN")], steps
    assert len(asked) >= 10
