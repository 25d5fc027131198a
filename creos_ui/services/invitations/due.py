"""What a guardian will have to pay, against what their wallet holds, and the amounts to top up that this suggests.

Amounts are integer euro cents. SQL of its own: sums, and the condition that still_open.py has as SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from creos_ui import clock
from creos_ui.database import values
from creos_ui.database.transactions import default_connection, rows
from creos_ui.services.invitations import still_open
from creos_ui.services.money import ledger

MOST_DUE = 10  # lines of what is due; the sum counts all of them
LEAST_TOP_UP, LARGEST_TOP_UP = 1, 99_999_999  # cents: 0,01 to 999 999,99 €
_FIXED = (1_000, 5_000)
_FAR = date(9999, 12, 31)

_UNTIL = f"""
    FROM invitation i JOIN activity a ON a.id = i.activity_id
    WHERE i.debtor_id = $1 AND {still_open.is_due_sql("$2", "$3")} AND a.due_on <= $4
"""
_DUE_SUM = f"SELECT count(*) AS n, coalesce(sum(i.amount_cents), 0) AS cents {_UNTIL}"
_DUE = f"""
    SELECT i.id, i.amount_cents, a.title, a.due_on, a.mandatory,
        (SELECT first_name FROM pupil p WHERE p.id = i.pupil_id) AS child {_UNTIL}
    ORDER BY a.due_on, i.id LIMIT {MOST_DUE}
"""  # noqa: S608


@dataclass(frozen=True)
class DueLine:
    id: int
    title: str
    child: str
    due_on: date
    late: bool
    mandatory: bool
    amount_cents: int


@dataclass(frozen=True)
class Due:
    """What can be paid until a day, late ones included, against what the wallet holds."""

    lines: list[DueLine]  # MOST_DUE of them at most
    count: int
    total_cents: int
    balance_cents: int

    @property
    def missing_cents(self) -> int:
        """Exactly what a top-up must bring; 0 when the balance is enough."""
        return max(0, self.total_cents - self.balance_cents)


@dataclass(frozen=True)
class Suggestion:
    """An amount to top up; `pays_all`: it is what all open invitations need."""

    amount_cents: int
    pays_all: bool = False


async def due_next(guardian_id: int, *, days: int | None = 30) -> Due:
    """What falls due in the next `days` days (None: ever) and can still be paid, late ones first, and the balance."""
    today = clock.today()
    asked = guardian_id, today, still_open.since(today), _FAR if days is None else today + timedelta(days=days)
    found = await rows(default_connection(), _DUE, *asked)
    (summed,) = await rows(default_connection(), _DUE_SUM, *asked)
    return Due(
        lines=[_due_line(row, today) for row in found],
        count=int(summed["n"]),
        total_cents=int(summed["cents"]),
        balance_cents=await ledger.balance_cents(guardian_id),
    )


def suggested_amounts(due: Due) -> list[Suggestion]:
    """10 €, « tout payer » where anything is due, and 50 €, in this order.

    « Tout payer » is what is missing for all that is due, or all of it where the balance would do.
    """
    all_cents = min(due.missing_cents or due.total_cents, LARGEST_TOP_UP)
    small, large = ([Suggestion(cents)] if cents != all_cents else [] for cents in _FIXED)
    return [*small, *([Suggestion(all_cents, pays_all=True)] if all_cents else []), *large]


def _due_line(row: dict[str, Any], today: date) -> DueLine:
    due_on = values.day(row["due_on"])
    return DueLine(
        id=int(row["id"]),
        title=row["title"],
        child=row["child"],
        due_on=due_on,
        late=due_on < today,
        mandatory=bool(row["mandatory"]),
        amount_cents=int(row["amount_cents"]),
    )
