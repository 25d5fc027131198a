"""The desk where the former system's list is brought over: how a test writes one, and reads what was said of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from creos_ui.database.transactions import default_connection, rows
from creos_ui.services.former_system import bringing_over
from creos_ui.services.former_system.questions import UNDECIDED, Decided
from creos_ui.services.former_system.report import Report
from creos_ui.services.money.books import check_books
from creos_ui.tables.cells import Fault

TABLES = ["guardian", "pupil", "guardianship", "account", "ledger_account", "activity", "document"]
TABLES += ["invitation", "list_answer", "transfer"]
HEADER = (
    "Date de début;Bénéficiaire;Débiteur;Description de l'invitation à payer;Montant;Échéance;Date de paiement;"
    "Date de refus;Payé automatiquement;Obligatoire;Document;Identifiant"
)
PDF = b"%PDF-1.7\nle programme\n%%EOF\n"


def line(
    *,
    child: str = "Muller Camille",
    debtor: str = "Dubois Jacqueline",
    title: str = "Musée du jouet",
    amount: str = "5,00 €",
    starts: str = "19/06/2024",
    due: str = "24/06/2024",
    paid: str = "",
    declined: str = "",
    automatic: str = "",
    mandatory: str = "non",
    document: str = "",
    identifier: str = "",
) -> str:
    cells = [starts, child, debtor, title, amount, due, paid, declined, automatic, mandatory, document]
    return ";".join([*cells, identifier])


def without_mandatory(content: str) -> str:
    return "\n".join(";".join([*row.split(";")[:9], *row.split(";")[10:]]) for row in content.split("\n"))


class Desk:
    """Where the operator sits: writes a list and brings it over."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.documents = folder / "data" / "documents"
        self.header = HEADER

    def write(self, *lines: str) -> Path:
        path = self.folder / "list.csv"
        path.write_text("\n".join([HEADER, *lines]), "utf-8")
        return path

    def files(self) -> list[Path]:
        """The documents kept, and whatever was left behind."""
        return sorted(path for path in self.documents.rglob("*") if path.is_file())

    async def preview(self, *lines: str, decided: Decided = UNDECIDED) -> Report:
        return await bringing_over.preview_list(self.write(*lines), decided=decided)

    async def apply_seen(self, seen: Report, decided: Decided = UNDECIDED) -> Report:
        """« Importer », some time after the preview: of the list as it lies there now."""
        return await bringing_over.apply_list(
            self.folder / "list.csv", fingerprint=seen.fingerprint, documents_folder=self.documents, decided=decided
        )

    async def apply(self, *lines: str, decided: Decided = UNDECIDED) -> Report:
        return await bringing_over.import_list(self.write(*lines), documents_folder=self.documents, decided=decided)

    async def settle(self, *lines: str) -> Report:
        """Applied, once everything that is asked is the same one."""
        keys: set[str] = set()
        while questions := (await self.preview(*lines, decided=Decided(frozenset(keys)))).questions:
            keys |= {question.key for question in questions}
        report = await self.apply(*lines, decided=Decided(frozenset(keys)))
        assert report.faults == []
        return report

    async def apply_without_mandatory(self, *lines: str) -> Report:
        path = self.write(*lines)
        path.write_text(without_mandatory(path.read_text("utf-8")), "utf-8")
        return await bringing_over.import_list(path, documents_folder=self.documents)


async def everything() -> dict[str, list[Any]]:
    """Every row of every table the list may touch."""
    return {
        table: [tuple(row.values()) for row in await rows(default_connection(), f"SELECT * FROM {table} ORDER BY id")]
        for table in TABLES
    }


async def books_hold() -> bool:
    assert await rows(default_connection(), "SELECT * FROM ledger_drift") == []
    return [finding for finding in await check_books() if not finding.ok] == []


def faults_of(report: Report) -> list[tuple[int, str, str]]:
    return [_plain(fault) for fault in report.faults]


def remarks_of(report: Report) -> list[tuple[int, str, str]]:
    return [_plain(remark) for remark in report.remarks]


def _plain(fault: Fault) -> tuple[int, str, str]:
    return fault.line, fault.column, fault.text_key.removeprefix("import.")
