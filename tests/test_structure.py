"""The house: who may import whom, and no circle among files."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
    for folder in ("creos_ui", "models", "pages")
    for file in (ROOT / folder).rglob("*.py")
}
# from the bottom up: a file imports its own floor and those below it; the longest name that fits says its floor
FLOORS = [
    ("creos_ui.clock", "creos_ui.errors", "creos_ui.money", "creos_ui.keyed_hash", "creos_ui.live", "creos_ui.bank"),
    ("creos_ui.texts", "models"),
    ("creos_ui.database", "creos_ui.tables", "models.migrations"),
    ("creos_ui.settings",),
    ("creos_ui.services",),
    ("creos_ui.web",),
    ("pages",),
    ("creos_ui.app", "creos_ui.demo"),
    ("creos_ui.commands", "creos_ui.__main__"),
]
# among the rooms of a house, the same: money is at the bottom of the services
ROOMS = {
    "creos_ui.services": [
        ("money",),
        ("keys",),
        ("audit",),
        ("roles", "school"),
        ("chores", "outbox", "preview", "approvals", "jobs", "secret_change"),
        ("accounts", "people"),
        ("invitations",),
        ("mail", "former_system"),
    ],
    "pages": [
        ("routes", "reader", "elements"),
        ("home", "language", "theme"),
        ("frame",),
        ("door", "parent", "office"),
        ("own",),
    ],
}
SIDES = ("door", "parent", "office")
APART = {(f"pages.{one}", f"pages.{other}") for one in SIDES for other in SIDES if one != other}


def imports_of(name: str) -> set[str]:
    """The files of ours that this one imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(FILES[name].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {member if member in FILES else node.module for member in members}
    return (found & FILES.keys()) - {name}


def floor_of(name: str) -> int:
    fitting = {
        place: floor
        for floor, places in enumerate(FLOORS)
        for place in places
        if name == place or name.startswith(f"{place}.")
    }
    assert fitting, f"{name} has no floor"
    return fitting[max(fitting, key=len)]


def height_of(name: str, house: str) -> int:
    room = name.removeprefix(f"{house}.").partition(".")[0]
    heights = [height for height, rooms in enumerate(ROOMS[house]) if room in rooms]
    assert heights, f"{name} is in no room"
    return heights[0]


def test_no_file_imports_from_a_higher_floor() -> None:
    for name in FILES.keys() - {"creos_ui"}:
        for imported in imports_of(name) - {"creos_ui"}:
            assert floor_of(imported) <= floor_of(name), f"{name} imports {imported}"


@pytest.mark.parametrize("house", ROOMS)
def test_the_rooms_stand_on_each_other_one_way(house: str) -> None:
    inside = [name for name in FILES if name.startswith(f"{house}.")]
    assert len(inside) > 30
    for name in inside:
        for imported in imports_of(name) & set(inside):
            assert height_of(imported, house) <= height_of(name, house), f"{name} imports {imported}"
            rooms = tuple(".".join(one.split(".")[:2]) for one in (name, imported))
            assert rooms not in APART, f"{name} imports {imported}"


def test_services_know_no_nicegui() -> None:
    """So each rule can be called without a page: by a command, a test, another page."""
    for name, file in FILES.items():
        if not name.startswith(("pages", "creos_ui.web", "creos_ui.app")):
            assert not re.search(r"^\s*(?:from|import) nicegui", file.read_text("utf-8"), re.MULTILINE), name


def test_only_the_ledger_writes_a_transfer_and_only_claiming_an_answer() -> None:
    """The two statements that move money and answers, each in one file."""
    writers = {"INSERT INTO transfer": set[str](), "Transfer.create(": set[str](), "answer_no + 1,": set[str]()}
    for name, file in FILES.items():
        if ".migrations." not in name:
            for words, found in writers.items():
                if words in file.read_text("utf-8"):
                    found.add(name)
    assert writers == {
        "INSERT INTO transfer": {"creos_ui.services.money.ledger"},
        "Transfer.create(": {"creos_ui.services.money.ledger"},
        "answer_no + 1,": {"creos_ui.services.invitations.claiming"},
    }


def test_no_circle_among_files() -> None:
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name not in done:
            for imported in imports_of(name):
                walk(imported, (*path, name))
            done.add(name)

    for name in FILES:
        walk(name, ())


def test_no_package_of_ours_hands_on_what_others_define() -> None:
    """One place for each name. `models` lists the tables, which Tortoise wants in one module."""
    for name, file in FILES.items():
        if file.name == "__init__.py" and name not in ("models", "pages", "creos_ui.demo", "creos_ui.texts"):
            assert "import" not in file.read_text("utf-8"), name
