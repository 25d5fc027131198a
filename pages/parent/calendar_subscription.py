"""The address of one's calendar: shown, copied, opened in a calendar program, revoked for a new one."""

from __future__ import annotations

from creos_ui.services.invitations import calendar_feeds
from creos_ui.texts import t
from creos_ui.web.finishing import to_the_end
from creos_ui.web.serving import settings
from pages.elements.html import box, button, text
from pages.frame import answer_buttons, asked, dialog_card, notify_done

_COPY = """(e) => {
    const b = e.currentTarget, word = b.querySelector(".block"), before = word.textContent;
    navigator.clipboard.writeText(b.dataset.text).then(() => {
        word.textContent = b.dataset.copied; setTimeout(() => word.textContent = before, 2000); });
}"""


async def subscribe(guardian_id: int, language: str) -> None:
    """Show the address, made at its first use, until the dialog is closed; a new one is shown in a new dialog."""
    path = await to_the_end(calendar_feeds.feed_of(guardian_id))
    while await _wants_another(settings().public_url + path, language):
        if await _sure(language):
            path = await to_the_end(calendar_feeds.renew_feed(guardian_id))
            notify_done(t("calendar.renewed", language))


async def _wants_another(address: str, language: str) -> bool:
    with dialog_card(t("calendar.subscribe_title", language), wide=True) as dialog:
        text("p", t("calendar.subscribe_text", language))
        with box("div", "feed"):
            name = f"feed-{dialog.id}"
            text("label", t("calendar.address", language), "field-label", for_=name)
            box("input", "field mono", id=name, value=address, readonly="", autofocus="")
            copy = button(t("calendar.copy", language), "plain")
            copy.props["data-copied"] = t("calendar.copied", language)
            copy.props["data-text"] = address
            copy.on("click", js_handler=_COPY)
            # webcal: what calendar programs register for; the address is the same
            opener = button(t("calendar.open", language), "primary")
            opener.props["href"] = "webcal://" + address.partition("://")[2]
        text("p", t("calendar.secret", language), "note")
        with box("div", "buttons"):
            button(t("calendar.renew", language), "danger", lambda: dialog.submit(True))
            button(t("calendar.close", language), "plain", lambda: dialog.submit(False))
    return await asked(dialog)


async def _sure(language: str) -> bool:
    with dialog_card(t("calendar.renew_title", language)) as dialog:
        text("p", t("calendar.renew_text", language))
        answer_buttons(dialog, language, yes=t("calendar.renew", language), kind="danger")
    return await asked(dialog)
