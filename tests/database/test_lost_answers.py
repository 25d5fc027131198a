"""The link to PostgreSQL breaks with a COMMIT on its way: whoever waits for the answer is told what is true, or that
nobody knows, and nothing is doubled."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import nullcontext, suppress
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import asyncpg
import pytest

from creos_ui.database import refusing
from creos_ui.database.opening import opened
from creos_ui.errors import NotKnown, NotRecorded
from creos_ui.services.invitations.answering import decline_invitation
from models import Invitation, Transfer
from tests.databases import postgres_database
from tests.school import School, new_key

pytestmark = pytest.mark.postgres
SOCKET = ".s.PGSQL.5432"


class Link:
    """Between the portal and its server. Once `armed`, the next COMMIT cuts off who sent it; the server gets it when
    `goes_on` is set, or never where it is `swallowed`."""

    def __init__(self, server: str, url: str) -> None:
        self.server, self.url = server, url
        self.armed = self.swallowed = self.stays_broken = False
        self.goes_on, self.cut, self.over = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut.is_set() and self.stays_broken:
            writer.transport.abort()
            return
        answers, to_server = await asyncio.open_unix_connection(self.server)

        async def back() -> None:
            with suppress(OSError):
                while said := await answers.read(65536):
                    writer.write(said)
            writer.close()

        answering = asyncio.create_task(back())
        with suppress(OSError):
            while said := await reader.read(65536):
                if self.armed and b"COMMIT" in said:
                    await self._cut(said, writer, to_server, answering)
                    break
                to_server.write(said)
        to_server.close()

    async def _cut(
        self, said: bytes, writer: asyncio.StreamWriter, to_server: asyncio.StreamWriter, answering: asyncio.Task[None]
    ) -> None:
        self.armed = False
        answering.cancel()
        writer.transport.abort()
        self.cut.set()
        if not self.swallowed:
            await self.goes_on.wait()
            to_server.write(said)
            await to_server.drain()
        self.over.set()

    async def committed(self) -> None:
        """Wait until the server has ended all that came over this link and was cut."""
        await self.over.wait()
        connection = await asyncpg.connect(self.url)
        async with asyncio.timeout(10):
            while await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL "
                "AND pid <> pg_backend_pid()"
            ):
                continue
        await connection.close()


@pytest.fixture
async def link() -> AsyncIterator[Link]:
    async with postgres_database() as url:
        parts = urlsplit(url)
        with tempfile.TemporaryDirectory() as folder:
            link = Link(str(Path(parse_qs(parts.query)["host"][0]) / SOCKET), url)
            server = await asyncio.start_unix_server(link.carry, Path(folder) / SOCKET)
            async with opened(f"{parts._replace(query='').geturl()}?host={quote(folder, safe='')}"):
                yield link
            server.close()


@pytest.fixture
async def school(link: Link) -> School:
    return await School.open()


@pytest.mark.parametrize("late", [False, True])
async def test_a_payment_the_server_booked_is_reported_as_booked(link: Link, school: School, late: bool) -> None:
    invitation = await school.invite(school.lou)
    link.armed = True
    paying = asyncio.create_task(school.pay(invitation))
    await link.cut.wait()
    if late:  # whoever looked for it now would not find it
        watching = await asyncpg.connect(link.url)
        async with asyncio.timeout(10):
            while not await watching.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                continue
        await watching.close()
    link.goes_on.set()
    (transfer,) = await paying
    assert transfer.amount_cents == 500
    assert await school.balance_cents(school.nora) == 1_500


async def test_a_payment_that_never_reached_the_server_was_not_taken_and_can_be_made(
    link: Link, school: School
) -> None:
    invitation, key = await school.invite(school.lou), new_key()
    link.armed = link.swallowed = True
    with pytest.raises(NotRecorded):
        await school.pay(invitation, key=key)
    assert await school.balance_cents(school.nora) == 2_000
    await school.pay(invitation, key=key)
    assert await school.balance_cents(school.nora) == 1_500


@pytest.mark.parametrize("why", ["the link stays broken", "the server waits"])
async def test_whether_a_payment_was_taken_is_not_known_and_nobody_says_otherwise(
    link: Link, school: School, why: str
) -> None:
    invitation, key = await school.invite(school.lou), new_key()
    link.armed = True
    if why == "the link stays broken":
        link.stays_broken = True
        link.goes_on.set()
    with pytest.raises(NotKnown):
        await school.pay(invitation, key=key)
    link.goes_on.set()
    await link.committed()
    link.stays_broken = False
    assert await Transfer.filter(key=key).count() == 1, "it was taken"
    await school.pay(invitation, key=key)
    assert await school.balance_cents(school.nora) == 1_500


async def test_a_decline_whose_answer_got_lost_is_not_known_and_the_database_is_not_called_read_only(
    link: Link, school: School, nothing_refused: None
) -> None:
    invitation = await school.invite(school.lou)
    await school.pay(invitation)
    link.armed = True
    link.goes_on.set()
    for refusal in (pytest.raises(NotKnown), nullcontext()):
        with refusal:  # the second click finds what the first one did
            await decline_invitation(invitation.id, debtor_id=school.nora.id, answer_no=1, actor="account:1")
        await link.committed()
        assert (await Invitation.get(id=invitation.id)).status == "declined"
        assert await school.balance_cents(school.nora) == 2_000
    assert not refusing.lately()
