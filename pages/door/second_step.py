"""The second step of signing in: a code, after the right password. Only then there is a session (R10, R11)."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui
from starlette.responses import Response

from creos_ui.errors import DomainError
from creos_ui.services.accounts import second_factor
from creos_ui.services.accounts.second_factor import SecondStepOver
from creos_ui.services.school import school
from creos_ui.web import cookies
from creos_ui.web.language import language_of
from pages.door.panes import door, door_foot, refusal_in_address
from pages.door.session import device_of, enter
from pages.elements.buttons import button
from pages.elements.fields import code_field, hidden_field
from pages.elements.html import box, text
from pages.home import safe_next
from pages.reader import Visitor
from pages.routes import Field, redirect, router

PATH = "/login/code"
REFUSALS = {"code_refused", "too_many_codes"}


@ui.page(PATH)
async def second_step_page(
    request: Request, visitor: Visitor, refusal: str = "", minutes: str = "", next: str = ""
) -> Response | None:
    if not await second_factor.is_pending(_pending(request)):
        return redirect("/login")
    with door(visitor.t("second_step.title"), visitor):
        text("p", visitor.t("second_step.text"))
        with box("form", method="post", action=PATH):
            refusal_in_address(visitor, refusal, minutes, among=REFUSALS)
            hidden_field("next", safe_next(next) or "")
            code_field(visitor.t("factor.any_code"), hint=visitor.t("factor.any_code_hint"), first=True)
            button(visitor.t("second_step.submit"), "primary", type="submit")
        text("p", visitor.t("second_step.lost", contact=school().contact), "muted")
        door_foot(visitor, visitor.t("second_step.back"), "/login")
    return None


@router.post(PATH)
async def second_step(request: Request, code: Field = "", next: Field = "") -> Response:
    target = safe_next(next)
    try:
        token = await second_factor.second_step(
            _pending(request), code, device=device_of(request), language=language_of(request)
        )
    except SecondStepOver:
        return redirect("/login", refusal="second_step_over", next=target)
    except DomainError as refusal:
        return redirect(PATH, refusal=refusal.text_key.removeprefix("error."), **refusal.values, next=target)
    answer = await enter(request, token, target)
    cookies.delete_cookie(answer, cookies.PENDING)
    return answer


def _pending(request: Request) -> str:
    return cookies.read(request.headers.get("cookie", ""), cookies.PENDING)
