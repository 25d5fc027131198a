"""The portal's process as the browser and socket tests start it: seeded first, then served for real.

    python -m tests.served SEED CLOCK_FILE [MODULE ...]

SEED is module:coroutine function, run once on an empty database, or none; CLOCK_FILE holds the seconds by which this
process's clock is ahead, so that a test can let half an hour pass; MODULEs register pages of the test's own.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from creos_ui import clock
from creos_ui.app import serve
from creos_ui.database.opening import opened
from creos_ui.settings import Settings, portal_settings
from models import Account


async def _seed(settings: Settings, name: str) -> None:
    module, _, function = name.partition(":")
    async with opened(settings.database):
        if not await Account.exists():
            await getattr(importlib.import_module(module), function)(settings)


def main() -> None:
    seed, clock_file, *modules = sys.argv[1:]
    settings = portal_settings()
    settings.documents.mkdir(parents=True, exist_ok=True)
    if seed != "none":
        asyncio.run(_seed(settings, seed))
    ahead = Path(clock_file)
    clock.now = lambda: datetime.now(UTC) + timedelta(seconds=float(ahead.read_text() or 0))
    for module in modules:
        importlib.import_module(module)
    serve(settings)


if __name__ == "__main__":
    main()
