"""The grid's queries alone: one page and the counts, of 20 and of 12,000 invitations."""

from __future__ import annotations

import time
from pathlib import Path

from tortoise.backends.base.executor import EXECUTOR_CACHE

from bench.report import Figure, median
from bench.seed import MANY, TWENTY
from creos_ui.database.config import sqlite_url
from creos_ui.database.opening import close_database, open_database
from creos_ui.services.invitations.listing import Wanted, counts_of, page_of_invitations
from models import Account

TIMES = 30


async def lists(data: Path) -> list[Figure]:
    EXECUTOR_CACHE.clear()
    await open_database(sqlite_url(data))
    try:
        took: dict[str, list[float]] = {TWENTY: [], MANY: []}
        for _ in range(TIMES):
            for identifier, times in took.items():
                account = await Account.get(identifier=identifier)
                assert account.guardian_id
                begun = time.perf_counter()
                await page_of_invitations(account.guardian_id, Wanted())
                await counts_of(account.guardian_id)
                times.append((time.perf_counter() - begun) * 1000)
    finally:
        await close_database()
    few, many = median(took[TWENTY]), median(took[MANY])
    shown = f"{few:.1f} ms and {many:.1f} ms ({many / few:.1f}×)"
    return [Figure("the grid's own queries, 20 and 12,000 invitations", shown, "", None)]
