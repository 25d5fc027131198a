"""The two panes of every page before sign-in: the school on the left, the form on the right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui

from creos_ui.texts import LANGUAGES, t
from creos_ui.web.serving import settings
from pages.elements.html import box, speak, text
from pages.frame import language_item


@contextmanager
def door(title: str, language: str) -> Iterator[None]:
    school = settings().school_name
    speak(language, f"{title} – {school}")
    with box("div", "door"), box("div", "door-card"):
        with box("div", "door-brand"):
            with box("div", "brand"):
                text("span", "C", "logo", aria_hidden="true")
                text("span", school)
            with box("div", "pitch"):
                text("p", t("app.portal", language), "pitch-title")
                text("p", t("app.pitch", language))
        with box("div", "door-form"):
            text("h1", title)
            yield


def language_choice(language: str) -> None:
    """FR ▾ opens the other languages; each submits its form."""
    with ui.button(f"{t('language.short', language)} ▾", color=None).props("flat no-caps") as choice:
        choice.classes("btn quiet").props["aria-label"] = t("language.choose", language)
        with ui.menu().classes("portal-menu").props("auto-close"):
            for other in LANGUAGES:
                language_item(other)
