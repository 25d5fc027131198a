"""The second factor: setting it up, its recovery codes, switching it off."""

from __future__ import annotations

from nicegui import ui

from creos_ui.services.accounts import second_factor
from creos_ui.services.accounts.profile import profile_of
from creos_ui.texts import t
from creos_ui.web.outcomes import drop, handed
from creos_ui.web.serving import settings
from pages.elements.html import box, button, text
from pages.parent.form_page import balance_of, code_field, form_page, password_field, refusal_note, whose
from pages.reader import Language, Me

PATH = "/profile/second-factor"
CODES = "/profile/recovery-codes"


@ui.page(PATH)
async def second_factor_page(me: Me, language: Language, answer: str = "") -> None:
    profile, balance = await profile_of(me.account_id), await balance_of(me)
    with form_page(t("profile.factor", language), me, language, path=PATH, balance_cents=balance):
        refusal_note(handed(me.session_id, answer), language)
        if profile.second_factor:
            _manage(profile.identifier, language)
        else:
            _set_up(
                await second_factor.secret_to_set_up(me.account_id, me.session_id),
                identifier=profile.identifier,
                language=language,
            )


@ui.page(CODES)
async def recovery_codes_page(me: Me, language: Language, answer: str = "") -> None:
    codes, balance = handed(me.session_id, answer).codes, await balance_of(me)

    def noted() -> None:
        drop(me.session_id, answer)
        ui.navigate.to("/profile")

    with form_page(t("factor.codes_title", language), me, language, path=CODES, balance_cents=balance):
        if not codes:
            text("p", t("factor.codes_gone", language))
            text("a", t("factor.new_codes", language), href=PATH)
            return
        text("p", t("factor.codes_text", language), "note", role="status")
        with box("ol", "codes mono", id="codes"):
            for code in codes:
                text("li", code)
        with box("div", "buttons"):
            copy = button(t("factor.codes_copy", language), "plain")
            copy.props["data-copied"] = t("credit.copied", language)
            copy.on("click", js_handler=_COPY)
            button(t("factor.codes_noted", language), "primary", noted)


_COPY = """(e) => {
    const word = e.currentTarget.querySelector(".block"), before = word.textContent;
    const codes = [...document.querySelectorAll("#codes li")].map((li) => li.textContent).join("\\n");
    const copied = e.currentTarget.dataset.copied;
    navigator.clipboard.writeText(codes).then(() => {
        word.textContent = copied; setTimeout(() => word.textContent = before, 2000); });
}"""


def _set_up(secret: str, *, identifier: str, language: str) -> None:
    uri = second_factor.set_up_uri(secret, school=settings().school_name, identifier=identifier)
    text("p", t("factor.why", language))
    with box("form", method="post", action=f"{PATH}/on"), box("ol", "steps"):
        text("li", t("factor.step_app", language))
        with box("li"):
            text("span", t("factor.step_scan", language))
            with box("div", "transfer"):
                code = second_factor.set_up_qr(uri)
                box("img", "qr", src=code, alt=t("factor.qr", language), width="170", height="170")
                with box("dl", "facts"):
                    text("dt", t("factor.secret", language))
                    text("dd", " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)), "mono", id="secret")
        with box("li"):
            text("span", t("factor.step_confirm", language))
            whose(identifier)
            code_field(t("factor.code", language), digits_only=True)
            password_field(t("factor.password", language), "password", language)
            with box("div", "buttons"):
                button(t("factor.switch_on", language), "primary", type="submit")


def _manage(identifier: str, language: str) -> None:
    text("p", t("factor.is_on", language), "note")
    text("p", t("factor.manage", language))
    with box("form", method="post", action=f"{PATH}/codes"):
        whose(identifier)
        password_field(t("factor.password", language), "password", language)
        code_field(t("factor.any_code", language), hint=t("factor.any_code_hint", language))
        with box("div", "buttons"):
            button(t("factor.switch_off", language), "danger", type="submit", formaction=f"{PATH}/off")
            button(t("factor.new_codes", language), "primary", type="submit")
