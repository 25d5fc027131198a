"""Forgotten password, and accounts brought over: asking for the link, and setting the new password with it."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui
from starlette.responses import Response

from creos_ui.errors import DomainError, LinkNotUsable
from creos_ui.services.accounts import reset
from creos_ui.services.accounts.reset import account_of
from creos_ui.services.school import school
from creos_ui.texts import LANGUAGES
from creos_ui.web import outcomes
from creos_ui.web.cutting import cut
from creos_ui.web.finishing import to_the_end
from creos_ui.web.outcomes import Outcome
from creos_ui.web.serving import settings
from models import Account
from pages.door.panes import door, door_foot, refusal_in_address
from pages.elements.buttons import button
from pages.elements.fields import bare_password_field, identifier_field, own_identifier
from pages.elements.html import box, text
from pages.elements.notices import done_note, refusal_note
from pages.elements.strength import strength_meter
from pages.reader import Reader, Visitor
from pages.routes import Field, redirect, router

REFUSALS = {"password_length", "password_common", "password_pattern", "password_personal", "passwords_differ"}


@ui.page("/reset")
async def reset_page(visitor: Visitor, sent: str = "", refusal: str = "", typed: str = "") -> None:
    with door(visitor.t("reset.title"), visitor):
        if sent:
            done_note(visitor.t("reset.sent"))
            text("p", visitor.t("reset.sent_text"))
        elif school().mail_server or settings().demo:
            _request_form(visitor, refusal, outcomes.BEFORE_SIGN_IN.find(typed).typed)
        else:  # nothing would be sent
            text("p", visitor.t("reset.text"))
        text("p", visitor.t("reset.contact", contact=school().contact), "field-hint")
        door_foot(visitor, visitor.t("reset.back"), "/login")


def _request_form(visitor: Reader, refusal: str, typed: str) -> None:
    text("p", visitor.t("reset.ask_text"))
    with box("form", method="post", action="/reset"):
        refusal_in_address(visitor, refusal)
        identifier_field(visitor.t("reset.who"), longest=reset.LONGEST, value=typed)  # or an e-mail address
        button(visitor.t("reset.send"), "primary", type="submit")


@router.post("/reset")
async def request_link(request: Request, identifier: Field = "") -> Response:
    """The same answer for everybody (R5)."""
    try:
        await reset.request_link(identifier, address=request.client.host if request.client else "")
    except DomainError as refusal:
        word = outcomes.BEFORE_SIGN_IN.remember(Outcome(typed=identifier[: reset.LONGEST]))
        return redirect("/reset", refusal=refusal.text_key.removeprefix("error."), typed=word)
    return redirect("/reset", sent=1)


@ui.page("/reset/{token}")
async def new_password_page(token: str, visitor: Visitor, refusal: str = "") -> None:
    account = await account_of(token)
    if account and account.language in LANGUAGES:
        visitor = Reader(account.language)
    with door(visitor.t("reset.title"), visitor):
        if account is None:
            refusal_note(visitor.t("error.link_not_usable"))
            text("a", visitor.t("reset.another"), href="/reset")
        else:
            _password_form(token, account, visitor, refusal)


def _password_form(token: str, account: Account, visitor: Reader, refusal: str) -> None:
    text("p", visitor.t("reset.for", identifier=account.identifier))
    with box("form", method="post", action=f"/reset/{token}"):
        refusal_in_address(visitor, refusal, among=REFUSALS)
        own_identifier(account.identifier)
        password = bare_password_field(visitor.t("reset.password"), "password")
        password.props["autofocus"] = ""
        strength_meter(password, visitor, account_id=account.id, rule=visitor.t("reset.rule"))
        bare_password_field(visitor.t("reset.again"), "again")
        button(visitor.t("reset.set"), "primary", type="submit")


@router.post("/reset/{token}")
async def set_password(token: str, password: Field = "", again: Field = "") -> Response:
    """The link is used up here, by POST: programs that open every link of a message change nothing (R6)."""
    here = f"/reset/{token[:100]}"
    if password != again:
        return redirect(here, refusal="passwords_differ")
    try:
        ended = await to_the_end(reset.set_by_link(token, password))
    except LinkNotUsable:
        return redirect(here)
    except DomainError as refusal:
        return redirect(here, refusal=refusal.text_key.removeprefix("error."))
    await cut(set(ended))
    return redirect("/login", done="password")
