"""For tests of what the portal sends: an account with an address, a server, and a clock to move.

The fixtures are for whoever imports them: other tests have another Nora.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from creos_ui import clock
from creos_ui.database.transactions import atomic
from creos_ui.services import outbox
from creos_ui.services.accounts.passwords import hash_password
from creos_ui.services.mail import sending
from creos_ui.services.mail.letter import Portal
from creos_ui.services.mail.server import Server
from models import Account, Guardian, MailKind
from tests.school import School
from tests.smtp import Sink, running_sink

PORTAL = Portal("École du Tilleul", "https://ecole.example", "portail@ecole.example", "02 555 01 23")
PASSWORD = "Le tilleul fleurit"
NORA_AT = "nora.peeters@example.org"


def server_of(sink: Sink | int) -> Server:
    return Server("127.0.0.1", sink if isinstance(sink, int) else sink.port, "none")


async def put(account: Account, kind: MailKind = MailKind.PASSWORD_LINK, **facts: Any) -> None:
    """A message to this account, into the outbox."""

    async def work(connection: Any) -> None:
        await outbox.put(connection, account.id, kind, facts)

    await atomic(work)


async def send(sink: Sink | int) -> int:
    return await sending.send_due(server_of(sink), PORTAL)


async def account_for(guardian: Guardian, identifier: str, email: str | None, **values: Any) -> Account:
    return await Account.create(
        identifier=identifier,
        guardian_id=guardian.id,
        password_hash=await hash_password(PASSWORD),
        email=email,
        language="fr",
        **values,
    )


class MovedClock:
    """clock.now() runs ahead by `ahead`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = timedelta(0)
        monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + self.ahead)

    def move(self, **ahead: float) -> None:
        self.ahead += timedelta(**ahead)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running_sink() as sink:
        yield sink


@pytest.fixture
async def nora(school: School) -> Account:
    return await account_for(school.nora, "peeters.nora", NORA_AT)


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> MovedClock:
    return MovedClock(monkeypatch)
