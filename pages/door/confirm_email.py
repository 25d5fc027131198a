"""The link to a new e-mail address: seeing it changes nothing, the button confirms."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from creos_ui.errors import DomainError, LinkNotUsable
from creos_ui.services.accounts import links
from creos_ui.services.accounts.email_change import confirm_email
from creos_ui.texts import LANGUAGES
from creos_ui.web.finishing import to_the_end
from models import LinkPurpose
from pages.door.panes import door, door_foot, refusal_in_address
from pages.elements.buttons import button
from pages.elements.html import box, text
from pages.elements.notices import done_note, refusal_note
from pages.reader import Reader, Visitor
from pages.routes import redirect, router


@ui.page("/confirm-email/{token}")
async def confirm_email_page(token: str, visitor: Visitor, refusal: str = "") -> None:
    account = await links.look(token, LinkPurpose.EMAIL)
    if account and account.language in LANGUAGES:
        visitor = Reader(account.language)
    with door(visitor.t("email.title"), visitor):
        if account is None:
            refusal_note(visitor.t("error.link_not_usable"))
            text("a", visitor.t("email.home"), href="/")
            return
        text("p", visitor.t("email.text"))
        with box("form", method="post", action=f"/confirm-email/{token}"):
            refusal_in_address(visitor, refusal)
            button(visitor.t("email.confirm"), "primary", type="submit")


@router.post("/confirm-email/{token}")
async def confirm(token: str) -> Response:
    here = f"/confirm-email/{token[:100]}"
    try:
        await to_the_end(confirm_email(token))
    except LinkNotUsable:
        return redirect(here)
    except DomainError as refusal:
        return redirect(here, refusal=refusal.text_key.removeprefix("error."))
    return redirect("/confirm-email")


@ui.page("/confirm-email")
async def confirmed_page(visitor: Visitor) -> None:
    with door(visitor.t("email.title"), visitor):
        done_note(visitor.t("email.done"))
        door_foot(visitor, visitor.t("email.home"), "/")
