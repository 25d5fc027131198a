"""Every two seconds: end the sessions that are over, cut their pages, and warn people who have been idle (R13, R14)."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from functools import partial

from nicegui import Client, ui

from creos_ui.services import approvals, jobs
from creos_ui.services.accounts import account, guessing, links, reset, sessions
from creos_ui.services.chores import Chores
from creos_ui.services.invitations import documents
from creos_ui.texts import t
from creos_ui.web.cutting import TO_SIGN_IN_AND_BACK, cut, pages_of
from creos_ui.web.error_pages import refusal_key, report
from creos_ui.web.language import language_of
from creos_ui.web.serving import settings

EVERY = 2.0  # seconds
PRUNED_EVERY = 1800  # looks: once an hour
PRUNED = (
    guessing.prune,
    sessions.prune,
    account.prune_browsers,
    links.prune,
    reset.prune,
    approvals.expire,
    jobs.prune,
)

_warnings: dict[str, ui.dialog] = {}  # by page


async def watch() -> None:
    """Runs as long as the portal; one failed look (a busy database) does not end it. It also deletes
    what is over of tries, sessions, browsers and links, and files that were never recorded."""
    tell = partial(report, where="the watch over sessions")
    prunes, looks = Chores(_settle_documents, *PRUNED, tell=tell), 0
    while True:
        try:
            await look()
        except Exception as exc:
            if not refusal_key(exc):  # else it is noted, and the next look tries again
                tell(exc)
        if looks % PRUNED_EVERY == 0:
            prunes.begin()
        await prunes.next()
        looks += 1
        await asyncio.sleep(EVERY)


async def _settle_documents() -> None:
    await documents.settle_left(settings().documents)


async def look() -> None:
    swept = await sessions.sweep()
    if swept.ended:
        await cut(swept.ended, leave=TO_SIGN_IN_AND_BACK)
    _warn(pages_of(swept.ending))


def _warn(pages: Collection[Client]) -> None:
    """Show the warning on these pages, and remove it from all others: those people did something on another page."""
    ids = {client.id for client in pages}
    for client_id in list(_warnings):
        if client_id not in ids:
            dialog = _warnings.pop(client_id)
            if not dialog.is_deleted:
                dialog.delete()
    for client in pages:
        if client.id not in _warnings and client.has_socket_connection:
            _warnings[client.id] = _warning(client)


def _warning(client: Client) -> ui.dialog:
    language = language_of(client.request)
    with client, ui.dialog(value=True).props("persistent role=alertdialog") as dialog, ui.card().classes("dialog"):
        title = ui.label(t("session.ending", language)).classes("dialog-title")
        dialog.props["aria-labelledby"] = title.html_id
        ui.label(t("session.ending_text", language))
        # the click itself is what keeps the session
        ui.button(t("session.stay", language), on_click=dialog.close, color=None).props(
            "unelevated no-caps autofocus"
        ).classes("btn primary")
    return dialog
