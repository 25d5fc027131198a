"""À faire: what waits for this person in the office."""

from __future__ import annotations

from nicegui import ui

from pages.elements.html import text
from pages.home import OFFICE
from pages.office.office_frame import office_frame
from pages.reader import Somebody


@ui.page(OFFICE)
async def office_page(me: Somebody) -> None:
    title = me.t("office.todo")
    with office_frame(title, me, path=OFFICE):
        text("h1", title)
        text("p", me.t("office.nothing"), "note")
