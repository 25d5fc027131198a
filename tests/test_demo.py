"""The imaginary school is exactly the one the README promises, and its books hold."""

from __future__ import annotations

import asyncio
import io
from datetime import timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader
from tortoise.backends.base.executor import EXECUTOR_CACHE

from creos_ui import clock, demo
from creos_ui.database.config import sqlite_url
from creos_ui.database.opening import opened
from creos_ui.demo.families import CAMILLE, NOLAN, schoolchildren
from creos_ui.demo.museum_pdf import museum_pdf
from creos_ui.services.accounts.passwords import password_fits
from creos_ui.services.invitations.listing import Tab, Wanted, counts_of, page_of_invitations
from creos_ui.services.money import ledger
from creos_ui.services.money.books import check_books
from models import Account, Document, Guardian, Guardianship, Invitation, Pupil, SchoolClass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, loaded once for these tests."""
    EXECUTOR_CACHE.clear()
    folder = tmp_path_factory.mktemp("demo") / "with a space"
    said: list[str] = []
    demo.prepare(folder, said.append)
    assert len(said) >= 5  # progress is shown
    return folder


async def inside(folder: Path) -> None:
    """What is in the demo's database."""
    findings = await check_books()
    assert [finding.name for finding in findings if not finding.ok] == []
    assert len(findings) > 5
    assert await Pupil.all().count() == 120
    assert [await Pupil.filter(school_class_id=c.id).count() for c in await SchoolClass.all()] == [20] * 6
    assert await Pupil.filter(school_class_id=None).count() == 0
    assert await Account.filter(password_hash=None).count() == 0
    account = await Account.get(identifier="leroy.marc")
    assert await password_fits("Le tilleul fleurit", account.password_hash)
    households = {g.pupil_id: await Guardianship.filter(pupil_id=g.pupil_id).count() for g in await Guardianship.all()}
    assert set(households.values()) == {1, 2}
    document = await Document.get()
    assert (folder / "documents" / f"{document.token}.pdf").read_bytes() == museum_pdf()
    await jacquelines(folder)
    await marcs()


async def jacquelines(folder: Path) -> None:
    account = await Account.get(identifier="dubois.jacqueline").select_related("guardian")
    assert account.guardian
    assert account.guardian_id
    assert account.guardian.name == "Dubois Jacqueline"
    assert await ledger.balance_cents(account.guardian_id) == 4_200
    own = await Guardianship.filter(guardian_id=account.guardian_id).select_related("pupil")
    assert {g.pupil.name for g in own} == {CAMILLE.name, NOLAN.name} == {"Muller Camille", "Muller Nolan"}
    page = await page_of_invitations(account.guardian_id, Wanted(tab=Tab.OPEN))
    assert {(line.title, line.pupil_first_name, line.amount_cents, line.mandatory) for line in page.lines} == {
        ("Musée du jouet", "Camille", 500, True),
        ("Activité handball temps de midi", "Camille", 800, False),
        ("Activité handball temps de midi", "Nolan", 800, False),
        ("Classes vertes", "Camille", 12_000, True),
    }
    today = clock.today()
    assert all(today < line.due_on < today + timedelta(weeks=5) and not line.late for line in page.lines)
    assert [line.title for line in page.lines if line.document] == ["Musée du jouet"]
    counts = await counts_of(account.guardian_id)
    assert (counts.open, counts.paid, counts.declined) == (4, 12, 2)
    assert await Invitation.filter(debtor_id=account.guardian_id, automatic=True).count() == 2


async def marcs() -> None:
    guardian = await Guardian.get(name_key="leroy marc")
    assert await ledger.balance_cents(guardian.id) == 350
    lines = (await page_of_invitations(guardian.id, Wanted(tab=Tab.OPEN))).lines
    assert any(line.late and line.payable for line in lines)
    everything = (await page_of_invitations(guardian.id, Wanted(tab=Tab.ALL))).lines
    assert any(line.too_late for line in everything)
    assert any(line.amount_cents > 350 and line.payable for line in lines)


def test_the_school_is_the_promised_one(folder: Path) -> None:
    async def look() -> None:
        async with opened(sqlite_url(folder)):
            await inside(folder)

    asyncio.run(look())


def test_a_second_start_keeps_the_data(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    demo.prepare(folder, lambda _: None)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == before


def test_it_is_served_on_this_machine_with_its_own_secret(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREOS_DATABASE_URL", "postgres://real:school@db/creos")
    monkeypatch.setenv("CREOS_HOST", "0.0.0.0")  # noqa: S104 - must not count
    settings = demo.settings(folder, 8123)
    assert (settings.database, settings.host) == (sqlite_url(folder), "127.0.0.1")
    assert settings.public_url == "http://127.0.0.1:8123"
    secret = folder / "secret"
    assert secret.read_text() == settings.secret.get_secret_value()
    assert secret.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_an_interrupted_start_begins_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    async def loaded(partial: Path, *_: object) -> None:
        (partial / "creos.db").write_bytes(b"")

    monkeypatch.setattr(demo, "load_school", loaded)
    monkeypatch.setattr(demo, "_write_secret", interrupted)
    with pytest.raises(KeyboardInterrupt):
        demo.prepare(tmp_path / "demo", lambda _: None)
    assert [path.name for path in tmp_path.iterdir()] == ["demo.partial"]
    monkeypatch.undo()
    monkeypatch.setattr(demo, "load_school", loaded)
    demo.prepare(tmp_path / "demo", lambda _: None)
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]
    assert {path.name for path in (tmp_path / "demo").iterdir()} == {"creos.db", "secret"}


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "creos.db").write_bytes(b"a real school")
    with pytest.raises(demo.NotADemo):
        demo.prepare(tmp_path, lambda _: None)
    assert [path.name for path in tmp_path.iterdir()] == ["creos.db"]


def test_the_families_are_the_same_every_time() -> None:
    children = schoolchildren()
    assert children == schoolchildren()
    assert len({child.name for child in children}) == len(children) == 120


def test_the_letter_is_a_pdf_readers_open() -> None:
    reader = PdfReader(io.BytesIO(museum_pdf()), strict=True)
    assert len(reader.pages) == 1
    text = reader.pages[0].extract_text()
    assert "Sortie au Musée du jouet" in text
    assert "À emporter" in text
    assert "5,00 €" in text
    assert reader.metadata is not None
    assert reader.metadata.title == "Sortie au Musée du jouet"
