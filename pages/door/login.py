"""Sign in. The form is a native POST (creos_ui/web/routes.py answers it): a socket cannot set a cookie."""

from __future__ import annotations

from nicegui import ui

from creos_ui.texts import t
from creos_ui.web.typed import recall
from pages.door.panes import door, language_choice
from pages.elements.html import box, button, text
from pages.reader import Language

# what /login may be told to say; anything else in the address says nothing
REFUSALS = {"sign_in", "email_is_not_identifier", "too_many_tries", "password_must_be_reset", "second_step_over"}


@ui.page("/login")
async def login_page(
    language: Language,
    refusal: str = "",
    minutes: str = "",
    next: str = "",
    typed: str = "",
    done: str = "",
) -> None:
    with door(t("login.title", language), language):
        if done == "password":
            text("p", t("reset.done", language), "note", role="status")
        with box("p", "note"):
            text("strong", t("login.notice_title", language))
            text("span", t("login.notice", language) + " ")
            text("a", t("login.notice_link", language), href="/reset")
            text("span", ".")
        with box("form", method="post", action="/login"):
            if refusal in REFUSALS:
                wait = min(max(int(minutes), 1), 60) if minutes.isascii() and minutes.isdigit() else 1
                text("p", t(f"error.{refusal}", language, minutes=wait), "note bad", role="alert")
            box("input", type="hidden", name="next", value=next[:500])
            text("label", t("login.identifier", language), "field-label", for_="identifier")
            box(
                "input",
                "field",
                id="identifier",
                name="identifier",
                value=recall(typed),
                autocomplete="username",
                autocapitalize="none",
                spellcheck="false",
                maxlength="200",
                required="",
                autofocus="",
                aria_describedby="identifier-hint",
            )
            text("p", "⚠ " + t("login.identifier_hint", language), "field-hint", id="identifier-hint")
            text("label", t("login.password", language), "field-label", for_="password")
            with box("div", "field-row"):
                # a native input: what is typed here travels with the form alone, never over the socket
                box(
                    "input",
                    "field",
                    id="password",
                    name="password",
                    type="password",
                    autocomplete="current-password",
                    maxlength="1000",
                    required="",
                )
                _show_button(language)
            button(t("login.submit", language), "primary", type="submit")
        with box("div", "door-foot"):
            text("a", t("login.forgotten", language), href="/reset")
            language_choice(language)


def _show_button(language: str) -> None:
    """Show what was typed, or hide it again; all of it in the browser."""
    show = text("button", t("login.show_password", language), "show-password", type="button", aria_controls="password")
    show.props["data-other"] = t("login.hide_password", language)
    show.on(
        "click",
        js_handler="""(e) => {
            const b = e.currentTarget, field = document.getElementById("password"), word = b.textContent;
            field.type = field.type === "password" ? "text" : "password";
            b.textContent = b.dataset.other; b.dataset.other = word; field.focus();
        }""",
    )
