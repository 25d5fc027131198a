"""Another program holds a row and does not let go: whoever wants that row is answered, and nobody else waits.

How long is PostgreSQL's to say (creos_ui/database/config.py); what matters here is who waits for whom.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from creos_ui.database import refusing, safe_asyncpg, transactions
from creos_ui.database.config import SERVER_SETTINGS, config
from creos_ui.database.safe_asyncpg import KEPT_FOR_READING, Retry
from creos_ui.database.transactions import atomic, one_at_a_time
from creos_ui.errors import Busy, NotRecorded
from creos_ui.services.invitations import credit
from creos_ui.services.invitations.listing import Wanted, page_of_invitations
from creos_ui.services.money import ledger
from models import Guardian, Invitation, Transfer
from tests.databases import connected, postgres_database
from tests.postgres import WAITING
from tests.school import School, add_guardian, add_pupil, new_key

pytestmark = pytest.mark.postgres
POOL = 8  # connections
LONGEST = 10.0  # seconds until everybody is answered; half of it on a quiet machine


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with postgres_database() as found:
        await connected(found)
        yield found


@pytest.fixture
async def school(url: str) -> School:
    return await School.open()


@pytest.fixture
async def holder(url: str, school: School) -> AsyncIterator[asyncpg.Connection]:
    """Another program, inside a transaction that it leaves open until it is closed."""
    connection = await asyncpg.connect(url)
    await connection.execute("BEGIN")
    yield connection
    await connection.close()


async def hold_wallet(holder: asyncpg.Connection, *guardians: Guardian) -> None:
    ids = ", ".join(str(guardian.id) for guardian in guardians)
    await holder.execute(f"SELECT id FROM ledger_account WHERE guardian_id IN ({ids}) ORDER BY id FOR UPDATE")


async def blocked(holder: asyncpg.Connection, count: int) -> None:
    """Until so many statements wait for a lock."""
    async with asyncio.timeout(LONGEST):
        while await holder.fetchval(WAITING) < count:
            continue  # the question itself lets the others go on


async def refusals(waiting: list[asyncio.Task[Any]]) -> set[type[BaseException]]:
    """Whatever it is, everybody is answered soon."""
    async with asyncio.timeout(LONGEST):
        return {type(one) for one in await asyncio.gather(*waiting, return_exceptions=True)}


async def test_many_payments_of_a_held_wallet_are_answered_and_hold_nobody_else_up(
    school: School, holder: asyncpg.Connection
) -> None:
    mine = [await school.invite(school.lou, price_cents=1) for _ in range(2 * POOL)]
    other = await school.invite(school.mia)
    key = new_key()
    await hold_wallet(holder, school.nora)
    begun = time.monotonic()
    waiting = [asyncio.create_task(school.pay(one, key=key if one is mine[0] else None)) for one in mine]
    await blocked(holder, 1)

    assert (await page_of_invitations(school.omar.id, Wanted())).total == 1
    await school.pay(other, payer=school.omar)
    assert (await page_of_invitations(school.nora.id, Wanted())).total == 2 * POOL, "the family's own pages too"
    assert not any(one.done() for one in waiting), "nobody waited for those"

    assert await refusals(waiting) == {NotRecorded}
    assert time.monotonic() - begun < LONGEST
    assert await Transfer.filter(kind="payment").count() == 1
    await holder.execute("ROLLBACK")
    await school.pay(mine[0], key=key)
    assert await school.balance_cents(school.nora) == 1_999


async def test_more_held_wallets_than_connections_leave_some_to_read_with(
    school: School, holder: asyncpg.Connection
) -> None:
    families = [await add_guardian("Many", f"Parent {number}", credit_cents=100) for number in range(2 * POOL)]
    invitations = [await school.invite(await add_pupil("Many", "Child", one), debtor=one) for one in families]
    await hold_wallet(holder, *families)
    waiting = [
        asyncio.create_task(school.pay(one, payer=family)) for one, family in zip(invitations, families, strict=True)
    ]
    await blocked(holder, POOL - KEPT_FOR_READING)
    for family in families:
        assert (await page_of_invitations(family.id, Wanted())).total == 1
    assert not any(one.done() for one in waiting)
    assert await refusals(waiting) == {NotRecorded}
    await holder.execute("ROLLBACK")
    await school.pay(await school.invite(school.mia), payer=school.omar)


async def test_declining_wishing_and_topping_up_are_answered_as_well_and_change_nothing(
    school: School, holder: asyncpg.Connection, nothing_refused: None
) -> None:
    invitations = [await school.invite(school.lou, price_cents=100) for _ in range(2)]
    acts: list[Callable[[], Awaitable[Any]]] = [
        lambda: school.decline(invitations[0]),
        lambda: school.wish(invitations[1]),
        lambda: credit.top_up(school.nora.id, 100, key="bank-line-number-1", actor="test"),
    ]
    await hold_wallet(holder, school.nora)
    assert await refusals([asyncio.ensure_future(act()) for act in acts]) == {Busy}
    assert not refusing.lately(), "one wallet is no reason to call the operator"
    await holder.execute("ROLLBACK")
    assert await Invitation.filter(status="open", pay_when_credit=False).count() == 2
    assert await school.balance_cents(school.nora) == 2_000
    for act in acts:
        await act()


async def test_a_second_act_on_many_is_answered_while_the_first_goes_on(
    school: School, holder: asyncpg.Connection
) -> None:
    await holder.execute("SELECT pg_advisory_xact_lock(hashtext('preview'))")

    async def second() -> None:
        await atomic(lambda connection: one_at_a_time(connection, "preview"))

    assert await refusals([asyncio.create_task(second())]) == {Busy}


async def test_where_every_connection_is_in_use_a_statement_is_refused(
    school: School, holder: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Single statements that write can wait for a row as well. Who is refused has waited a moment here, not seconds."""
    rename = "UPDATE guardian SET first_name = 'x' WHERE id = $1"
    await holder.execute(rename, school.nora.id)
    connection = transactions.default_connection()

    def renaming() -> asyncio.Task[int]:
        return asyncio.create_task(transactions.execute(connection, rename, school.nora.id))

    first = [renaming() for _ in range(POOL)]
    await blocked(holder, POOL)
    monkeypatch.setattr(safe_asyncpg, "LONGEST_WAIT", 0.05)
    assert await refusals([renaming(), asyncio.create_task(ledger.balance_cents(school.omar.id))]) == {Retry}
    assert not any(one.done() for one in first), "who is refused has waited for none of those"
    await holder.execute("ROLLBACK")
    assert await asyncio.gather(*first) == [1] * POOL
    assert await ledger.balance_cents(school.omar.id) == 500


def test_nobody_waits_longer_than_the_readme_says() -> None:
    readme = " ".join((Path(__file__).parents[2] / "README.md").read_text("utf-8").split())
    assert "two seconds for a free connection, three for a row or table that another program holds" in readme
    assert "thirty seconds for one statement. Two connections of the eight are kept for reading" in readme
    assert SERVER_SETTINGS == {"lock_timeout": "3s", "statement_timeout": "30s"}
    assert safe_asyncpg.LONGEST_WAIT <= 2
    assert safe_asyncpg.KEPT_FOR_READING == 2
    assert config("postgres://localhost/x")["connections"]["default"]["credentials"]["maxsize"] == POOL == 8
