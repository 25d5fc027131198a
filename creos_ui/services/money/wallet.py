"""What a guardian sees of their wallet: its movements, with the balance after each.

Only reads; money moves in ledger.py. Amounts are integer euro cents. What the former system was paid never touched
a wallet, so it is no movement. SQL of its own: balances are counted back from the one the wallet has now, so a page
reads what is newer than it and nothing else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from creos_ui import clock
from creos_ui.database.transactions import default_connection, rows
from creos_ui.database.values import LARGEST_ID, instant, whole
from creos_ui.services.money.ledger import AUTOMATIC
from models import TransferKind

LARGEST_PAGE = 50
AT_ONCE = 500  # movements read at a time for an export
LONGEST_CHART = 1_000  # movements a chart looks at
PAGE_SIZE = 10  # movements

# both sides of the wallet's transfers, each through its own index; in order of id, which no two share
_NEWEST = """
    SELECT s.id, s.at, s.cents FROM (
        SELECT t.id, t.at, -t.amount_cents AS cents FROM transfer t
            WHERE t.source_id = (SELECT id FROM ledger_account WHERE guardian_id = $1) AND t.id <= $2
        UNION ALL SELECT t.id, t.at, t.amount_cents FROM transfer t
            WHERE t.target_id = (SELECT id FROM ledger_account WHERE guardian_id = $1) AND t.id <= $2) s
    ORDER BY s.id DESC LIMIT $3
"""
# $4: what the wallet held after the newest of them; NULL where that is what it holds now
_BACKWARDS = f"""
    SELECT n.id, n.at, n.cents,
        coalesce(CAST($4 AS BIGINT), (SELECT balance_cents FROM ledger_account WHERE guardian_id = $1))
            + n.cents - sum(n.cents) OVER (ORDER BY n.id DESC ROWS UNBOUNDED PRECEDING) AS balance_cents
    FROM ({_NEWEST}) n
"""  # noqa: S608 - fixed parts
_COUNT = """
    SELECT (SELECT count(*) FROM transfer WHERE source_id = w.id)
        + (SELECT count(*) FROM transfer WHERE target_id = w.id) AS n FROM ledger_account w WHERE w.guardian_id = $1
"""
_MOVEMENTS = f"""
    SELECT m.id, m.cents, m.balance_cents, t.kind, m.at, a.title, p.first_name, p.last_name,
        t.kind = 'payment' AND t.actor = '{AUTOMATIC}' AS automatic
    FROM (SELECT * FROM ({_BACKWARDS}) b ORDER BY b.id DESC LIMIT $3 OFFSET $5) m
    JOIN transfer t ON t.id = m.id
    LEFT JOIN invitation i ON i.id = t.invitation_id
    LEFT JOIN activity a ON a.id = i.activity_id
    LEFT JOIN pupil p ON p.id = i.pupil_id
    ORDER BY m.id DESC
"""  # noqa: S608 - fixed parts
_BALANCES = f"SELECT b.at, b.balance_cents FROM ({_BACKWARDS}) b ORDER BY b.id DESC"  # noqa: S608
_TEXT_KEYS = {
    TransferKind.TOP_UP: "wallet.top_up_received",
    TransferKind.PAYMENT: "wallet.payment",
    TransferKind.REFUND: "wallet.refund",
    TransferKind.WITHDRAWAL: "wallet.withdrawal",
    TransferKind.CORRECTION: "wallet.correction",
}


@dataclass(frozen=True)
class Movement:
    """One transfer that touched the wallet; `cents` is signed, `balance_cents` what the wallet held after it."""

    id: int
    at: datetime
    kind: TransferKind
    cents: int
    balance_cents: int
    title: str | None  # of the activity, where it was for one
    child: str | None  # last name first
    automatic: bool

    @property
    def day(self) -> date:
        return clock.school_day(self.at)

    @property
    def text_key(self) -> str:
        """What kind of movement it is, in words."""
        return _TEXT_KEYS[self.kind]


@dataclass(frozen=True)
class Movements:
    """One page, newest first; `page` is the one that was there to give."""

    lines: list[Movement]
    total: int
    page: int
    last: int


@dataclass(frozen=True)
class Point:
    """What the wallet held at the end of a day."""

    day: date
    balance_cents: int


async def movements(guardian_id: int, *, page: int = 1, page_size: int = PAGE_SIZE) -> Movements:
    """One page of the movements of this guardian's wallet, newest first; `page` and `page_size` may be anything."""
    total = int((await rows(default_connection(), _COUNT, guardian_id))[0]["n"])
    size = min(whole(page_size, least=1, otherwise=PAGE_SIZE), LARGEST_PAGE)
    last = max(1, -(-total // size))
    page = min(whole(page, least=1, otherwise=1), last)
    found = await _movements(guardian_id, first=(page - 1) * size, size=size)
    return Movements(found, total, page, last)


async def all_movements(guardian_id: int) -> AsyncIterator[list[Movement]]:
    """Every movement, newest first, a page at a time; one that arrives meanwhile neither repeats nor hides another."""
    upto, held = LARGEST_ID, None
    while found := await _movements(guardian_id, size=AT_ONCE, upto=upto, held_cents=held):
        yield found
        oldest = found[-1]
        upto, held = oldest.id - 1, oldest.balance_cents - oldest.cents


async def balance_over_time(guardian_id: int, *, days: int = 365) -> list[Point]:
    """The balance at the end of each day it changed, oldest first, from `days` ago to today; [] without movements.

    The first point is what was held before the first movement shown.
    """
    today = clock.today()
    since = today - timedelta(days=days)
    found = await rows(default_connection(), _BALANCES, guardian_id, LARGEST_ID, LONGEST_CHART, None)
    if not found:
        return []
    by_day = {
        # what was before counts as held on the first day
        max(since, clock.school_day(instant(row["at"]))): int(row["balance_cents"])
        for row in reversed(found)
    }
    by_day[today] = int(found[0]["balance_cents"])
    if len(found) < LONGEST_CHART and min(by_day) > since:
        by_day[min(by_day) - timedelta(days=1)] = 0
    return [Point(day, by_day[day]) for day in sorted(by_day)]


async def _movements(
    guardian_id: int, *, size: int, first: int = 0, upto: int = LARGEST_ID, held_cents: int | None = None
) -> list[Movement]:
    """`size` of them from number `first` on, counted from the newest that is not after `upto`, after which the wallet
    held `held_cents` (None: what it holds now)."""
    found = await rows(default_connection(), _MOVEMENTS, guardian_id, upto, first + size, held_cents, first)
    return [
        Movement(
            id=int(row["id"]),
            at=instant(row["at"]),
            kind=TransferKind(row["kind"]),
            cents=int(row["cents"]),
            balance_cents=int(row["balance_cents"]),
            title=row["title"],
            child=f"{row['last_name']} {row['first_name']}".strip() if row["title"] is not None else None,
            automatic=bool(row["automatic"]),
        )
        for row in found
    ]
