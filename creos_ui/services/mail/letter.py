"""A letter, whatever it is about: its parts, and what the function that writes it has at hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from babel.dates import format_date

from creos_ui.money import LOCALES, money
from creos_ui.texts import t
from models import Account, MailMessage

MOST_LINES = 30  # of one message; the rest is on the page its button opens


@dataclass(frozen=True)
class Portal:
    """What a message says of the school and where its button leads; from the settings, never from a request."""

    school: str
    url: str
    sender: str
    contact: str


@dataclass(frozen=True)
class Letter:
    """What happened, one button, and why the reader gets it. rendering.py adds what every message has."""

    title: str  # also the subject
    why: str
    paragraphs: list[str]
    rows: list[tuple[str, str]] = field(default_factory=list)
    button: tuple[str, str] | None = None  # label, address
    after: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Writing:
    """One message being written, in its reader's language."""

    message: MailMessage
    account: Account
    facts: dict[str, Any]
    language: str
    portal: Portal

    def t(self, text_key: str, **values: Any) -> str:
        return t(text_key, self.language, **values)

    def day(self, day: date) -> str:
        """mercredi 19 juin"""
        form = "EEEE d. MMMM" if self.language == "de" else "EEEE d MMMM"
        return format_date(day, form, LOCALES[self.language])

    def money(self, cents: int) -> str:
        return money(cents, self.language)

    def link(self, path: str) -> str:
        return f"{self.portal.url}{path}"


Writer = Callable[[Writing], Awaitable[Letter | None]]  # None: nothing is left to say
