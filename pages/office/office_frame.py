"""The frame of the office's pages: what each role may open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from creos_ui.services.roles import Act, may
from pages.frame import TO_CHILDREN, TO_OFFICE, MenuPage, frame
from pages.reader import Parent, Person

PROFILE = MenuPage("/profile", "menu.profile", "menu.profile_short")

# the most important first; each for whom its act allows it
PAGES: list[tuple[MenuPage, Act]] = [
    (TO_OFFICE, Act.SEE_OFFICE),
]


def menu_of(me: Person) -> list[MenuPage]:
    """What this person finds in the office, « Mes enfants » where they have some, and their profile."""
    theirs = [page for page, act in PAGES if may(me.roles, act)]
    return [*theirs, *([TO_CHILDREN] if isinstance(me, Parent) else []), PROFILE]


@contextmanager
def office_frame(title: str, me: Person, *, path: str) -> Iterator[None]:
    with frame(title, me, path=path, menu=menu_of(me), beside_name=lambda: None):
        yield
