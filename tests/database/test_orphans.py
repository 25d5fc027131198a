"""Files of documents that a killed process left behind are removed, and no others."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from creos_ui.database.config import sqlite_url
from creos_ui.database.opening import opened
from creos_ui.database.transactions import atomic, one_at_a_time
from creos_ui.services import preview
from creos_ui.services.former_system.bringing_over import import_list
from creos_ui.services.invitations import documents
from models import Document
from tests.services.desk import HEADER, PDF, line
from tests.stress.processes import KILLED, ended, start

pytestmark = pytest.mark.slow


def aged(path: Path) -> None:
    """As if it had been written seven hours ago."""
    os.utime(path, (time.time() - 7 * 3600,) * 2)


class Desk:
    """A list with two documents beside it, and the folder they are brought over to."""

    def __init__(self, folder: Path) -> None:
        self.list, self.documents = folder / "list.csv", folder / "documents"
        rows = [line(title=f"Sortie {n}", document=f"{n}.pdf") for n in (1, 2)]
        self.list.write_text("\n".join([HEADER, *rows]), "utf-8")
        for n in (1, 2):
            (folder / f"{n}.pdf").write_bytes(PDF + bytes([n]))

    async def bring_over(self) -> None:
        report = await import_list(self.list, documents_folder=self.documents)
        assert report.applied, report.faults

    def files(self) -> list[Path]:
        return sorted(path for path in self.documents.rglob("*") if path.is_file())


def die_before_the_rename(path: Path, *_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_after_the_second_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write, written = documents._write, []

    def write_and_die(path: Path, content: bytes) -> None:
        write(path, content)
        written.append(path)
        if len(written) == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(documents, "_write", write_and_die)


def die_inside_the_first_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "rename", die_before_the_rename)


@pytest.mark.parametrize(
    ("die", "left"), [(die_after_the_second_file, [".pdf", ".pdf"]), (die_inside_the_first_file, [".part"])]
)
def test_what_a_killed_import_left_goes_after_some_hours(
    shared_url: str, tmp_path: Path, die: Callable[[pytest.MonkeyPatch], None], left: list[str]
) -> None:
    desk = Desk(tmp_path)

    async def die_importing() -> None:
        die(pytest.MonkeyPatch())
        await desk.bring_over()

    assert ended(start(shared_url, die_importing)) == KILLED
    assert [path.suffix for path in desk.files()] == left

    async def afterwards() -> None:
        async with opened(shared_url):
            assert not await Document.exists()
            assert await documents.settle_left(desk.documents) == 0, "a running import may have written them"
            assert len(desk.files()) == len(left)
            await desk.bring_over()
            folder = desk.documents / documents.ARRIVING
            others = [folder / name for name in ("lisez-moi.txt", "x.pdf", f"{'y' * 43}.txt")]
            for path in others:
                path.write_text("not ours")
            for path in desk.files():
                aged(path)
            assert await documents.settle_left(desk.documents) == len(left)
            recorded = [desk.documents / f"{document.token}.pdf" for document in await Document.all()]
            assert desk.files() == sorted([*recorded, *others])
            assert len(recorded) == 2
            assert await documents.settle_left(desk.documents) == 0

    asyncio.run(afterwards())


def die_after_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    async def die(_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    settle, calls = documents.settle, []

    async def settle_and_die(written: list[Path]) -> None:
        calls.append(written)
        await (die(written) if len(calls) == 2 else settle(written))  # first: before anything is written

    monkeypatch.setattr(documents, "settle", settle_and_die)


def test_who_is_killed_after_the_commit_has_lost_no_document(shared_url: str, tmp_path: Path) -> None:
    desk = Desk(tmp_path)

    async def die_importing() -> None:
        die_after_the_commit(pytest.MonkeyPatch())
        await desk.bring_over()

    assert ended(start(shared_url, die_importing)) == KILLED

    async def afterwards() -> None:
        async with opened(shared_url):
            tokens = [document.token for document in await Document.all()]
            assert len(tokens) == 2
            assert [documents.path_of(desk.documents, token).read_bytes()[:5] for token in tokens] == [PDF[:5]] * 2
            assert await documents.settle_left(desk.documents) == 0
            assert desk.files() == sorted(desk.documents / f"{token}.pdf" for token in tokens)

    asyncio.run(afterwards())


def test_an_empty_database_beside_the_folder_costs_no_document(shared_url: str, tmp_path: Path) -> None:
    """As when the portal is started once without CREOS_DATABASE_URL, or after a restore of an older database."""
    desk = Desk(tmp_path)

    async def bring_over() -> None:
        async with opened(shared_url):
            await desk.bring_over()

    async def start_with_another() -> None:
        async with opened(sqlite_url(tmp_path)):
            assert not await Document.exists()
            assert await documents.settle_left(desk.documents) == 0

    asyncio.run(bring_over())
    before = desk.files()
    assert len(before) == 2
    for path in before:
        aged(path)
    (tmp_path / "creos.db").unlink(missing_ok=True)
    asyncio.run(start_with_another())
    assert desk.files() == before


def test_what_is_about_to_be_recorded_stays(shared_url: str, tmp_path: Path) -> None:
    folder, waits, goes_on = tmp_path / "documents", asyncio.Event(), asyncio.Event()

    async def bring_over_slowly(connection: Any) -> None:
        await one_at_a_time(connection, preview.LOCK)
        written: list[Path] = []
        await documents.store_document(folder, "programme.pdf", PDF, written)
        aged(written[0])
        waits.set()
        await goes_on.wait()

    async def both() -> None:
        async with opened(shared_url):
            importing = asyncio.create_task(atomic(bring_over_slowly))
            await waits.wait()
            removing = asyncio.create_task(documents.settle_left(folder))
            await asyncio.wait([removing], timeout=0.5)
            goes_on.set()
            await importing
            assert await removing == 0
            document = await Document.get()
            assert documents.path_of(folder, document.token).is_file()

    asyncio.run(both())


async def test_without_a_folder_there_is_nothing_to_remove(tmp_path: Path) -> None:
    assert await documents.settle_left(tmp_path / "documents") == 0
