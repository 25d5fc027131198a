"""Cards of short lines, one decision each: what it is, how it stands, and what can be done about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from markupsafe import Markup
from nicegui import ui
from nicegui.element import Element

from pages.elements.buttons import button
from pages.elements.html import box, fixed, text


@contextmanager
def card(name: str, title: str) -> Iterator[None]:
    """A section named by its title; `name` is its part of the id."""
    with box("section", "card", aria_labelledby=f"card-{name}"):
        text("h2", title, id=f"card-{name}")
        yield


def line(name: str, words: str, *, name_id: str = "") -> Element:
    """What it is, in words how it stands, and (inside `with`) what can be done about it."""
    with box("div", "line") as whole:
        fixed(name_and_words(name, words, name_id), "grow")
    return whole


def name_and_words(name: str, words: str, name_id: str = "") -> Markup:
    """The two that name and describe a switch beside them, which finds them by `name_id`."""
    ids = [Markup(' id="{}{}"').format(name_id, end) if name_id else "" for end in ("", "-text")]
    return Markup('<p class="name"{}>{}</p><p class="muted"{}>{}</p>').format(ids[0], name, ids[1], words)


def link(label: str, target: str, name: str) -> ui.button:
    """A link that looks like a button; `name` says of what, to who hears it without its line."""
    return button(label, "plain", href=target, aria_label=name)


def switch(name_id: str, on: bool, choose: Callable[[bool], Awaitable[bool]]) -> None:
    """A switch named by its line. `choose(on)` says whether it was done; else the switch goes back."""
    now = on

    async def changed(e: Any) -> None:
        nonlocal now
        wanted = e.value
        if not isinstance(wanted, bool):  # a browser may send anything
            element.set_value(now)
        if not isinstance(wanted, bool) or wanted == now:
            return
        before, now = now, wanted
        try:
            done = await choose(wanted)
        except Exception:
            now = before
            element.set_value(before)
            raise
        if not done:
            now = before
        element.set_value(now)

    element = ui.switch(value=on, on_change=changed)
    element.props["aria-labelledby"], element.props["aria-describedby"] = name_id, f"{name_id}-text"
