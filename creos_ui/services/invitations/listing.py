"""What a debtor sees of their invitations: one page of the grid, the counts of its tabs, one line of it.

SQL of its own: five tables in one row, sorted with NULLs last on both databases, and no object for each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from creos_ui import clock
from creos_ui.database import values
from creos_ui.database.transactions import default_connection, rows
from creos_ui.services.invitations import still_open
from creos_ui.services.invitations.still_open import terms_of
from creos_ui.services.money.ledger import Agreed
from models import InvitationStatus, folded

LONGEST_SEARCH = 80
LARGEST_PAGE = 50


class Tab(StrEnum):
    OPEN = "open"
    PAID = "paid"
    DECLINED = "declined"
    ALL = "all"


# what a browser may ask to sort by -> what the database sorts by; anything else is the default
SORTS = {
    "starts_on": "a.starts_on",
    "pupil": "p.name_key",
    "debtor": "g.name_key",
    "title": "a.title_key",
    "amount": "i.amount_cents",
    "due_on": "a.due_on",
    "paid_on": "CASE WHEN i.status = 'paid' THEN i.answered_at END",
    "declined_on": "CASE WHEN i.status = 'declined' THEN i.answered_at END",
    "automatic": "i.automatic",
}
_FOUND = "FROM invitation i JOIN activity a ON a.id = i.activity_id JOIN pupil p ON p.id = i.pupil_id"
_FROM = f"""{_FOUND}
    JOIN guardian g ON g.id = i.debtor_id
    LEFT JOIN document d ON d.id = a.document_id
"""
_COLUMNS = f"""
    i.id, i.answer_no, i.amount_cents, i.answered_at, i.automatic, {still_open.TERMS}, a.title,
    p.id AS pupil_id, p.last_name AS pupil_last, p.first_name AS pupil_first,
    g.last_name AS debtor_last, g.first_name AS debtor_first, d.token AS document
