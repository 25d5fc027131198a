"""The second step of signing in: a code, after the right password. A native form, as the first step is."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui
from starlette.responses import RedirectResponse

from creos_ui.services.accounts import second_factor
from creos_ui.texts import t
from creos_ui.web import cookies
from creos_ui.web.routes import safe_next
from creos_ui.web.serving import settings
from pages.door.panes import door, language_choice
from pages.elements.html import box, button, text
from pages.reader import Language

A_DAY = 24 * 60  # minutes, the longest there is to wait


@ui.page("/login/code")
async def second_step_page(
    request: Request, language: Language, refusal: str = "", minutes: str = "", next: str = ""
) -> RedirectResponse | None:
    pending = cookies.read(request.headers.get("cookie", ""), cookies.PENDING)
    if not await second_factor.is_pending(pending):
        return RedirectResponse("/login", 303)
    with door(t("second_step.title", language), language):
        text("p", t("second_step.text", language))
        with box("form", method="post", action="/login/code"):
            if refusal == "code_refused":
                text("p", t("error.code_refused", language), "note bad", role="alert")
            elif refusal == "too_many_codes":
                wait = min(max(int(minutes), 1), A_DAY) if minutes.isascii() and minutes.isdigit() else 1
                text("p", t("error.too_many_codes", language, minutes=wait), "note bad", role="alert")
            box("input", type="hidden", name="next", value=safe_next(next) or "")
            text("label", t("factor.any_code", language), "field-label", for_="code")
            box(
                "input",
                "field",
                id="code",
                name="code",
                autocomplete="one-time-code",
                autocapitalize="none",
                spellcheck="false",
                maxlength="60",
                required="",
                autofocus="",
                aria_describedby="code-hint",
            )
            text("p", t("factor.any_code_hint", language), "field-hint", id="code-hint")
            button(t("second_step.submit", language), "primary", type="submit")
        text("p", t("second_step.lost", language, contact=settings().school_contact), "muted")
        with box("div", "door-foot"):
            text("a", t("second_step.back", language), href="/login")
            language_choice(language)
    return None
