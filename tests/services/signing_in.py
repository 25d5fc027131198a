"""What the tests of signing in share: the school's secret, an account for Nora, a clock that can be moved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from creos_ui import clock, keyed_hash
from creos_ui.services import keys
from creos_ui.services.accounts import sessions
from creos_ui.services.accounts.passwords import hash_password
from models import Account
from tests.school import School

SECRET = "a secret of the tests, long enough for any"
NORA, PASSWORD, WRONG = "peeters.nora", "Le tilleul fleurit", "Le tilleul fane"
HOME, ELSEWHERE = "192.0.2.7", "198.51.100.9"


class Hands:
    """The hands of the clock, from the first of September at nine."""

    def __init__(self) -> None:
        self.at = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)

    def on(self, **later: float) -> None:
        self.at += timedelta(**later)


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    hands = Hands()
    monkeypatch.setattr(clock, "now", lambda: hands.at)
    return hands


@pytest.fixture(autouse=True)
def secret() -> Iterator[None]:
    """Its first keys, in memory: most tests need no rows of them."""
    keys.hold({purpose: {1: key} for purpose, key in keys.first_keys(SECRET).items()})
    yield
    keyed_hash.use(b"")
    sessions.forget_all()


@pytest.fixture
async def nora(school: School) -> Account:
    return await Account.create(
        identifier=NORA, guardian_id=school.nora.id, password_hash=await hash_password(PASSWORD), language="fr"
    )