"""


@dataclass(frozen=True)
class Wanted:
    """Which page of the grid; every field may come from a browser, and be anything."""

    tab: Tab = Tab.OPEN
    pupil_id: int | None = None
    search: str = ""
    sort: str = "due_on"
    descending: bool = False
    page: int = 1
    page_size: int = 20

    def in_bounds(self) -> Wanted:
        """The same wish with what nobody can have replaced: unknown words by the default, numbers by the nearest."""
        return Wanted(
            tab=Tab(self.tab) if self.tab in list(Tab) else Tab.OPEN,
            pupil_id=None if self.pupil_id is None else values.whole(self.pupil_id, otherwise=0),
            search=_printable(self.search[:LONGEST_SEARCH]) if isinstance(self.search, str) else "",
            sort=self.sort if self.sort in list(SORTS) else "due_on",
            descending=bool(self.descending),
            page=values.whole(self.page, least=1, otherwise=1),
            page_size=min(values.whole(self.page_size, least=1, otherwise=20), LARGEST_PAGE),
        )


@dataclass(frozen=True, slots=True)  # every open page keeps twenty of them
class Line:
    """One invitation as its debtor sees it; amounts in integer euro cents, days as the school counts them."""

    id: int
    title: str
    mandatory: bool
    starts_on: date
    due_on: date
    answers_until: date | None  # None: for ever
    for_good: bool  # optional, and what is paid for it now does not come back
    amount_cents: int
    status: InvitationStatus
    answer_no: int
    paid_on: date | None
    declined_on: date | None
    automatic: bool
    pupil_id: int
    pupil: str
    pupil_first_name: str
    debtor: str
    document: str | None
    late: bool
    can_be_paid: bool  # open or declined, and still theirs to pay
    declinable: bool  # open or paid, and still theirs to decline
    payable: bool  # open, and due: what several can be paid at once
    wish: bool  # the debtor's own, for this one; `awaited`: this, or their switch for all mandatory ones
    awaited: bool

    @property
    def agreed(self) -> Agreed:
        """What its debtor agrees to by answering this line as it stands there."""
        return Agreed(self.id, self.amount_cents, self.answer_no)

    @property
    def too_late(self) -> bool:
        """Only the school can change anything about it now; what is mandatory and paid nobody wants changed."""
        if self.status == InvitationStatus.OPEN:
            return not self.can_be_paid
        return not (self.can_be_paid or self.declinable or (self.mandatory and self.status == InvitationStatus.PAID))


@dataclass(frozen=True)
class Page:
    lines: list[Line]
    total: int


@dataclass(frozen=True)
class Counts:
    """How many invitations stand in each tab; of the open ones, how many are due and what these cost in all, in integer
    euro cents, and apart from them what was due over a year ago."""

    open: int
    paid: int
    declined: int
    all: int
    due: int
    due_cents: int
    old_cents: int

    @property
    def old(self) -> int:
        return self.open - self.due


async def page_of_invitations(debtor_id: int, wanted: Wanted) -> Page:
    """One page of the debtor's invitations, filtered, searched and sorted by the database."""
    wanted = wanted.in_bounds()
    where, given = _where(debtor_id, wanted)
    column, direction = SORTS[wanted.sort], "DESC" if wanted.descending else "ASC"
    counted = _FOUND if wanted.search or wanted.tab == Tab.OPEN else "FROM invitation i"
    total = int((await rows(default_connection(), f"SELECT count(*) AS n {counted} {where}", *given))[0]["n"])
    size = wanted.page_size
    offset = (min(wanted.page, max(1, -(-total // size))) - 1) * size  # past the end is the last page
    # nulls last in both databases and both directions; id last, so that equal rows keep their places
    sql = f"""SELECT {_COLUMNS} {_FROM} {where}
        ORDER BY CASE WHEN {column} IS NULL THEN 1 ELSE 0 END, {column} {direction}, i.id {direction}
        LIMIT {size} OFFSET {offset}"""
    today = clock.today()
    return Page([_line(row, today) for row in await rows(default_connection(), sql, *given)], total)


async def invitations_of(debtor_id: int, ids: list[int]) -> list[Line]:
    """These invitations, as far as they are this debtor's: not theirs and not there are one answer."""
    wanted = [i for i in (values.whole(i, otherwise=0) for i in ids) if i][:LARGEST_PAGE]
    if not wanted:
        return []
    places = ", ".join(str(i) for i in wanted)
    sql = f"SELECT {_COLUMNS} {_FROM} WHERE i.debtor_id = $1 AND i.id IN ({places}) ORDER BY a.due_on, i.id"
    today = clock.today()
    return [_line(row, today) for row in await rows(default_connection(), sql, debtor_id)]


async def counts_of(debtor_id: int, pupil_id: int | None = None) -> Counts:
    """The counts of the tabs, for all children or one."""
    given, child = [debtor_id], ""
    if pupil_id is not None:
        given, child = [debtor_id, values.whole(pupil_id, otherwise=0)], "AND i.pupil_id = $2"
    by_status = f"SELECT i.status, count(*) AS n FROM invitation i WHERE i.debtor_id = $1 {child} GROUP BY i.status"  # noqa: S608
    number = {row["status"]: int(row["n"]) for row in await rows(default_connection(), by_status, *given)}
    today = clock.today()
    days, due = (today, still_open.since(today)), f"a.due_on >= ${len(given) + 2}"
    (waiting,) = await rows(
        default_connection(),
        f"""SELECT count(*) AS n, count(CASE WHEN {due} THEN 1 END) AS due,
            coalesce(sum(i.amount_cents), 0) AS cents,
            coalesce(sum(CASE WHEN {due} THEN i.amount_cents END), 0) AS due_cents
        FROM invitation i JOIN activity a ON a.id = i.activity_id
        WHERE i.debtor_id = $1 {child} AND {still_open.is_waiting_sql(f"${len(given) + 1}")}""",  # noqa: S608
        *given,
        *days,
    )
    return Counts(
        open=int(waiting["n"]),
        paid=number.get(InvitationStatus.PAID, 0),
        declined=number.get(InvitationStatus.DECLINED, 0),
        all=sum(number.values()),
        due=int(waiting["due"]),
        due_cents=int(waiting["due_cents"]),
        old_cents=int(waiting["cents"]) - int(waiting["due_cents"]),
    )


async def children_of(debtor_id: int) -> list[tuple[int, str]]:
    """(pupil id, first name) of the children this debtor has invitations for, by name."""
    sql = """SELECT DISTINCT p.id, p.first_name, p.name_key FROM pupil p
        JOIN invitation i ON i.pupil_id = p.id WHERE i.debtor_id = $1 ORDER BY p.name_key, p.id"""
    return [(int(row["id"]), row["first_name"]) for row in await rows(default_connection(), sql, debtor_id)]


def _where(debtor_id: int, wanted: Wanted) -> tuple[str, list[Any]]:
    tests = ["i.debtor_id = $1"]
    given: list[Any] = [debtor_id]
    if wanted.tab == Tab.OPEN:  # what nobody can answer any more is found among all
        given.append(clock.today())
        tests.append(still_open.is_waiting_sql("$2"))
    elif wanted.tab != Tab.ALL:
        tests.append(f"i.status = '{wanted.tab.value}'")
    if wanted.pupil_id is not None:
        given.append(wanted.pupil_id)
        tests.append(f"i.pupil_id = ${len(given)}")
    for word in folded(wanted.search).split():
        given.append(f"%{word.replace('~', '~~').replace('%', '~%').replace('_', '~_')}%")
        place = f"${len(given)}"
        tests.append(f"(a.title_key LIKE {place} ESCAPE '~' OR p.name_key LIKE {place} ESCAPE '~')")
    return "WHERE " + " AND ".join(tests), given


def _line(row: dict[str, Any], today: date) -> Line:
    terms = terms_of(row)
    status = terms.status
    answered_on = clock.school_day(values.instant(row["answered_at"])) if row["answered_at"] else None
    return Line(
        id=int(row["id"]),
        title=row["title"],
        mandatory=terms.mandatory,
        starts_on=terms.starts_on,
        due_on=terms.due_on,
        answers_until=None if terms.mandatory else terms.answers_until,
        for_good=not terms.mandatory and terms.back_until < today,
        amount_cents=int(row["amount_cents"]),
        status=status,
        answer_no=int(row["answer_no"]),
        paid_on=answered_on if status == InvitationStatus.PAID else None,
        declined_on=answered_on if status == InvitationStatus.DECLINED else None,
        automatic=bool(row["automatic"]),
        pupil_id=int(row["pupil_id"]),
        pupil=f"{row['pupil_last']} {row['pupil_first']}".strip(),
        pupil_first_name=row["pupil_first"],
        debtor=f"{row['debtor_last']} {row['debtor_first']}".strip(),
        document=row["document"],
        late=status == InvitationStatus.OPEN and terms.due_on < today,
        can_be_paid=still_open.may_pay(terms, today),
        declinable=still_open.may_be_declined(terms, today),
        payable=still_open.is_due(terms, today),
        wish=terms.wished,
        awaited=still_open.awaits_credit(terms, today),
    )


def _printable(text: str) -> str:
    """Without control and half characters: no name has them, and PostgreSQL refuses NUL."""
    return "".join(c if c.isprintable() else " " for c in text)
