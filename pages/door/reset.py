"""Forgotten password, and accounts brought over: asking for the link, and setting the new password with it.

Both forms are native POSTs (creos_ui/web/reset_routes.py). While a new password is typed, the page asks the server over
its own socket, once it is long enough, whether it would be taken, and shows the reason: the meter knows the names in
this account, which the browser must not. The socket is as encrypted as the POST; nothing of it is kept or logged.
"""

from __future__ import annotations

from typing import Any

from nicegui import ui

from creos_ui.services.accounts import password_policy
from creos_ui.services.accounts.passwords import LONGEST, SHORTEST
from creos_ui.services.accounts.reset import account_of
from creos_ui.texts import LANGUAGES, t
from creos_ui.web.serving import settings
from pages.door.panes import door, language_choice
from pages.elements.html import box, button, text
from pages.reader import Language

REFUSALS = {"password_length", "password_common", "password_pattern", "password_personal", "passwords_differ"}
# not a word is sent before it has the shortest length: until then there is one thing to say
_TYPED = f"""(e) => {{
    const field = e.target, length = [...field.value.normalize("NFKC")].length;
    clearTimeout(field.waiting);
    field.waiting = setTimeout(() => emit(length < {SHORTEST} ? "" : field.value.slice(0, {LONGEST * 4})), 350);
}}"""


@ui.page("/reset")
async def reset_page(language: Language, sent: str = "") -> None:
    school = settings()
    with door(t("reset.title", language), language):
        if sent:
            text("p", t("reset.sent", language), "note", role="status")
            text("p", t("reset.sent_text", language))
        elif school.smtp_host or school.demo:
            _request_form(language)
        else:  # nothing would be sent
            text("p", t("reset.text", language))
        text("p", t("reset.contact", language, contact=school.school_contact), "field-hint")
        with box("div", "door-foot"):
            text("a", t("reset.back", language), href="/login")
            language_choice(language)


@ui.page("/reset/{token}")
async def new_password_page(token: str, language: Language, refusal: str = "") -> None:
    account = await account_of(token)
    if account and account.language in LANGUAGES:
        language = account.language
    with door(t("reset.title", language), language):
        if account is None:
            text("p", t("error.link_not_usable", language), "note bad", role="alert")
            text("a", t("reset.another", language), href="/reset")
        else:
            _password_form(token, account.id, account.identifier, language, refusal)


def _request_form(language: str) -> None:
    text("p", t("reset.ask_text", language))
    with box("form", method="post", action="/reset"):
        text("label", t("reset.who", language), "field-label", for_="identifier")
        box(
            "input",
            "field",
            id="identifier",
            name="identifier",
            autocomplete="username",
            autocapitalize="none",
            spellcheck="false",
            maxlength="254",
            required="",
            autofocus="",
        )
        button(t("reset.send", language), "primary", type="submit")


def _password_form(token: str, account_id: int, identifier: str, language: str, refusal: str) -> None:
    text("p", t("reset.for", language, identifier=identifier))
    with box("form", method="post", action=f"/reset/{token}"):
        if refusal in REFUSALS:
            text("p", t(f"error.{refusal}", language), "note bad", role="alert")
        # for password managers: whose password this is
        box("input", name="username", value=identifier, autocomplete="username", hidden="hidden", readonly="")
        password = _password_field("password", t("reset.password", language))
        password.props.update({"autofocus": "", "aria-describedby": "strength"})
        strength = text("p", t("reset.rule", language), "field-hint strength", id="strength", role="status")
        _password_field("again", t("reset.again", language))
        button(t("reset.set", language), "primary", type="submit")

    async def typed(event: Any) -> None:
        value = event.args if isinstance(event.args, str) else ""
        refused = await password_policy.weakness(value[: LONGEST * 4], account_id=account_id)
        strength.set_text(t(refused.text_key if refused else "reset.strong", language))
        strength.classes(remove="weak strong", add="weak" if refused else "strong")

    password.on("input", typed, js_handler=_TYPED)


def _password_field(name: str, label: str) -> ui.element:
    """A native input: its value travels with the form alone."""
    text("label", label, "field-label", for_=name)
    return box(
        "input",
        "field",
        id=name,
        name=name,
        type="password",
        autocomplete="new-password",
        maxlength="1000",
        required="",
    )
