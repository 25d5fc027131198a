"""How a form ended: found again by its own session only, for a few minutes; a flood takes no more than its room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from creos_ui import clock
from creos_ui.errors import WrongPassword
from creos_ui.web.outcomes import Outcome, Outcomes

NORAS, OMARS = 1, 2  # sessions
REFUSED = Outcome(refusal=WrongPassword(), typed="nora@example.org")


def test_only_the_session_that_sent_the_form_finds_and_forgets_it() -> None:
    outcomes = Outcomes(seconds=300)
    word = outcomes.remember(REFUSED, NORAS)
    outcomes.forget(word, OMARS)
    assert outcomes.find(word, NORAS) is REFUSED
    assert outcomes.find(word, OMARS) == outcomes.find(word) == outcomes.find("", NORAS) == Outcome()
    outcomes.forget(word, NORAS)
    assert outcomes.find(word, NORAS) == Outcome()


def test_before_sign_in_it_belongs_to_no_session() -> None:
    outcomes = Outcomes(seconds=120)
    word = outcomes.remember(REFUSED)
    assert outcomes.find(word) is REFUSED
    assert outcomes.find(word, NORAS) == Outcome()


def test_it_is_gone_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 11, 24, 8, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    outcomes = Outcomes(seconds=120)
    word = outcomes.remember(REFUSED, NORAS)
    now += timedelta(seconds=120)
    assert outcomes.find(word, NORAS) is REFUSED
    now += timedelta(seconds=1)
    assert outcomes.find(word, NORAS) == Outcome()


def test_a_flood_pushes_out_the_oldest() -> None:
    outcomes = Outcomes(seconds=120, most=3)
    words = [outcomes.remember(Outcome(typed=str(number))) for number in range(4)]
    assert [outcomes.find(word).typed for word in words] == ["", "1", "2", "3"]
