"""The second factor: setting it up, its recovery codes, switching it off."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from creos_ui.errors import DomainError
from creos_ui.services.accounts import second_factor
from creos_ui.services.accounts.profile import profile_of
from creos_ui.services.school import school
from creos_ui.web import outcomes
from creos_ui.web.outcomes import Outcome
from pages.elements.buttons import button, copy_button
from pages.elements.facts import in_fours
from pages.elements.fields import code_field, own_identifier, password_field
from pages.elements.html import box, text
from pages.elements.notices import done_note
from pages.own.form_page import PROFILE, form_page, last_outcome, lead_to
from pages.reader import Person, Somebody
from pages.routes import Field, router

PATH, CODES = f"{PROFILE}/second-factor", f"{PROFILE}/recovery-codes"


@ui.page(PATH)
async def second_factor_page(me: Somebody, answer: str = "") -> None:
    profile = await profile_of(me.account_id)
    async with form_page(me.t("profile.factor"), me, path=PATH, last=last_outcome(me, answer)):
        if profile.second_factor:
            _manage(profile.identifier, me)
        else:
            _set_up(await second_factor.secret_to_set_up(me.account_id, me.session_id), profile.identifier, me)


def _set_up(secret: str, identifier: str, me: Person) -> None:
    uri = second_factor.set_up_uri(secret, school=school().name, identifier=identifier)
    text("p", me.t("factor.why_office" if me.roles else "factor.why"))
    with box("form", method="post", action=f"{PATH}/on"), box("ol", "steps"):
        text("li", me.t("factor.step_app"))
        with box("li"):
            text("span", me.t("factor.step_scan"))
            with box("div", "transfer"):
                box("img", "qr", src=second_factor.set_up_qr(uri), alt=me.t("factor.qr"), width="170", height="170")
                with box("dl", "facts"):
                    text("dt", me.t("factor.secret"))
                    text("dd", in_fours(secret), "mono", id="secret")
        with box("li"):
            text("span", me.t("factor.step_confirm"))
            own_identifier(identifier)
            code_field(me.t("factor.code"), digits_only=True)
            password_field(me.t("factor.password"), "password", me)
            with box("div", "buttons"):
                button(me.t("factor.switch_on"), "primary", type="submit")


@router.post(f"{PATH}/on")
async def switch_on(me: Somebody, password: Field = "", code: Field = "") -> Response:
    """Shows the recovery codes next, once."""
    try:
        codes = await second_factor.switch_on(me.account_id, me.session_id, password=password, code=code)
    except DomainError as refusal:
        return lead_to(PATH, me, Outcome(refusal=refusal))
    return lead_to(CODES, me, Outcome(codes=tuple(codes)))


def _manage(identifier: str, me: Person) -> None:
    text("p", me.t("factor.is_on"), "note")
    text("p", me.t("factor.manage"))
    with box("form", method="post", action=f"{PATH}/codes"):
        own_identifier(identifier)
        password_field(me.t("factor.password"), "password", me)
        code_field(me.t("factor.any_code"), hint=me.t("factor.any_code_hint"))
        with box("div", "buttons"):
            button(me.t("factor.switch_off"), "danger", type="submit", formaction=f"{PATH}/off")
            button(me.t("factor.new_codes"), "primary", type="submit")


@router.post(f"{PATH}/codes")
async def renew_codes(me: Somebody, password: Field = "", code: Field = "") -> Response:
    try:
        codes = await second_factor.renew_codes(me.account_id, password=password, code=code)
    except DomainError as refusal:
        return lead_to(PATH, me, Outcome(refusal=refusal))
    return lead_to(CODES, me, Outcome(codes=tuple(codes)))


@router.post(f"{PATH}/off")
async def switch_off(me: Somebody, password: Field = "", code: Field = "") -> Response:
    try:
        await second_factor.switch_off(me.account_id, password=password, code=code)
    except DomainError as refusal:
        return lead_to(PATH, me, Outcome(refusal=refusal))
    return lead_to(PROFILE, me, Outcome(done="profile.done_factor_off"))


@ui.page(CODES)
async def recovery_codes_page(me: Somebody, answer: str = "") -> None:
    last = last_outcome(me, answer)

    def noted() -> None:
        outcomes.SIGNED_IN.forget(answer, me.session_id)
        ui.navigate.to(PROFILE)

    async with form_page(me.t("factor.codes_title"), me, path=CODES, last=last):
        if not last.codes:
            text("p", me.t("factor.codes_gone"))
            text("a", me.t("factor.new_codes"), href=PATH)
            return
        done_note(me.t("factor.codes_text"))
        with box("ol", "codes mono", id="codes"):
            for code in last.codes:
                text("li", code)
        with box("div", "buttons"):
            copy_button(me.t("factor.codes_copy"), "plain", "\n".join(last.codes), copied=me.t("credit.copied"))
            button(me.t("factor.codes_noted"), "primary", noted)
