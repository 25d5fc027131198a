"""A school changes over: the former system's list comes in, and its rows stand in the grid as they stood there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visitor
from tests.portal import PASSWORD, PDF, running_portal

HEAD = (
    "Date de début;Bénéficiaire;Débiteur;Description de l'invitation à payer;Montant;Échéance;"
    "Date de paiement;Date de refus;Payé automatiquement;Obligatoire;Document;Identifiant"
)
# as the former system showed them: date, child, debtor, description, amount, due, paid, declined, automatic, mandatory
ROWS = [
    (
        "19/06/2024",
        "Muller Camille",
        "Dubois Jacqueline",
        "Musée du jouet",
        "5,00 €",
        "19/06/2024",
        "",
        "",
        "non",
        "oui",
    ),
    (
        "27/05/2024",
        "Muller Camille",
        "Dubois Jacqueline",
        "Activité handball",
        "8,00 €",
        "27/05/2024",
        "",
        "",
        "non",
        "non",
    ),
    (
        "27/05/2024",
        "Muller Nolan",
        "Dubois Jacqueline",
        "Échecs & dames",
        "1.008,50 €",
        "27/05/2024",
        "",
        "21/05/2024",
        "non",
        "non",
    ),
    (
        "14/05/2024",
        "Muller Nolan",
        "Dubois Jacqueline",
        "Piscine",
        "2,50 €",
        "15/05/2024",
        "14/05/2024",
        "",
        "oui",
        "oui",
    ),
]


def creos_ui(data: Path, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "CREOS_"))}
    return subprocess.run(
        [sys.executable, "-m", "creos_ui", *words],
        env=environment | {"CREOS_DATA": str(data), "LANG": "fr_BE.UTF-8"},
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_former_list_stands_in_the_grid(
    tmp_path_factory: pytest.TempPathFactory, visit: Callable[..., Visitor]
) -> None:
    folder = tmp_path_factory.mktemp("changing-over")
    (folder / "avis.pdf").write_bytes(PDF)
    lines = [";".join([*row, "avis.pdf" if row[3] == "Musée du jouet" else "", "dubois.jacqueline"]) for row in ROWS]
    listing = folder / "invitations.csv"
    listing.write_bytes("\r\n".join([HEAD, *lines]).encode("cp1252"))

    with running_portal(folder) as portal:
        data = folder / "data"
        assert creos_ui(data, "import-invitations", str(listing)).returncode == 0
        assert portal.query("SELECT count(*) FROM account WHERE identifier = 'dubois.jacqueline'") == [(0,)]
        applied = creos_ui(data, "import-invitations", str(listing), "--apply")
        assert applied.returncode == 0, applied.stderr
        given = creos_ui(data, "create-account", "dubois.jacqueline", "--password-stdin", typed=PASSWORD + "\n")
        assert given.returncode == 0, given.stderr

        visitor = visit("desktop")
        visitor.portal, visitor.identifier = portal, "dubois.jacqueline"
        visitor.sign_in()
        page = visitor.open()
        page.get_by_role("button", name="Toutes 4").click()
        expect(page.locator("[data-testid^=row-]")).to_have_count(4)
        stand = {}
        for shown in page.locator("[data-testid^=row-]").all():
            cells = [re.sub(r"\s+", " ", text) for text in shown.locator("td").all_inner_texts()]
            title = shown.locator(".what").inner_text()
            automatic = shown.get_by_role("img", name="Payé automatiquement", exact=True).count() == 1
            mandatory = shown.get_by_text("Obligatoire").count() == 1
            stand[title] = (*cells[1:4], title, *cells[5:9], automatic, mandatory)
        for row in ROWS:
            amount = row[4].replace("1.008", "1 008")  # Belgium's French groups thousands by a space
            expected = (*row[:4], amount, row[5], row[6] or "–", row[7] or "–", row[8] == "oui", row[9] == "oui")
            assert stand[row[3]] == expected

        museum = page.locator("[data-testid^=row-]").filter(has_text="Musée du jouet")
        expect(museum).to_contain_text("En retard")
        address = museum.get_by_role("link", name="Document").get_attribute("href")
        assert visitor.context.request.get(portal.url + str(address)).body() == PDF

        again = creos_ui(data, "import-invitations", str(listing), "--apply")
        assert again.returncode == 0
        assert portal.query(
            "SELECT count(*) FROM invitation i JOIN guardian g ON g.id = i.debtor_id WHERE g.last_name = 'Dubois'"
        ) == [(4,)]
        assert creos_ui(data, "check").returncode == 0
        visitor.context.close()  # before the portal: the browser would complain of its going
