"""python -m bench: measure all, print one markdown table. Takes under six minutes on two quiet cores."""

from __future__ import annotations

import asyncio
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from bench import browser, pages, payments, services
from bench.report import Figure, table
from creos_ui import clock
from tests.portal import start_portal

SEED = "bench.seed:seed"
QUIET = 0.7  # load average; above it times depend more on other programs than on us


def main() -> int:
    figures: list[Figure] = []
    load = os.getloadavg()[0]

    def add(name: str, measure: Callable[[], list[Figure]]) -> None:
        begun = time.perf_counter()
        figures.extend(measure())
        print(f"{name}: {time.perf_counter() - begun:.0f} s", file=sys.stderr)

    with tempfile.TemporaryDirectory(prefix="creos-bench-") as folder:
        root = Path(folder)
        (root / "sqlite").mkdir()
        add("payments on SQLite", lambda: asyncio.run(payments.on_sqlite(root / "sqlite")))
        add("payments on PostgreSQL", lambda: asyncio.run(payments.on_postgres(root / "postgres")))
        add("the portal", lambda: _portal(root / "portal"))
        add("the list's service", lambda: asyncio.run(services.lists(root / "portal" / "data")))
    print(f"Measured {clock.today():%d/%m/%Y}, {os.cpu_count()} cores, Python {platform.python_version()}, ", end="")
    print(f"load {load:.1f} at the start.")
    if load > QUIET:
        print("The machine was busy: bytes, requests and memory hold, times are upper bounds, ratios are uncertain.")
    print(f"\n{table(figures, quiet=load <= QUIET)}")
    return 0


def _portal(folder: Path) -> list[Figure]:
    figures: list[Figure] = []
    start_portal(folder, seed=SEED).stop()
    begun = time.perf_counter()
    portal = start_portal(folder, seed=SEED)
    try:
        assert httpx.get(f"{portal.url}/login").status_code == 200
        figures.append(pages.cold_start(begun))
        with browser.chromium() as chromium:
            figures += browser.wire(chromium, portal)
            figures += browser.grid(chromium, portal)
            figures += browser.server_cpu(portal)
            calm, times = browser.clicks(chromium, portal)
            figures += calm
            figures += browser.rush(chromium, portal, times)
    finally:
        portal.stop()
    portal = start_portal(folder, seed=SEED)  # started again: what the browsers left in memory is not what pages cost
    try:
        figures += asyncio.run(pages.idle(portal))
    finally:
        portal.stop()
    return figures


if __name__ == "__main__":
    sys.exit(main())
