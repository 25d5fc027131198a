"""Buttons and menu items: colours come from the theme alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui

from pages.elements import scripts
from pages.elements.html import set_attributes


def button(label: str, kind: str = "plain", on_click: Callable[..., Any] | None = None, **attributes: str) -> ui.button:
    """`kind`: primary, plain, quiet, danger."""
    element = ui.button(label, on_click=on_click, color=None).props("unelevated no-caps").classes(f"btn {kind}")
    set_attributes(element, attributes)
    return element


def once_button(label: str, kind: str, on_click: Callable[..., Any]) -> ui.button:
    """A button that shows at once, before the server answers, that it is working and takes no second click."""
    element = button(label, kind)
    element.on("click", on_click, [], js_handler=scripts.CLICK_ONCE)
    return element


def copy_button(label: str, kind: str, value: str, *, copied: str, name: str = "") -> ui.button:
    """Copies `value`; the browser does it, no socket is asked. For a moment it says `copied` in place of its label.

    `name` says of what, to who hears it without what stands beside it.
    """
    element = button(label, kind)
    element.props["data-copied"] = copied
    if name:
        element.props["aria-label"] = name
    element.on("click", js_handler=scripts.COPY)
    set_copied_value(element, value)
    return element


def set_copied_value(element: ui.button, value: str) -> None:
    """From now on a `copy_button` copies this."""
    element.props["data-text"] = value


def menu_item(label: str) -> ui.menu_item:
    return ui.menu_item(label).props("role=menuitem")  # Quasar calls it a list item, which no menu may hold
