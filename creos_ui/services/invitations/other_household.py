"""Two households (R22): what a guardian may know of the answers another household gives for the same child.

Whether the child takes part, and in what: nothing of who was asked, what it costs, or whether it is paid. A mandatory
activity therefore always reads "takes part": its answer would only show whether somebody has paid.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from creos_ui import clock
from creos_ui.database.transactions import default_connection, rows
from creos_ui.database.values import day

MOST = 50

# fixed SQL: one question over five tables, for a page
_ELSEWHERE = """
    SELECT DISTINCT a.id, a.title, a.starts_on, a.mandatory, p.id AS pupil_id, p.first_name,
        EXISTS (SELECT 1 FROM invitation x
                WHERE x.activity_id = a.id AND x.pupil_id = p.id AND x.status = 'paid') AS paid,
        EXISTS (SELECT 1 FROM invitation x
                WHERE x.activity_id = a.id AND x.pupil_id = p.id AND x.status = 'open') AS waiting
    FROM guardianship m JOIN pupil p ON p.id = m.pupil_id
    JOIN invitation i ON i.pupil_id = p.id AND i.debtor_id <> m.guardian_id
    JOIN activity a ON a.id = i.activity_id
    WHERE m.guardian_id = $1 AND a.starts_on >= $2
    ORDER BY a.starts_on, a.id, p.id LIMIT $3
"""


@dataclass(frozen=True)
class TakingPart:
    """One of their own children in one activity; `takes_part` None: the answer is still awaited."""

    title: str
    starts_on: date
    child: str
    takes_part: bool | None


async def answered_elsewhere(guardian_id: int, today: date | None = None) -> list[TakingPart]:
    """Activities to come of this guardian's children that another household was invited to answer, by date."""
    return [
        TakingPart(
            title=row["title"],
            starts_on=day(row["starts_on"]),
            child=row["first_name"],
            takes_part=True if row["mandatory"] or row["paid"] else None if row["waiting"] else False,
        )
        for row in await rows(default_connection(), _ELSEWHERE, guardian_id, today or clock.today(), MOST)
    ]
