"""A new password, and a new e-mail address: each a native form that asks for the password of today (R9)."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from creos_ui.errors import DomainError
from creos_ui.services.accounts import account, email_change
from creos_ui.services.accounts.profile import profile_of
from creos_ui.web.cutting import cut
from creos_ui.web.outcomes import Outcome
from pages.elements.buttons import button
from pages.elements.fields import email_field, own_identifier, password_field
from pages.elements.html import box, text
from pages.elements.strength import strength_meter
from pages.own.form_page import PROFILE, form_page, last_outcome, lead_to
from pages.reader import Somebody
from pages.routes import Field, router

PASSWORD, EMAIL = f"{PROFILE}/password", f"{PROFILE}/email"


@ui.page(PASSWORD)
async def password_page(me: Somebody, answer: str = "") -> None:
    profile = await profile_of(me.account_id)
    async with form_page(me.t("profile.password_label"), me, path=PASSWORD, last=last_outcome(me, answer)):
        with box("form", method="post", action=PASSWORD):
            own_identifier(profile.identifier)
            password_field(me.t("factor.password"), "current", me)
            new = password_field(me.t("profile.new_password"), "new", me, new=True)
            strength_meter(new, me, account_id=me.account_id, rule=me.t("profile.password_rule"))
            text("p", me.t("profile.password_ends"), "muted")
            with box("div", "buttons"):
                button(me.t("profile.password_label"), "primary", type="submit")


@router.post(PASSWORD)
async def change_password(me: Somebody, current: Field = "", new: Field = "") -> Response:
    """Every other session ends, and its open pages."""
    try:
        ended = await account.change_password(me.account_id, current=current, new=new, keep_session_id=me.session_id)
    except DomainError as refusal:
        return lead_to(PASSWORD, me, Outcome(refusal=refusal))
    await cut(set(ended))
    return lead_to(PROFILE, me, Outcome(done="profile.done_password"))


@ui.page(EMAIL)
async def email_page(me: Somebody, answer: str = "") -> None:
    profile, last = await profile_of(me.account_id), last_outcome(me, answer)
    async with form_page(me.t("profile.email_label"), me, path=EMAIL, last=last):
        text("p", me.t("profile.email_how"))
        with box("form", method="post", action=EMAIL):
            own_identifier(profile.identifier)
            email_field(me.t("profile.new_email"), "address", last.typed)
            password_field(me.t("factor.password"), "password", me)
            with box("div", "buttons"):
                button(me.t("profile.email_ask"), "primary", type="submit")


@router.post(EMAIL)
async def change_email(me: Somebody, password: Field = "", address: Field = "") -> Response:
    """A link goes to the new address; until it is confirmed the old one stays (R9)."""
    try:
        await email_change.request_email(me.account_id, password=password, new_address=address)
    except DomainError as refusal:
        return lead_to(EMAIL, me, Outcome(refusal=refusal, typed=address[:254]))
    return lead_to(PROFILE, me, Outcome(done="profile.done_email"))
