"""HTML, element by element: plain text, boxes that hold others, and whole pieces that ask the server nothing."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup
from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from creos_ui import texts
from pages.reader import Reader


def text(tag: str, content: str, classes: str = "", **attributes: str) -> TextElement:
    """One HTML element with plain text; never markup, so nobody's name can become any (R26)."""
    element = TextElement(tag=tag, text=content)
    element.classes(classes)
    set_attributes(element, attributes)
    return element


def box(tag: str = "div", classes: str = "", **attributes: str) -> Element:
    """One HTML element that holds others."""
    element = ui.element(tag).classes(classes)
    set_attributes(element, attributes)
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


def set_attributes(element: Element, attributes: Mapping[str, str]) -> None:
    """HTML's names as Python can write them: `aria_label`, `for_`."""
    element.props.update({name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()})


def set_rows(element: Element, **props: Any) -> None:
    """Set props that hold rows, columns or options, and send them. They are kept as they are: set the usual way,
    NiceGUI puts an observer around each row, column and badge, for changes nobody makes."""
    for name, value in props.items():
        dict.__setitem__(element.props, name, value)
    element.update()


def set_title_and_language(title: str, reader: Reader) -> None:
    """Of this one page: what the browser's tab says, Quasar's own words, the lang attribute."""
    client = ui.context.client
    client.page = copy.copy(client.page)  # the page object is shared by all who look at this route
    client.page.language = texts.QUASAR[reader.language]  # type: ignore[assignment]
    ui.page_title(title)
