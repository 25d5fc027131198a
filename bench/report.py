"""What a measurement found, beside its target, as a line of a markdown table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured value; `met` None where there is nothing to reach."""

    what: str
    measured: str
    target: str
    met: bool | None


def at_least(what: str, value: float, target: float, shown: str) -> Figure:
    return Figure(what, shown, f"≥ {target:g}", value >= target)


def at_most(what: str, value: float, target: float, shown: str, unit: str = "") -> Figure:
    return Figure(what, shown, f"≤ {target:g}{unit}", value <= target)


def table(figures: Sequence[Figure]) -> str:
    lines = ["| what | measured | target | |", "|---|---|---|---|"]
    marks = {True: "met", False: "**missed**", None: ""}
    return "\n".join(lines + [f"| {f.what} | {f.measured} | {f.target} | {marks[f.met]} |" for f in figures])


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def p95(values: Sequence[float]) -> float:
    """The value that 95 of 100 do not exceed; of few values, nearly the largest."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
