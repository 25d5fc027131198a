"""A list asks for what it names, however much is here; a long one leaves the others their turn."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from typing import Any

import pytest

from creos_ui.services.former_system.bringing_over import preview_list
from creos_ui.services.former_system.questions import Questions
from models import Activity, Guardian, Guardianship, Invitation, Pupil, folded
from tests.services.desk import Desk, line

DAYS = ["03/06/2024", "04/06/2024", "05/06/2024", "06/06/2024", "07/06/2024"]


def family(number: int) -> dict[str, str]:
    return {"child": f"Nom{number} Enfant", "debtor": f"Nom{number} Parent"}


async def bring_families(numbers: range) -> None:
    """Families like those of the list, each invited to everything that is here."""
    for number in numbers:
        last, key = f"Nom{number}", folded(f"Nom{number}")
        guardian = await Guardian.create(last_name=last, first_name="Parent", name_key=f"{key} parent")
        pupil = await Pupil.create(last_name=last, first_name="Enfant", name_key=f"{key} enfant")
        await Guardianship.create(guardian_id=guardian.id, pupil_id=pupil.id)
        for activity in await Activity.all().order_by("id"):
            await Invitation.create(activity_id=activity.id, pupil_id=pupil.id, debtor_id=guardian.id, amount_cents=500)


def _count_rows(client: type, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many rows the database returns from now on."""
    read = {"rows": 0}

    def count(name: str) -> None:
        ask = getattr(client, name)

        async def counting(self: Any, *values: Any) -> Any:
            result = await ask(self, *values)
            read["rows"] += len(result[1] if isinstance(result, tuple) else result)
            return result

        monkeypatch.setattr(client, name, counting)

    count("execute_query")
    count("execute_query_dict")
    return read


async def test_a_short_list_reads_what_it_names_and_nothing_else(
    db: Any, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.apply(*(line(**family(0), starts=day, due=day, title=f"Sortie {day}") for day in DAYS))
    await bring_families(range(1, 4))
    two = [line(**family(1), starts=DAYS[0], due=DAYS[0], title=f"Sortie {DAYS[0]}"), line(**family(2), starts=DAYS[4])]
    read = _count_rows(type(db), monkeypatch)
    assert (await desk.preview(*two)).unchanged == 1
    before, read["rows"] = read["rows"], 0
    await bring_families(range(10, 40))
    read["rows"] = 0
    assert (await desk.preview(*two)).unchanged == 1
    assert 0 < read["rows"] == before


async def test_a_long_list_leaves_the_others_their_turn(db: Any, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    gaps: list[float] = []
    turn = asyncio.Event()

    async def others() -> None:
        while True:
            begin = time.perf_counter()
            await asyncio.sleep(0)
            gaps.append(time.perf_counter() - begin)
            turn.set()

    asking, which = Counter[bool](), Questions.which

    def watched(*values: Any, **more: Any) -> Any:
        asking[threading.current_thread() is threading.main_thread()] += 1
        return which(*values, **more)

    monkeypatch.setattr(Questions, "which", watched)
    lines = [
        line(**family(number), starts=day, due=day, title=f"Sortie {title}")
        for number in range(400)
        for day in DAYS
        for title in range(5)
    ]
    path = desk.write(*lines)
    turns = asyncio.ensure_future(others())
    await turn.wait()
    begin = time.perf_counter()
    report = await preview_list(path)
    took = time.perf_counter() - begin
    turn.clear()
    await turn.wait()  # the turn that had to wait for the end
    turns.cancel()
    assert report.changes.invitations == len(lines) == 10_000
    assert asking[False] >= 800, "who each debtor and child is, was asked in a thread"
    assert asking[True] == 0, "and never while the others wait"
    assert max(gaps) < took / 4, f"nobody else had a turn for {max(gaps):.2f} s of {took:.2f} s"


async def test_a_list_longer_than_one_statement_comes_in_whole(db: Any, desk: Desk) -> None:
    lines = [line(**family(number), title=f"Sortie {number % 7}") for number in range(1_200)]
    report = await desk.apply(*lines)
    assert (report.changes.guardians, report.changes.invitations, report.changes.activities) == (1_200, 1_200, 7)
    again = await desk.apply(*lines)
    assert (again.applied, again.unchanged) == (False, 1_200)
