"""Sign in, and sign out."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui
from starlette.responses import Response

from creos_ui.errors import DomainError
from creos_ui.services.accounts import account, second_factor, sessions
from creos_ui.web import cookies, outcomes
from creos_ui.web.language import language_of
from creos_ui.web.outcomes import Outcome
from pages.door.panes import door, door_foot, refusal_in_address
from pages.door.session import device_of, end_session, enter
from pages.elements.buttons import button
from pages.elements.fields import hidden_field, identifier_field, password_field
from pages.elements.html import box, text
from pages.elements.notices import done_note
from pages.home import safe_next
from pages.reader import Visitor
from pages.routes import Field, redirect, router

REFUSALS = {"sign_in", "email_is_not_identifier", "too_many_tries", "password_must_be_reset", "second_step_over"}
LONGEST = 200  # characters of an identifier


@ui.page("/login")
async def login_page(
    visitor: Visitor, refusal: str = "", minutes: str = "", next: str = "", typed: str = "", done: str = ""
) -> None:
    with door(visitor.t("login.title"), visitor):
        if done == "password":
            done_note(visitor.t("reset.done"))
        with box("p", "note"):
            text("strong", visitor.t("login.notice_title"))
            text("span", visitor.t("login.notice") + " ")
            text("a", visitor.t("login.notice_link"), href="/reset")
            text("span", ".")
        with box("form", method="post", action="/login"):
            refusal_in_address(visitor, refusal, minutes, among=REFUSALS)
            hidden_field("next", next[:500])
            identifier_field(
                visitor.t("login.identifier"),
                longest=LONGEST,
                value=outcomes.BEFORE_SIGN_IN.find(typed).typed,
                hint="⚠ " + visitor.t("login.identifier_hint"),
            )
            password_field(visitor.t("login.password"), "password", visitor)
            button(visitor.t("login.submit"), "primary", type="submit")
        door_foot(visitor, visitor.t("login.forgotten"), "/reset")


@router.post("/login")
async def login(request: Request, identifier: Field = "", password: Field = "", next: Field = "") -> Response:
    """Identifier and password; then a session, or first the question for a code."""
    target = safe_next(next)
    known = cookies.read(request.headers.get("cookie", ""), cookies.KNOWN)
    address = request.client.host if request.client else ""
    try:
        admitted = await account.sign_in(identifier, password, address=address, browser_token=known)
        if pending := await second_factor.pending(admitted.account_id):  # no session before the code
            answer: Response = redirect("/login/code", next=target)
            cookies.set_cookie(answer, cookies.PENDING, pending, max_age=int(second_factor.PENDING.total_seconds()))
        else:
            token = await sessions.open_session(
                admitted.account_id, device=device_of(request), language=language_of(request)
            )
            answer = await enter(request, token, target)
    except DomainError as refusal:
        # neither the address nor a cookie says who tried (R61)
        word = outcomes.BEFORE_SIGN_IN.remember(Outcome(typed=identifier[:LONGEST]))
        reason = refusal.text_key.removeprefix("error.")
        return redirect("/login", refusal=reason, **refusal.values, next=target, typed=word)
    cookies.set_cookie(answer, cookies.KNOWN, admitted.browser_token, max_age=int(account.KNOWN_FOR.total_seconds()))
    return answer


@router.post("/logout")
async def logout(request: Request) -> Response:
    """End the session, its open pages, and what the browser kept of it."""
    await end_session(request)
    answer = redirect("/login")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    cookies.delete_cookie(answer, cookies.SESSION)
    return answer
