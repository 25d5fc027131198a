"""The link to a new e-mail address: seeing it changes nothing, the button confirms (creos_ui/web/reset_routes.py)."""

from __future__ import annotations

from nicegui import ui

from creos_ui.services.accounts import links
from creos_ui.texts import LANGUAGES, t
from models import LinkPurpose
from pages.door.panes import door, language_choice
from pages.elements.html import box, button, text
from pages.reader import Language


@ui.page("/confirm-email/{token}")
async def confirm_email_page(token: str, language: Language) -> None:
    account = await links.look(token, LinkPurpose.EMAIL)
    if account and account.language in LANGUAGES:
        language = account.language
    with door(t("email.title", language), language):
        if account is None:
            text("p", t("error.link_not_usable", language), "note bad", role="alert")
            text("a", t("email.home", language), href="/")
            return
        text("p", t("email.text", language))
        with box("form", method="post", action=f"/confirm-email/{token}"):
            button(t("email.confirm", language), "primary", type="submit")


@ui.page("/confirm-email")
async def confirmed_page(language: Language) -> None:
    with door(t("email.title", language), language):
        text("p", t("email.done", language), "note", role="status")
        with box("div", "door-foot"):
            text("a", t("email.home", language), href="/")
            language_choice(language)
