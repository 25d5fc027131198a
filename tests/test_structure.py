"""The house: who may import whom, and no circle among files."""

from __future__ import annotations

import ast
from pathlib import Path

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
    ("creos_ui.database", "creos_ui.tables"),
    ("creos_ui.settings",),
    ("creos_ui.services",),
    ("creos_ui.web",),
    ("pages",),
    ("creos_ui.app", "creos_ui.demo"),
    ("creos_ui.commands", "creos_ui.__main__"),
]
# among the rooms of the services: money at the bottom, what stands beside it above
ROOMS = [
    ("outbox", "preview", "money"),
    ("accounts", "people"),
    ("invitations",),
    ("mail", "former_system"),
]


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


def room_of(name: str) -> int | None:
    room = name.removeprefix("creos_ui.services.").partition(".")[0]
    return next((height for height, rooms in enumerate(ROOMS) if room in rooms), None)


def test_no_file_imports_from_a_higher_floor() -> None:
    for name in FILES.keys() - {"creos_ui"}:
        for imported in imports_of(name) - {"creos_ui"}:
            assert floor_of(imported) <= floor_of(name), f"{name} imports {imported}"


def test_the_rooms_of_the_services_stand_on_each_other_one_way() -> None:
    services = [name for name in FILES if name.startswith("creos_ui.services.")]
    assert len(services) > 30
    for name in services:
        height = room_of(name)
        assert height is not None, f"{name} is in no room"
        for imported in imports_of(name) & set(services):
            below = room_of(imported)
            assert below is not None
            assert below <= height, f"{name} imports {imported}"


def test_only_the_ledger_writes_a_transfer_and_only_claiming_an_answer() -> None:
    """The two statements that move money and answers, each in one file."""
    writers = {"INSERT INTO transfer": set[str](), "Transfer.create(": set[str](), "answer_no + 1,": set[str]()}
    for name, file in FILES.items():
        if ".migrations." not in name:
            for words, found in writers.items():
                if words in file.read_text("utf-8"):
                    found.add(name.rpartition(".")[2])
    assert writers == {
        "INSERT INTO transfer": {"ledger"},
        "Transfer.create(": {"ledger"},
        "answer_no + 1,": {"claiming"},
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
