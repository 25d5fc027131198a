"""Dialogs: a question, awaited."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui

from pages.elements.buttons import button, once_button
from pages.elements.html import box, text
from pages.reader import Reader


@contextmanager
def dialog_card(title: str, *, wide: bool = False) -> Iterator[ui.dialog]:
    """A dialog named by its title: it traps the focus and gives it back; Escape and a click beside it mean no."""
    with ui.dialog() as dialog:
        name = f"title-{dialog.id}"
        dialog.props["aria-labelledby"] = name
        dialog.on("hide", dialog.delete, [])  # not earlier: when it is hidden the focus has gone back to its opener
        with ui.card().classes("dialog wide" if wide else "dialog"):
            text("h2", title, id=name)
            yield dialog


async def asked(dialog: ui.dialog) -> bool:
    """Open the dialog and wait for the answer; anything but its yes is no."""
    return bool(await dialog)


def answer_buttons(dialog: ui.dialog, reader: Reader, *, yes: str, kind: str = "primary") -> None:
    """Annuler, where the focus is, and the yes that repeats what it does."""
    with box("div", "buttons"):
        button(reader.t("action.cancel"), "plain", lambda: dialog.submit(False), autofocus="")
        once_button(yes, kind, lambda: dialog.submit(True))
