"""What rows and browsers bring is the same Python value on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from creos_ui.database.transactions import rows
from creos_ui.database.values import LARGEST_ID, day, instant, whole
from models import Activity, ResetRequest

AT = datetime(2026, 3, 1, 23, 30, 0, 250_000, tzinfo=UTC)


async def test_days_and_instants_are_the_same_from_both_drivers(db: Any) -> None:
    await Activity.create(
        title="Musée", title_key="musee", starts_on=date(2026, 3, 2), due_on=date(2024, 2, 29), mandatory=False
    )
    for at in (AT, AT.replace(microsecond=0)):
        await ResetRequest.create(at=at, identifier_hash="a", address_hash="b")

    (activity,) = await rows(db, "SELECT starts_on, due_on FROM activity")
    assert [day(activity[name]) for name in ("starts_on", "due_on")] == [date(2026, 3, 2), date(2024, 2, 29)]
    found = [instant(row["at"]) for row in await rows(db, "SELECT at FROM reset_request ORDER BY id")]
    assert found == [AT, AT.replace(microsecond=0)]
    assert {at.utcoffset() for at in found} == {AT.utcoffset()}  # aware, and in UTC


def test_a_number_from_a_browser_is_made_to_fit_a_column() -> None:
    for value, fits in (
        (-(10**30), 1),
        (0, 1),
        (1, 1),
        (25, 25),
        (LARGEST_ID, LARGEST_ID),
        (LARGEST_ID + 1, LARGEST_ID),
        (10**30, LARGEST_ID),
    ):
        assert whole(value, least=1, otherwise=7) == fits, value
    for no_number in (None, True, 1.5, "3", [3]):
        assert whole(no_number, least=1, otherwise=7) == 7, no_number
