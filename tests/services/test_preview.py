"""What was shown is what is written, or nothing is."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from creos_ui.services.preview import ChangedMeanwhile, apply_if_same, fingerprint_of
from models import SchoolClass

SHOWN = fingerprint_of("3e primaire")


@dataclass
class Planned:
    """A plan to make one class."""

    name: str
    faults: list[str] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self.name)


async def make(_: Any, plan: Planned) -> SchoolClass:
    return await SchoolClass.create(name=plan.name)


async def test_an_unchanged_plan_is_written(db: Any) -> None:
    async def plan_again() -> Planned:
        return Planned("3e primaire")

    assert (await apply_if_same(SHOWN, plan_again, make)).name == "3e primaire"
    assert await SchoolClass.all().count() == 1


@pytest.mark.parametrize("plan", [Planned("4e primaire"), Planned("3e primaire", faults=["twice"])])
async def test_another_plan_or_a_faulty_one_is_not(db: Any, plan: Planned) -> None:
    async def plan_again() -> Planned:
        return plan

    with pytest.raises(ChangedMeanwhile):
        await apply_if_same(SHOWN, plan_again, make)
    assert await SchoolClass.all().count() == 0


async def test_it_is_planned_inside_the_transaction_that_writes(db: Any) -> None:
    """What planning may have written goes as well: reading and writing see one state."""

    async def plan_again() -> Planned:
        await SchoolClass.create(name="written while planning")
        return Planned("4e primaire")

    with pytest.raises(ChangedMeanwhile):
        await apply_if_same(SHOWN, plan_again, make)
    assert await SchoolClass.all().count() == 0


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    parts = ("Musée", 500, None, True, date(2024, 6, 19), [("Muller", 7)])
    program = (
        "from datetime import date; from creos_ui.services.preview import fingerprint_of;"
        f"print(fingerprint_of(*{parts!r}))".replace("datetime.date(", "date(")
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == fingerprint_of(*parts)


def test_any_difference_makes_another_fingerprint() -> None:
    lists: list[tuple[Any, ...]] = [
        (),
        ("",),
        (None,),
        (0,),
        (False,),
        ("0",),
        ("a", "b"),
        ("ab",),
        ("b", "a"),
        (["a", "b"],),
        (["a"], ["b"]),
        (date(2024, 6, 19),),
        (date(2024, 6, 20),),
    ]
    assert len({fingerprint_of(*parts) for parts in lists}) == len(lists)
