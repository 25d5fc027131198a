"""What a debtor sees of their invitations: one page of the grid, the counts of its tabs, one line of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from creos_ui import clock
from creos_ui.database.transactions import default_connection, rows
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
_COLUMNS = """
    i.id, i.status, i.answer_no, i.amount_cents, i.answered_at, i.automatic, i.pay_when_credit, a.title, a.mandatory,
    a.starts_on, a.due_on, a.closes_on, p.id AS pupil_id, p.last_name AS pupil_last, p.first_name AS pupil_first,
    g.last_name AS debtor_last, g.first_name AS debtor_first, g.pays_mandatory, d.token AS document
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

    def tamed(self) -> Wanted:
        """The same wish with what nobody can have replaced: unknown words by the default, numbers by the nearest."""
        return Wanted(
            tab=Tab(self.tab) if self.tab in list(Tab) else Tab.OPEN,
            pupil_id=None if self.pupil_id is None else _whole(self.pupil_id, 0, otherwise=0),
            search=_printable(self.search[:LONGEST_SEARCH]) if isinstance(self.search, str) else "",
            sort=self.sort if self.sort in list(SORTS) else "due_on",
            descending=bool(self.descending),
            page=_whole(self.page, 1, otherwise=1),
            page_size=min(_whole(self.page_size, 1, otherwise=20), LARGEST_PAGE),
        )


@dataclass(frozen=True, slots=True)  # every open page keeps twenty of them
class Line:
    """One invitation as its debtor sees it; amounts in integer euro cents, days as the school counts them."""

    id: int
    title: str
    mandatory: bool
    starts_on: date
    due_on: date
    closes_on: date | None
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
    closed: bool
    begun: bool
    wish: bool  # the debtor's own, for this one; `awaited`: this, or their switch for all mandatory ones
    awaited: bool

    @property
    def payable(self) -> bool:
        return self.status == InvitationStatus.OPEN and not self.closed

    @property
    def changeable(self) -> bool:
        """Answered, and still theirs to change; without a closing date, money comes back until the activity begins."""
        if self.status == InvitationStatus.PAID:
            return not self.mandatory and not self.closed and (self.closes_on is not None or not self.begun)
        return self.status == InvitationStatus.DECLINED and not self.closed

    @property
    def can_be_paid(self) -> bool:
        return self.payable or (self.changeable and self.status == InvitationStatus.DECLINED)

    @property
    def declinable(self) -> bool:
        return (self.payable and not self.mandatory) or (self.changeable and self.status == InvitationStatus.PAID)

    @property
    def too_late(self) -> bool:
        """Only the school can change anything about it now; what is mandatory and paid nobody wants changed."""
        if self.status == InvitationStatus.OPEN:
            return self.closed
        return not self.changeable and not (self.mandatory and self.status == InvitationStatus.PAID)


@dataclass(frozen=True)
class Page:
    lines: list[Line]
    total: int


@dataclass(frozen=True)
class Counts:
    """How many invitations stand in each tab, and what the open ones cost in all, in integer euro cents."""

    open: int
    paid: int
    declined: int
    open_cents: int

    @property
    def all(self) -> int:
        return self.open + self.paid + self.declined


