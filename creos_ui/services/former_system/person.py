"""A debtor or a child of the former system's list: known here, or still to be created."""

from __future__ import annotations

from dataclasses import dataclass, field

from creos_ui.services.former_system.rows import Occasion
from models import folded


@dataclass(eq=False)
class Person:
    last_name: str
    first_name: str

    @property
    def name(self) -> str:
        return f"{self.last_name} {self.first_name}".strip()

    @property
    def name_key(self) -> str:
        return folded(self.name)


@dataclass(eq=False)
class Debtor(Person):
    """A guardian; `id` None: to be created. `identifier` None: without an account yet. `parent_of`: the children they
    are known by, in words; a newcomer's first one."""

    identifier: str | None = None
    id: int | None = None
    has_account: bool = False
    has_password: bool = False
    children: list[Child] = field(default_factory=list, repr=False)
    parent_of: str = ""


@dataclass(eq=False)
class Child(Person):
    """A pupil; `id` None: to be created. `carers`: the guardians, with those this list adds. `child_of`: those they are
    known by, in words; a newcomer's first one."""

    id: int | None = None
    carers: set[Debtor] = field(default_factory=set, repr=False)
    child_of: str = ""
    occasions: set[Occasion] = field(default_factory=set, repr=False)  # only of one the list does not name
