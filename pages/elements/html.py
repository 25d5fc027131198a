"""The few elements every page is made of, so that each looks and behaves the same everywhere."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from markupsafe import Markup
from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from creos_ui import texts


def text(tag: str, content: str, classes: str = "", **attributes: str) -> TextElement:
    """One HTML element with plain text; never markup, so nobody's name can become any (R26)."""
    element = TextElement(tag=tag, text=content)
    element.classes(classes)
    element.props.update({name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()})
    return element


def box(tag: str = "div", classes: str = "", **attributes: str) -> Element:
    """One HTML element that holds others."""
    element = ui.element(tag).classes(classes)
    element.props.update({name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()})
    return element


def fixed(markup: Markup, classes: str = "contents", *, tag: str = "div", **attributes: str) -> Element:
    """HTML that asks the server nothing, as one element: each of NiceGUI's own costs 5 KB and a third of a millisecond
    a page. `Markup.format` escapes what is put in."""
    element = box(tag, classes, **attributes)
    rewrite(element, markup)
    return element


def rewrite(element: Element, markup: Markup) -> None:
    """Put other HTML into a `fixed` element."""
    assert isinstance(markup, Markup), "only what Markup has escaped"
    if element.props.get("innerHTML") != markup:
        element.props["innerHTML"] = str(markup)


def said(name: str, words: str, name_id: str = "") -> Markup:
    """What a line is about, and in words how it stands: the two that name and describe a switch beside it."""
    ids = [Markup(' id="{}{}"').format(name_id, end) if name_id else "" for end in ("", "-text")]
    return Markup('<p class="name"{}>{}</p><p class="muted"{}>{}</p>').format(ids[0], name, ids[1], words)


def give(element: Element, **data: Any) -> None:
    """Set props that hold rows or columns, and send them. They are kept as they are: set the usual way, NiceGUI puts an
    observer around each row, column and badge, for changes nobody makes."""
    for name, value in data.items():
        dict.__setitem__(element.props, name, value)
    element.update()


def button(label: str, kind: str = "plain", on_click: Callable[..., Any] | None = None, **attributes: str) -> ui.button:
    """A button; `kind`: primary, plain, quiet, danger. Colours come from the theme alone."""
    element = ui.button(label, on_click=on_click, color=None).props("unelevated no-caps").classes(f"btn {kind}")
    element.props.update({name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()})
    return element


def once_button(label: str, kind: str, on_click: Callable[..., Any]) -> ui.button:
    """A button that shows at once, before the server answers, that it is working and takes no second click."""
    element = button(label, kind)
    element.on(
        "click",
        on_click,
        [],
        js_handler="(e) => { const b = e.currentTarget; if (b.dataset.busy) return; b.dataset.busy = 1;"
        " b.classList.add('busy'); b.setAttribute('aria-busy', 'true'); emit(); }",
    )
    return element


def speak(language: str, title: str) -> None:
    """Give this one page its language (Quasar's words and the lang attribute too) and its title."""
    client = ui.context.client
    client.page = copy.copy(client.page)  # the page object is shared by all who look at this route
    client.page.language = texts.QUASAR[language]  # type: ignore[assignment]
    ui.page_title(title)
