"""A full disk: a sentence for the parent, nothing half done, and the same click works once there is space (R52)."""

from __future__ import annotations

import asyncio
import resource
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tortoise.connection import get_connection

from creos_ui.database.opening import opened
from creos_ui.errors import NotRecorded
from creos_ui.services.invitations.listing import counts_of
from creos_ui.services.money.books import check_books
from models import Transfer
from tests.school import School
from tests.stress.processes import ended, start

BASKETS = 70  # of three invitations each: the disk may fill up in the middle of one
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]


async def full_pages(folder: Path) -> None:
    """The database may not grow by a single page."""
    connection = get_connection("default")
    (row,) = await connection.execute_query_dict("PRAGMA page_count")
    await connection.execute_query(f"PRAGMA max_page_count = {row['page_count']}")


async def full_disk(folder: Path) -> None:
    """No file of this process may grow any further: the kernel refuses, as it does on a full disk."""
    await get_connection("default").execute_query("PRAGMA wal_checkpoint(TRUNCATE)")
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))


async def space_again() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await get_connection("default").execute_query("PRAGMA max_page_count = 1000000000")


@pytest.mark.parametrize("fill", [full_pages, full_disk])
def test_a_full_disk_refuses_the_payment_and_the_same_click_works_afterwards(
    shared_url: str, tmp_path: Path, fill: Callable[[Path], Awaitable[None]]
) -> None:
    async def pay_until_it_is_full() -> None:
        school = await School.open()
        baskets = [[await school.invite(school.lou, price_cents=1) for _ in range(3)] for _ in range(BASKETS)]
        await fill(tmp_path)

        paid = 0
        for basket in baskets:
            try:
                await school.pay(*basket, key=f"dialog-of-basket-{paid:04d}")
                paid += 1
            except NotRecorded:
                break
        assert 0 < paid < BASKETS - 2

        await nothing_half_done(school, paid)
        refused, key = baskets[paid], f"dialog-of-basket-{paid:04d}"
        with pytest.raises(NotRecorded):
            await school.pay(*refused, key=key)
        await nothing_half_done(school, paid)

        await space_again()
        first = await school.pay(*refused, key=key)
        assert await school.pay(*refused, key=key) == first
        await nothing_half_done(school, paid + 1)
        await school.pay(*baskets[paid + 1])

    assert ended(start(shared_url, pay_until_it_is_full)) == 0

    async def books_hold() -> None:
        async with opened(shared_url):
            assert [finding for finding in await check_books() if not finding.ok] == []

    asyncio.run(books_hold())


async def nothing_half_done(school: School, paid: int) -> None:
    """Reading goes on, and shows as many baskets as were acknowledged."""
    assert await Transfer.filter(kind="payment").count() == 3 * paid
    assert (await counts_of(school.nora.id)).paid == 3 * paid
    assert await school.balance_cents(school.nora) == 2_000 - 3 * paid
