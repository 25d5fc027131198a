"""Mon portefeuille, at a desk and on a phone: what is in it, how to top it up, what moved, and the file of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from creos_ui import clock
from creos_ui.bank.epc_qr import epc_qr_svg
from creos_ui.bank.structured_communication import shown, wallet_communication
from tests.e2e.conftest import Visitor, axe_faults, both_sizes, euros
from tests.e2e.elsewhere import change_price, top_up
from tests.e2e.families import NAUGHTY


def communication_of(visitor: Visitor) -> str:
    ((wallet,),) = visitor.portal.query("SELECT id FROM ledger_account WHERE guardian_id = ?", visitor.guardian_id())
    return wallet_communication(wallet)


def expect_code(visitor: Visitor, page: Page, cents: int) -> None:
    """The QR code shown asks for exactly this amount, to this wallet."""
    code = epc_qr_svg(
        payee_name="Commune du Tilleul",
        iban="BE68539007547034",
        amount_cents=cents,
        communication=communication_of(visitor),
    )
    expect(page.get_by_role("img", name="Code QR")).to_have_attribute("src", code)


def movements(page: Page) -> Locator:
    return page.locator("[data-testid^=movement-]")


@both_sizes
def test_the_wallet_says_what_is_in_it_and_what_moved(nora: Visitor) -> None:
    page = nora.open("/wallet")
    expect(page.get_by_role("heading", name="Mon portefeuille")).to_be_attached()
    expect(page.get_by_test_id("wallet-balance")).to_have_text(euros("42,00 €"))
    expect(page.get_by_text(euros("147,00 € d’invitations en attente"))).to_be_visible()
    expect(movements(page)).to_have_count(2)
    paid, received = movements(page).nth(0), movements(page).nth(1)
    for said in ("Piscine", "Muller Nolan", f"{clock.today():%d/%m/%Y}"):
        expect(paid).to_contain_text(said)
    expect(paid).to_contain_text(euros("− 2,50 €"))
    expect(paid).to_contain_text(euros("42,00 €"))
    expect(received).to_contain_text("Virement reçu")
    expect(received).to_contain_text(euros("+ 44,50 €"))
    chart = page.get_by_role("img", name=euros("Solde du"))
    expect(chart).to_have_accessible_name(euros("42,00 € à la fin, 0,00 € au plus bas, 42,00 € au plus haut."))
    page.get_by_text("Voir en chiffres").click()
    expect(page.locator(".chart table")).to_contain_text(euros("42,00 €"))


def test_the_next_thirty_days_say_exactly_what_is_missing(nora: Visitor) -> None:
    page = nora.open("/wallet")
    card = page.get_by_role("region", name="Dans les 30 prochains jours")
    expect(card.get_by_role("listitem")).to_have_count(4)
    expect(card.get_by_role("listitem").first).to_contain_text("En retard")
    expect(card).not_to_contain_text("Classes vertes")  # in 40 days
    expect(card).to_contain_text(euros("27,00 €"))
    expect(card).to_contain_text("Restera")
    expect(card).to_contain_text(euros("15,00 €"))
    expect(page.get_by_role("button", name="Recharger")).to_have_count(0)
    nora.portal.elsewhere(lambda: change_price(nora.guardian_id(), "Musée du jouet", 2_500))
    expect(card).to_contain_text(euros("5,00 €"))
    ask = page.get_by_role("button", name=euros("Recharger 5,00 €"))
    ask.click()
    expect(page.get_by_role("heading", name="Recharger")).to_be_focused()
    expect(page.get_by_label("Montant en euros")).to_have_value("5,00")
    expect_code(nora, page, 500)


def test_a_top_up_carries_the_chosen_amount(nora: Visitor) -> None:
    nora.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = nora.open("/wallet")
    everything = page.get_by_role("button", name=euros("105 € · tout payer"))
    expect(everything).to_have_attribute("aria-pressed", "true")
    expect_code(nora, page, 10_500)
    for name, cents in (("10 €", 1_000), ("50 €", 5_000)):
        page.get_by_role("button", name=euros(name), exact=True).first.click()
        expect_code(nora, page, cents)
    expect(everything).to_have_attribute("aria-pressed", "false")

    page.get_by_role("button", name="Autre…").click()
    field = page.get_by_label("Montant en euros")
    expect(field).to_be_focused()
    expect(page.get_by_role("img", name="Code QR")).to_be_hidden()
    for typed, cents in (("12,5", 1_250), ("0,01", 1), ("999 999,99", 99_999_999), ("1.234", 123_400)):
        field.fill(typed)
        expect_code(nora, page, cents)
    for nonsense in ("0", "-5", "12,345", "1000000", "dix", "=1+1", "1e3"):
        field.fill(nonsense)
        expect(page.get_by_text("Indiquez un montant de 0,01 à")).to_be_visible()
        expect(page.get_by_role("img", name="Code QR")).to_be_hidden()
        field.fill("7")
        expect_code(nora, page, 700)

    top_up = page.get_by_role("region", name="Recharger")
    communication = shown(communication_of(nora))
    expect(top_up).to_contain_text(communication)
    for what, copied in (("Montant", "7,00"), ("Compte", "BE68539007547034"), ("Communication", communication)):
        button = top_up.get_by_role("button", name=f"Copier : {what}")
        button.click()
        expect(button).to_contain_text("Copié")
        assert page.evaluate("navigator.clipboard.readText()") == copied
    assert nora.balance_cents() == 4_200


@both_sizes
def test_the_movements_turn_their_pages(visit: Callable[..., Visitor], size: str) -> None:
    visitor = visit(size)
    visitor.sign_in()
    visitor.portal.elsewhere(lambda: top_up(visitor.guardian_id(), *range(100, 121)))
    page = visitor.open("/wallet")
    expect(movements(page)).to_have_count(10)
    expect(page.get_by_text("1–10 sur 23")).to_be_visible()
    page.get_by_role("button", name="Page suivante").click()
    page.get_by_role("button", name="Page suivante").click()
    expect(movements(page)).to_have_count(3)
    expect(page.get_by_text("21–23 sur 23")).to_be_visible()
    expect(page.get_by_role("button", name="Page suivante")).to_be_disabled()


def test_the_movements_as_a_file(nora: Visitor) -> None:
    page = nora.open("/wallet")
    with page.expect_download() as download:
        page.get_by_role("link", name="Exporter (CSV)").click()
    assert download.value.suggested_filename == f"portefeuille-{clock.today():%Y-%m-%d}.csv"
    content = download.value.path().read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    today = f"{clock.today():%d/%m/%Y}"
    assert list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";")) == [
        ["Date", "Libellé", "Activité", "Bénéficiaire", "Auto", "Montant", "Solde"],
        [today, "Paiement", "Piscine", "Muller Nolan", "", "-2,50", "42,00"],
        [today, "Virement reçu", "", "", "", "44,50", "44,50"],
    ]


def test_odd_names_are_only_names(visit: Callable[..., Visitor]) -> None:
    visitor = visit(name="odd")
    visitor.sign_in()
    page = visitor.open("/wallet")
    expect(page.get_by_role("region", name="Dans les 30 prochains jours")).to_contain_text(NAUGHTY)
    expect(page.get_by_text("et 21 autres invitations")).to_be_visible()
    assert page.title().startswith("Mon portefeuille")


def test_the_header_leads_to_the_wallet(nora: Visitor) -> None:
    page = nora.open()
    page.get_by_role("link", name="Portefeuille 42").click()
    expect(page.get_by_test_id("wallet-balance")).to_be_visible()


@both_sizes
@pytest.mark.parametrize("look", ["light", "dark"])
def test_the_wallet_is_accessible(visit: Callable[..., Visitor], size: str, look: str) -> None:
    visitor = visit(size, color_scheme=look, reduced_motion="reduce")
    visitor.sign_in()
    page = visitor.open("/wallet")
    expect(movements(page)).to_have_count(2)
    assert axe_faults(page) == []
    page.get_by_text("Voir en chiffres").click()
    page.get_by_role("button", name="Autre…").click()
    page.get_by_label("Montant en euros").fill("rien")
    expect(page.get_by_text("Indiquez un montant")).to_be_visible()
    assert axe_faults(page) == []
