"""The result of a measurement and its target, as a line of a markdown table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured value; `met` is None if it has no target. `firm`: a busy machine does not change it."""

    what: str
    measured: str
    target: str
    met: bool | None
    firm: bool = False


def at_least(what: str, value: float, target: float, shown: str) -> Figure:
    return Figure(what, shown, f"≥ {target:g}", value >= target)


def at_most(what: str, value: float, target: float, shown: str, unit: str = "", *, firm: bool = False) -> Figure:
    return Figure(what, shown, f"≤ {target:g}{unit}", value <= target, firm)


def table(figures: Sequence[Figure], *, quiet: bool) -> str:
    """On a busy machine only firm figures are judged: a time measured there proves nothing about its target."""
    lines = ["| what | measured | target | |", "|---|---|---|---|"]
    for f in figures:
        judged = quiet or f.firm or f.met is None
        mark = {True: "met", False: "**missed**", None: ""}[f.met] if judged else "not judged: busy"
        lines.append(f"| {f.what} | {f.measured} | {f.target} | {mark} |")
    return "\n".join(lines)


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def p95(values: Sequence[float]) -> float:
    """The value that 95 of 100 do not exceed; of a few values, almost the largest."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