async def page_of_invitations(debtor_id: int, wanted: Wanted) -> Page:
    """One page of the debtor's invitations, filtered, searched and sorted by the database."""
    wanted = wanted.tamed()
    where, values = _where(debtor_id, wanted)
    column, direction = SORTS[wanted.sort], "DESC" if wanted.descending else "ASC"
    counted = _FOUND if wanted.search else "FROM invitation i"
    total = int((await rows(default_connection(), f"SELECT count(*) AS n {counted} {where}", *values))[0]["n"])
    size = wanted.page_size
    offset = (min(wanted.page, max(1, -(-total // size))) - 1) * size  # past the end is the last page
    # nulls last in both databases and both directions; id last, so that equal rows keep their places
    sql = f"""SELECT {_COLUMNS} {_FROM} {where}
        ORDER BY CASE WHEN {column} IS NULL THEN 1 ELSE 0 END, {column} {direction}, i.id {direction}
        LIMIT {size} OFFSET {offset}"""
    today = clock.today()
    return Page([_line(row, today) for row in await rows(default_connection(), sql, *values)], total)


async def invitations_of(debtor_id: int, ids: list[int]) -> list[Line]:
    """These invitations, as far as they are this debtor's: not theirs and not there are one answer."""
    wanted = [i for i in (_whole(i, 0, otherwise=0) for i in ids) if i][:LARGEST_PAGE]
    if not wanted:
        return []
    places = ", ".join(str(i) for i in wanted)
    sql = f"SELECT {_COLUMNS} {_FROM} WHERE i.debtor_id = $1 AND i.id IN ({places}) ORDER BY a.due_on, i.id"
    today = clock.today()
    return [_line(row, today) for row in await rows(default_connection(), sql, debtor_id)]


async def counts_of(debtor_id: int, pupil_id: int | None = None) -> Counts:
    """The counts of the tabs, for all children or one."""
    sql = "SELECT status, count(*) AS n, sum(amount_cents) AS cents FROM invitation WHERE debtor_id = $1"
    values: list[Any] = [debtor_id]
    if pupil_id is not None:
        sql += " AND pupil_id = $2"
        values.append(_whole(pupil_id, 0, otherwise=0))
    found = {row["status"]: row for row in await rows(default_connection(), sql + " GROUP BY status", *values)}
    number = {status: int(found[status]["n"]) if status in found else 0 for status in InvitationStatus}
    open_cents = int(found[InvitationStatus.OPEN]["cents"]) if InvitationStatus.OPEN in found else 0
    return Counts(
        open=number[InvitationStatus.OPEN],
        paid=number[InvitationStatus.PAID],
        declined=number[InvitationStatus.DECLINED],
        open_cents=open_cents,
    )


async def children_of(debtor_id: int) -> list[tuple[int, str]]:
    """(pupil id, first name) of the children this debtor has invitations for, by name."""
    sql = """SELECT DISTINCT p.id, p.first_name, p.name_key FROM pupil p
        JOIN invitation i ON i.pupil_id = p.id WHERE i.debtor_id = $1 ORDER BY p.name_key, p.id"""
    return [(int(row["id"]), row["first_name"]) for row in await rows(default_connection(), sql, debtor_id)]


def _where(debtor_id: int, wanted: Wanted) -> tuple[str, list[Any]]:
    tests, values = ["i.debtor_id = $1"], [debtor_id]
    if wanted.tab != Tab.ALL:
        tests.append(f"i.status = '{wanted.tab.value}'")
    if wanted.pupil_id is not None:
        values.append(wanted.pupil_id)
        tests.append(f"i.pupil_id = ${len(values)}")
    for word in folded(wanted.search).split():
        values.append(f"%{word.replace('~', '~~').replace('%', '~%').replace('_', '~_')}%")  # type: ignore[arg-type]
        place = f"${len(values)}"
        tests.append(f"(a.title_key LIKE {place} ESCAPE '~' OR p.name_key LIKE {place} ESCAPE '~')")
    return "WHERE " + " AND ".join(tests), values


def _line(row: dict[str, Any], today: date) -> Line:
    status = InvitationStatus(row["status"])
    answered_at = row["answered_at"]
    answered_on = clock.school_day(datetime.fromisoformat(str(answered_at))) if answered_at else None
    due_on, closes_on = _day(row["due_on"]), row["closes_on"] and _day(row["closes_on"])
    closed = closes_on is not None and closes_on < today
    return Line(
        id=int(row["id"]),
        title=row["title"],
        mandatory=bool(row["mandatory"]),
        starts_on=_day(row["starts_on"]),
        due_on=due_on,
        closes_on=closes_on,
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
        late=status == InvitationStatus.OPEN and due_on < today,
        closed=closed,
        begun=_day(row["starts_on"]) < today,
        wish=bool(row["pay_when_credit"]),
        awaited=status == InvitationStatus.OPEN
        and not closed
        and bool(row["pay_when_credit"] or (row["mandatory"] and row["pays_mandatory"])),
    )


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _whole(value: Any, least: int, *, otherwise: int) -> int:
    """A number a database column can hold, at least `least`; what is no whole number is `otherwise`."""
    return min(max(value, least), 2**31 - 1) if type(value) is int else otherwise


def _printable(text: str) -> str:
    """Without control and half characters: no name has them, and PostgreSQL refuses NUL."""
    return "".join(c if c.isprintable() else " " for c in text)
