"""Choosing a language: the menu item that does it, and the form it sends."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui
from starlette.responses import Response

from creos_ui.services.accounts import sessions
from creos_ui.texts import LANGUAGES, t
from creos_ui.web import cookies
from pages.elements import scripts
from pages.elements.buttons import menu_item
from pages.home import home_of, safe_next
from pages.routes import Field, redirect, router


@router.post("/language")
async def choose_language(request: Request, language: Field = "", next: Field = "") -> Response:
    """Remember the chosen language on this browser and, signed in, with the account."""
    session = request.state.session
    target = next if next == "/login/code" else safe_next(next)  # the step between may be read in any language
    answer = redirect(target or (home_of(session) if session else "/login"))
    if language in LANGUAGES:
        cookies.set_cookie(answer, cookies.LANGUAGE, language, max_age=cookies.A_YEAR)
        if session is not None:
            await sessions.choose_language(session, language)
    return answer


def language_item(language: str) -> ui.menu_item:
    """The menu item that chooses this language."""
    item = menu_item(t("language.name", language)).props(f"lang={language}")
    return item.on("click", js_handler=chooses(language))


def chooses(language: str) -> str:
    """What a click does in the browser to choose this language and come back to the same page."""
    assert language in LANGUAGES
    return scripts.submit_form("/language", language=f'"{language}"', next="location.pathname")
