"""Loaded into the portal by test_strength.py: each password takes its time to be weighed, and leaves a line."""

from __future__ import annotations

import time
from typing import Any

from creos_ui.services.accounts import password_policy
from tests.web.trial_pages import record

_measure = password_policy._measure


def _slow_measure(text: str, known: list[str]) -> dict[str, Any]:
    record(f"begun {text}")
    time.sleep(0.5)
    record(f"weighed {text}")
    return _measure(text, known)


password_policy._measure = _slow_measure
