"""Chips: one of several, chosen with a click. One element however many there are, unlike a button each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from nicegui import ui

from pages.elements.html import set_rows


class Chips:
    """`choose` is called with whatever the browser says was chosen: it checks that itself."""

    def __init__(self, name: str, choose: Callable[[Any], Awaitable[None]], *, look: str = "") -> None:
        self._look = f"chip {look}".strip()
        self._toggle = ui.element("q-btn-toggle").classes("chips").props("flat no-caps :ripple=false role=group")
        self._toggle.props["aria-label"] = name
        self._toggle.props["toggle-color"] = ""  # else Quasar's own, over the theme's
        self._toggle.on("update:model-value", lambda e: choose(e.args), js_handler="(value) => emit(value)")

    def show(self, options: Iterable[tuple[Any, str]], chosen: Any) -> None:
        """(value, word) each."""
        chips = [{"value": value, "label": word, "class": self._look} for value, word in options]
        set_rows(self._toggle, options=chips, **{"model-value": chosen})
