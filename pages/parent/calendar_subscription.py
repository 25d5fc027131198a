"""The address of one's calendar: shown, copied, opened in a calendar program, revoked for a new one."""

from __future__ import annotations

from creos_ui.services.invitations import calendar_feeds
from creos_ui.web.finishing import to_the_end
from creos_ui.web.serving import settings
from pages.elements.buttons import button, copy_button
from pages.elements.dialogs import answer_buttons, asked, dialog_card
from pages.elements.html import box, text
from pages.elements.notices import notify_done
from pages.reader import Parent


async def subscribe(me: Parent) -> None:
    """Show the address, made at its first use, until the dialog is closed; a new one is shown in a new dialog."""
    path = await to_the_end(calendar_feeds.feed_of(me.guardian_id))
    while await _wants_another(settings().public_url + path, me):
        if await _sure(me):
            path = await to_the_end(calendar_feeds.renew_feed(me.guardian_id))
            notify_done(me.t("calendar.renewed"))


async def _wants_another(address: str, me: Parent) -> bool:
    with dialog_card(me.t("calendar.subscribe_title"), wide=True) as dialog:
        text("p", me.t("calendar.subscribe_text"))
        with box("div", "feed"):
            name = f"feed-{dialog.id}"
            text("label", me.t("calendar.address"), "field-label", for_=name)
            box("input", "field mono", id=name, value=address, readonly="", autofocus="")
            copy_button(me.t("calendar.copy"), "plain", address, copied=me.t("calendar.copied"))
            # webcal: what calendar programs register for; the address is the same
            button(me.t("calendar.open"), "primary", href="webcal://" + address.partition("://")[2])
        text("p", me.t("calendar.secret"), "note")
        with box("div", "buttons"):
            button(me.t("calendar.renew"), "danger", lambda: dialog.submit(True))
            button(me.t("calendar.close"), "plain", lambda: dialog.submit(False))
    return await asked(dialog)


async def _sure(me: Parent) -> bool:
    with dialog_card(me.t("calendar.renew_title")) as dialog:
        text("p", me.t("calendar.renew_text"))
        answer_buttons(dialog, me, yes=me.t("calendar.renew"), kind="danger")
    return await asked(dialog)
