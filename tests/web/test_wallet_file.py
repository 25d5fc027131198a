"""GET /wallet/movements.csv: one's own wallet, for a spreadsheet, and without formulas (R30)."""

from __future__ import annotations

import csv
import io

from creos_ui import clock
from creos_ui.services.invitations.answering import pay_invitations
from creos_ui.services.money.ledger import Agreed
from models import Guardian, Pupil
from tests.portal import NORA, OMAR, Portal
from tests.school import add_activity, add_invitation, new_key

TITLES = ['=HYPERLINK("https://evil.example")', "+1+1", "-2+3", "@SUM(A1)", "＝1+1", "a;b", 'un "mot"', "été"]


def lines_of(portal: Portal, identifier: str) -> list[list[str]]:
    answer = portal.sign_in(identifier).get("/wallet/movements.csv")
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=";"))


async def pay_for(*titles: str) -> None:
    """An activity of each title, paid by Nora one cent."""
    nora, lou = await Guardian.get(first_name="Nora"), await Pupil.get(first_name="Lou")
    for title in titles:
        invitation = await add_invitation(await add_activity(title, clock.today()), lou, nora, 1)
        await pay_invitations([Agreed(invitation.id, 1)], debtor_id=nora.id, key=new_key(), actor="test")


def test_odd_titles_come_out_as_text(portal: Portal) -> None:
    portal.elsewhere(lambda: pay_for(*TITLES))
    today = f"{clock.today():%d/%m/%Y}"
    header, *lines = lines_of(portal, NORA)
    assert header == ["Date", "Libellé", "Activité", "Bénéficiaire", "Auto", "Montant", "Solde"]
    assert len(lines) == len(TITLES) + 1
    for number, (title, line) in enumerate(zip(reversed(TITLES), lines, strict=False)):
        expected = f"'{title}" if title[0] in "=+-@＝" else title
        balance = 2_000 - len(TITLES) + number
        assert line == [today, "Paiement", expected, "Peeters Lou", "", "-0,01", f"19,{balance % 100:02d}"]
    for cells in lines:
        for cell in cells[:5]:
            assert cell[:1] not in tuple("=+-@\t\r\n＝＋－＠"), cell


def test_it_is_a_file_to_keep_and_nobody_elses(portal: Portal) -> None:
    answer = portal.sign_in(OMAR).get("/wallet/movements.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="portefeuille-')
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    _, *lines = lines_of(portal, OMAR)
    assert [line[1:] for line in lines] == [["Virement reçu", "", "", "", "5,00", "5,00"]]


def test_no_word_in_the_address_changes_whose_it_is(portal: Portal) -> None:
    omar = portal.sign_in(OMAR)
    for query in ("?guardian_id=1", "?account=1", "?page=-1", "?id=1 OR 1=1"):
        answer = omar.get(f"/wallet/movements.csv{query}")
        assert b"Paiement" not in answer.content, query
        assert answer.content.count(b"Virement") == 1, query


def test_nobody_gets_none(portal: Portal) -> None:
    answer = portal.client().get("/wallet/movements.csv")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")
