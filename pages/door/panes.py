"""The two panes of every page before sign-in: the school on the left, the form on the right."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from nicegui import ui

from creos_ui.services.school import school
from creos_ui.texts import LANGUAGES
from pages.elements.html import box, set_title_and_language, text
from pages.elements.notices import refusal_note
from pages.language import language_item
from pages.reader import Reader

LONGEST_WAIT = 24 * 60  # minutes


@contextmanager
def door(title: str, visitor: Reader) -> Iterator[None]:
    name = school().name
    set_title_and_language(f"{title} – {name}", visitor)
    with box("div", "door"), box("div", "door-card"):
        with box("div", "door-brand"):
            with box("div", "brand"):
                text("span", "C", "logo", aria_hidden="true")
                text("span", name)
            with box("div", "pitch"):
                text("p", visitor.t("app.portal"), "pitch-title")
                text("p", visitor.t("app.pitch"))
        with box("div", "door-form"):
            text("h1", title)
            yield


def refusal_in_address(visitor: Reader, refusal: str, minutes: str = "", *, among: Collection[str] = ()) -> None:
    """Why the last try was refused, as the address says: anybody may write one, so only `among` these, and what may
    become of any form."""
    if refusal in {*among, "not_saved", "not_known", "busy"}:
        wait = int(minutes[:5]) if minutes.isascii() and minutes.isdigit() else 1
        refusal_note(visitor.t(f"error.{refusal}", minutes=min(max(wait, 1), LONGEST_WAIT)))


def door_foot(visitor: Reader, words: str, path: str) -> None:
    """A link to elsewhere, and FR ▾, which opens the other languages."""
    with box("div", "door-foot"):
        text("a", words, href=path)
        with ui.button(f"{visitor.t('language.short')} ▾", color=None).props("flat no-caps") as choice:
            choice.classes("btn quiet").props["aria-label"] = visitor.t("language.choose")
            with ui.menu().classes("portal-menu").props("auto-close"):
                for other in LANGUAGES:
                    language_item(other)
