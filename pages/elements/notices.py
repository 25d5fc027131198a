"""How it went: a notice for a few seconds after a click, a note on the page after a form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui

from creos_ui.errors import DomainError
from creos_ui.services.school import school
from pages.elements.html import text
from pages.reader import Reader


@contextmanager
def refusals_shown(reader: Reader) -> Iterator[None]:
    """Show a DomainError as a notice and carry on. Anything else is a bug and goes to the log."""
    try:
        yield
    except DomainError as refusal:
        notify_refusal(refusal, reader)


def notify_refusal(refusal: DomainError, reader: Reader) -> None:
    ui.notify(refusal_in_words(refusal, reader), type="negative", timeout=8000, close_button="✕")


def notify_done(words: str) -> None:
    """Say what was done."""
    ui.notify(words, type="positive", timeout=6000)


def notify(words: str) -> None:
    """Say what is worth knowing: nothing was done, and nothing refused."""
    ui.notify(words, timeout=6000)


def done_note(words: str) -> None:
    text("p", words, "note", role="status")


def refusal_note(words: str) -> None:
    text("p", words, "note bad", role="alert")


def refusal_in_words(refusal: DomainError, reader: Reader) -> str:
    values = {"contact": school().contact} | refusal.values  # whom to ask, where the sentence says it
    return reader.t(refusal.text_key, **values)
