"""Forgotten password, and accounts brought over: until links go out by e-mail, the school office gives the new one."""

from __future__ import annotations

from nicegui import ui

from creos_ui.texts import t
from creos_ui.web.serving import settings
from pages.door import door, language_choice
from pages.elements import box, text
from pages.session import Language


@ui.page("/reset")
async def reset_page(language: Language) -> None:
    with door(t("reset.title", language), language, path="/reset"):
        text("p", t("reset.text", language))
        text("p", t("reset.contact", language, contact=settings().school_contact), "note")
        with box("div", "door-foot"):
            text("a", t("reset.back", language), href="/login")
            language_choice(language)
