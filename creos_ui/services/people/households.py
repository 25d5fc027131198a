"""Who else is guardian of the same children."""

from __future__ import annotations

from creos_ui.database.transactions import default_connection, rows

# fixed SQL: a table joined with itself, asked for by each page
_OTHERS = """
    SELECT DISTINCT other.guardian_id FROM guardianship mine
    JOIN guardianship other ON other.pupil_id = mine.pupil_id AND other.guardian_id <> mine.guardian_id
    WHERE mine.guardian_id = $1 ORDER BY other.guardian_id
"""


async def other_guardians(guardian_id: int) -> list[int]:
    """The ids of the other guardians of this one's children: their answers concern this one too."""
    return [int(row["guardian_id"]) for row in await rows(default_connection(), _OTHERS, guardian_id)]
