"""A new password, and a new e-mail address: each a native form that asks for the password of today (R9)."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from creos_ui.services.accounts import password_policy
from creos_ui.services.accounts.passwords import LONGEST
from creos_ui.services.accounts.profile import profile_of
from creos_ui.texts import t
from creos_ui.web.outcomes import handed
from pages.elements.html import box, button, text
from pages.parent.form_page import balance_of, form_page, password_field, refusal_note, whose
from pages.reader import Language, Me

PASSWORD, EMAIL = "/profile/password", "/profile/email"
# once the hand rests; what is typed is weighed and forgotten
_TYPED = """(e) => {
    const field = e.target;
    clearTimeout(field.resting); field.resting = setTimeout(() => emit(field.value.slice(0, 1000)), 300);
}"""


@ui.page(PASSWORD)
async def password_page(me: Me, language: Language, answer: str = "") -> None:
    profile, balance = await profile_of(me.account_id), await balance_of(me)
    with form_page(t("profile.password_label", language), me, language, path=PASSWORD, balance_cents=balance):
        refusal_note(handed(me.session_id, answer), language)
        with box("form", method="post", action=PASSWORD):
            whose(profile.identifier)
            password_field(t("factor.password", language), "current", language)
            new = password_field(t("profile.new_password", language), "new", language, new=True)
            new.props["aria-describedby"] = "strength"
            strength = text("p", t("profile.password_rule", language), "field-hint strength", id="strength")
            strength.props["role"] = "status"
            text("p", t("profile.password_ends", language), "muted")
            with box("div", "buttons"):
                button(t("profile.password_label", language), "primary", type="submit")

    async def typed(event: Any) -> None:
        value = event.args if isinstance(event.args, str) else ""
        refused = await password_policy.weakness(value[: LONGEST * 4], account_id=me.account_id)
        strength.set_text(t(refused.text_key if refused else "profile.password_strong", language))
        strength.classes(remove="weak strong", add="weak" if refused else "strong")

    new.on("input", typed, js_handler=_TYPED)


@ui.page(EMAIL)
async def email_page(me: Me, language: Language, answer: str = "") -> None:
    profile, balance = await profile_of(me.account_id), await balance_of(me)
    last = handed(me.session_id, answer)
    with form_page(t("profile.email_label", language), me, language, path=EMAIL, balance_cents=balance):
        refusal_note(last, language)
        text("p", t("profile.email_how", language))
        with box("form", method="post", action=EMAIL):
            whose(profile.identifier)
            text("label", t("profile.new_email", language), "field-label", for_="address")
            box(
                "input", "field", id="address", name="address", type="email", value=last.typed, autocomplete="email",
                spellcheck="false", maxlength="254", required="",
            )  # fmt: skip
            password_field(t("factor.password", language), "password", language)
            with box("div", "buttons"):
                button(t("profile.email_ask", language), "primary", type="submit")
