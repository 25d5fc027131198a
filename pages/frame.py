"""The frame around every signed-in page: header, the person's menu, and navigation at the bottom of a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from markupsafe import Markup
from nicegui import ui

from creos_ui.services.school import school
from creos_ui.texts import LANGUAGES
from pages.elements import scripts
from pages.elements.buttons import menu_item
from pages.elements.html import box, fixed, set_title_and_language
from pages.home import CHILDREN, OFFICE
from pages.language import language_item
from pages.reader import Person

T = TypeVar("T")
UNDER_THE_THUMB = 3  # pages of the menu, beside it; a phone has no room for more


@dataclass(frozen=True)
class MenuPage:
    path: str
    name: str  # key of its name in the menu and the header,
    short_name: str  # and under the thumb


# who is a parent and has a role of the office goes from one side to the other
TO_CHILDREN = MenuPage(CHILDREN, "menu.children", "menu.children_short")
TO_OFFICE = MenuPage(OFFICE, "menu.office", "menu.office_short")


@contextmanager
def frame(title: str, me: Person, *, path: str, menu: Sequence[MenuPage], beside_name: Callable[[], T]) -> Iterator[T]:
    """`menu`: the pages of people like this one, the most important first, and the first of all at the school's name.
    `beside_name` builds what else stands in the header; the page gets what it returns."""
    name = school().name
    set_title_and_language(f"{title} – {name}", me)
    with ui.header(wrap=False).classes("portal-header"):
        fixed(
            _HEADER.format(
                skip=me.t("app.skip"),
                home=menu[0].path,
                school=name,
                title=title,
                main=me.t("menu.main"),
                links=_links(((page.path, me.t(page.name)) for page in menu[:UNDER_THE_THUMB]), path),
            )
        )
        built = beside_name()
        with ui.button(color=None).props("flat no-caps").classes("person") as person:
            person.props["aria-label"] = me.t("menu.open", name=me.name)
            person.props["aria-haspopup"] = "menu"
            fixed(_PERSON.format(initials=_initials(me.name), name=me.name))
        _opens_menu(person, me, menu)
    with ui.footer(wrap=False).classes("portal-footer"):
        fixed(_links(((page.path, me.t(page.short_name)) for page in menu[:UNDER_THE_THUMB]), path))
        _opens_menu(ui.button(me.t("menu.title"), color=None).props("flat no-caps"), me, menu)
    with box("div", "portal-main", id="content", tabindex="-1"):
        yield built


_HEADER = Markup(
    '<a class="skip" href="#content">{skip}</a>'
    '<a class="brand" href="{home}" aria-label="{school}"><span class="logo" aria-hidden="true">C</span>'
    '<span class="brand-name">{school}</span><span class="page-name" aria-hidden="true">{title}</span></a>'
    '<nav class="portal-nav" aria-label="{main}">{links}</nav>'
)
_PERSON = Markup(
    '<span class="avatar" aria-hidden="true">{initials}</span><span>{name}</span><span aria-hidden="true">▾</span>'
)


def _links(targets: Iterable[tuple[str, str]], here: str) -> Markup:
    links = Markup("")
    for target, label in targets:
        current = Markup(' aria-current="page"') if target == here else ""
        links += Markup('<a href="{}"{}>{}</a>').format(target, current, label)
    return links


def _opens_menu(button: ui.button, me: Person, menu: Sequence[MenuPage]) -> None:
    """The menu is made when it is first asked for: most pages are left without it, and it is half a frame's weight."""
    made: list[ui.menu] = []

    def first_click() -> None:
        if not made:  # from then on the menu hears the clicks itself
            with button:
                made.append(_menu(me, menu))
            made[0].open()

    button.on("click", first_click, [])


def _menu(me: Person, pages: Sequence[MenuPage]) -> ui.menu:
    """What is in it works; pages to come are not in it yet."""
    with ui.menu().classes("portal-menu").props("auto-close") as menu:
        for page in pages:
            menu_item(me.t(page.name)).props(f"href={page.path}")
        ui.separator()
        for other in LANGUAGES:
            if other != me.language:
                language_item(other)
        menu_item(me.t("menu.sign_out")).on("click", js_handler=scripts.submit_form("/logout"))
    return menu


def _initials(name: str) -> str:
    return "".join(part[0] for part in name.split()[:2]).upper()
