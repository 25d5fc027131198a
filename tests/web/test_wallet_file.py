"""GET /wallet/movements.csv: one's own wallet, for a spreadsheet, and without formulas (R30)."""

from __future__ import annotations

import csv
import io

from tests.portal import NORA, OMAR, Portal

TITLES = ['=HYPERLINK("https://evil.example")', "+1+1", "-2+3", "@SUM(A1)", "＝1+1", "a;b", 'un "mot"', "été"]


def lines_of(portal: Portal, identifier: str) -> list[list[str]]:
    answer = portal.sign_in(identifier).get("/wallet/movements.csv")
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=";"))


def pay_for(portal: Portal, title: str) -> None:
    """An activity of this title, paid by Nora one cent; written by another process than the portal."""
    portal.query(
        """INSERT INTO activity (title, title_key, starts_on, due_on, mandatory)
        VALUES (?, lower(hex(randomblob(8))), '2026-01-05', '2026-01-05', 0)""",
        title,
    )
    ((invitation, wallet),) = portal.query(
        """INSERT INTO invitation (activity_id, pupil_id, debtor_id, amount_cents, status, answer_no, automatic)
        SELECT (SELECT max(id) FROM activity), p.id, g.id, 1, 'open', 0, 0 FROM guardian g JOIN pupil p
        WHERE g.first_name = 'Nora' AND p.first_name = 'Lou'
        RETURNING id, (SELECT id FROM ledger_account w WHERE w.guardian_id = debtor_id)"""
    )
    portal.query("UPDATE invitation SET status = 'paid', answer_no = 1 WHERE id = ?", invitation)
    portal.query(
        """INSERT INTO transfer (key, kind, source_id, target_id, amount_cents, invitation_id, answer_no, actor, at)
        SELECT hex(randomblob(12)), 'payment', ?, id, 1, ?, 1, 'test', '2026-01-05 12:00:00+00:00'
        FROM ledger_account WHERE name = 'activities'""",
        wallet,
        invitation,
    )


def test_odd_titles_come_out_as_text(portal: Portal) -> None:
    for title in TITLES:
        pay_for(portal, title)
    header, *lines = lines_of(portal, NORA)
    assert header == ["Date", "Libellé", "Activité", "Bénéficiaire", "Auto", "Montant", "Solde"]
    assert len(lines) == len(TITLES) + 1
    for number, (title, line) in enumerate(zip(reversed(TITLES), lines, strict=False)):
        expected = f"'{title}" if title[0] in "=+-@＝" else title
        balance = 2_000 - len(TITLES) + number
        assert line == ["05/01/2026", "Paiement", expected, "Peeters Lou", "", "-0,01", f"19,{balance % 100:02d}"]
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
