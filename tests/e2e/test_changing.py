"""Changing one's mind, automatic payment and two households, as a parent meets them at a desk and on a phone."""

from __future__ import annotations

import json
from datetime import timedelta

from playwright.sync_api import Page, Response, WebSocket, expect

from creos_ui import clock
from models import Activity
from tests.e2e.conftest import Visitor, axe_faults, both_sizes, euros
from tests.e2e.elsewhere import invite, second_household, top_up


def invited(visitor: Visitor, title: str, cents: int, *, closes_in: int | None = None) -> int:
    """A new optional activity for this family's first child alone, in 20 days; the id of its activity."""
    day = clock.today() + timedelta(days=20)
    closes_on = None if closes_in is None else clock.today() + timedelta(days=closes_in)
    return visitor.portal.elsewhere(lambda: invite(visitor.guardian_id(), title, cents, day, closes_on=closes_on)).id


def credit(visitor: Visitor, cents: int) -> None:
    visitor.portal.elsewhere(lambda: top_up(visitor.guardian_id(), cents))


def tab(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")


@both_sizes
def test_a_parent_changes_their_mind_both_ways(nora: Visitor) -> None:
    invited(nora, "Atelier cirque", 900, closes_in=5)
    until = f"{clock.today() + timedelta(days=5):%d/%m/%Y}"
    page = nora.open()
    page.get_by_role("button", name="Payer Atelier cirque").click()
    page.get_by_role("dialog").get_by_role("button", name=euros("Payer 9,00 €")).click()
    expect(page.get_by_test_id("balance")).to_have_text(euros("33,00 €"))

    tab(page, "Payées")
    page.get_by_role("button", name="Décliner Atelier cirque").click()
    dialog = page.get_by_role("dialog", name="Confirmation d’action")
    for fact in ("33,00 €", "+ 9,00 €", "42,00 €", "ne sera plus inscrit(e)", f"jusqu’au {until}"):
        expect(dialog).to_contain_text(euros(fact))
    assert axe_faults(page, "[role=dialog]") == []
    dialog.get_by_role("button", name=euros("Décliner et récupérer 9,00 €")).click()
    expect(page.get_by_text(euros("9,00 € sont de retour dans votre portefeuille"))).to_be_visible()
    expect(page.get_by_test_id("balance")).to_have_text(euros("42,00 €"))
    assert (nora.answers("Atelier cirque"), nora.balance_cents()) == (["declined"], 4_200)

    tab(page, "Refusées")
    page.get_by_role("button", name="Payer Atelier cirque").click()
    expect(dialog).to_contain_text("Vous aviez décliné cette invitation")
    dialog.get_by_role("button", name=euros("Payer 9,00 €")).click()
    expect(page.get_by_test_id("balance")).to_have_text(euros("33,00 €"))
    assert (nora.answers("Atelier cirque"), nora.balance_cents()) == (["paid"], 3_300)


def test_paying_for_what_has_begun_says_that_it_is_for_good(nora: Visitor) -> None:
    yesterday = clock.today() - timedelta(days=1)
    activity_id = invited(nora, "Atelier cirque", 900, closes_in=5)
    nora.portal.elsewhere(lambda: Activity.filter(id=activity_id).update(starts_on=yesterday))
    page = nora.open()
    page.get_by_role("button", name="Payer Handball").or_(page.get_by_role("button", name="Payer Musée")).first.click()
    dialog = page.get_by_role("dialog", name="Confirmation d’action")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_text("a déjà commencé")).to_have_count(0)
    dialog.get_by_role("button", name="Annuler").click()
    page.get_by_role("button", name="Payer Atelier cirque").click()
    expect(dialog).to_contain_text("a déjà commencé")
    dialog.get_by_role("button", name=euros("Payer 9,00 €")).click()
    expect(page.get_by_test_id("balance")).to_have_text(euros("33,00 €"))
    tab(page, "Payées")
    expect(page.locator("[data-testid^=row-]").filter(has_text="Atelier cirque")).to_be_visible()
    expect(page.get_by_role("button", name="Décliner Atelier cirque")).to_have_count(0)


def test_what_was_due_over_a_year_ago_stands_apart(nora: Visitor) -> None:
    long_ago = clock.today() - timedelta(days=400)
    mother = nora.guardian_id()
    activity = nora.portal.elsewhere(lambda: invite(mother, "Piscine de jadis", 1_200, long_ago))
    nora.portal.elsewhere(lambda: Activity.filter(id=activity.id).update(mandatory=True))
    page = nora.open()
    expect(page.get_by_text("À part")).to_contain_text(euros("1 invitation échue depuis plus d’un an · 12,00 €"))
    card = page.locator("[data-testid^=row-]").filter(has_text="Piscine de jadis")
    expect(card.get_by_role("checkbox", name="Sélectionner")).to_have_count(0)
    card.get_by_role("button", name="Payer").click()
    page.get_by_role("dialog").get_by_role("button", name=euros("Payer 12,00 €")).click()
    expect(page.get_by_text("À part")).to_have_count(0)
    assert (nora.answers("Piscine de jadis"), nora.balance_cents()) == (["paid"], 3_000)


def test_declining_says_until_when_one_can_change_it(nora: Visitor) -> None:
    invited(nora, "Atelier cirque", 900, closes_in=5)
    page = nora.open()
    page.get_by_role("button", name="Décliner Atelier cirque").click()
    dialog = page.get_by_role("dialog")
    until = f"{clock.today() + timedelta(days=5):%d/%m/%Y}"
    expect(dialog).to_contain_text(f"Vous pourrez changer d’avis jusqu’au {until}.")
    dialog.get_by_role("button", name="Décliner").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Payer Atelier cirque")).to_be_visible()  # at once, where it stands
    assert (nora.answers("Atelier cirque"), nora.balance_cents()) == (["declined"], 4_200)


@both_sizes
def test_a_closed_activity_offers_nothing_and_says_whom_to_ask(nora: Visitor) -> None:
    closed = invited(nora, "Atelier cirque", 900)
    page = nora.open()
    page.get_by_role("button", name="Payer Atelier cirque").click()
    page.get_by_role("dialog").get_by_role("button", name=euros("Payer 9,00 €")).click()
    expect(page.get_by_test_id("balance")).to_have_text(euros("33,00 €"))
    tab(page, "Payées")
    page.get_by_role("button", name="Décliner Atelier cirque").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()

    yesterday = clock.today() - timedelta(days=1)
    nora.portal.elsewhere(lambda: Activity.filter(id=closed).update(closes_on=yesterday))
    dialog.get_by_role("button", name="Décliner et récupérer").click()
    expect(page.get_by_text("n’accepte plus de réponse ni de changement").first).to_be_visible()
    assert (nora.answers("Atelier cirque"), nora.balance_cents()) == (["paid"], 3_300)

    fresh = nora.open()
    tab(fresh, "Payées")
    row = fresh.locator("[data-testid^=row-]", has_text="Atelier cirque")
    expect(row).to_contain_text("Clôturée")
    expect(row.get_by_role("button")).to_have_count(0)
    expect(fresh.get_by_text("adressez-vous à l’école : secretariat@tilleul.example")).to_be_visible()
    assert axe_faults(fresh) == []


@both_sizes
def test_a_wish_is_paid_by_credit_that_arrives_behind_the_page(nora: Visitor) -> None:
    invited(nora, "Classe de neige", 5_000)
    page = nora.open()
    page.get_by_role("button", name="Payer Classe de neige").click()
    dialog = page.get_by_role("dialog", name="Crédit insuffisant")
    wish = dialog.get_by_role("checkbox", name="Payer cette invitation automatiquement dès que le crédit arrive")
    expect(wish).to_be_checked()
    expect(dialog).to_contain_text("l’invitation est payée sans autre clic")
    wish.click()
    expect(dialog).to_contain_text("Payez l’invitation ici dès que le virement est arrivé")
    wish.click()
    expect(dialog).to_contain_text("l’invitation est payée sans autre clic")
    assert axe_faults(page, "[role=dialog]") == []
    dialog.get_by_role("button", name="Compris").click()
    row = page.locator("[data-testid^=row-]", has_text="Classe de neige")
    expect(row).to_contain_text("Dès que possible")
    assert nora.answers("Classe de neige") == ["open"]

    credit(nora, 800)
    assert (nora.answers("Classe de neige"), nora.balance_cents()) == (["paid"], 0)
    fresh = nora.open()
    tab(fresh, "Payées")
    paid = fresh.locator("[data-testid^=row-]", has_text="Classe de neige")
    sign = paid.get_by_role("img", name="Payé automatiquement").or_(paid.get_by_text("Payé automatiquement"))
    expect(sign).to_be_visible()
    expect(fresh.get_by_test_id("balance")).to_have_text(euros("0,00 €"))


@both_sizes
def test_a_wish_can_be_left_out_or_taken_back(nora: Visitor) -> None:
    page = nora.open()
    row = page.locator("[data-testid^=row-]", has_text="Classes vertes")
    for ticked in (False, True):
        row.get_by_role("button", name="Payer Classes vertes").click()
        dialog = page.get_by_role("dialog")
        if not ticked:
            dialog.get_by_role("checkbox").click()
            expect(dialog.get_by_role("checkbox")).not_to_be_checked()
        dialog.get_by_role("button", name="Compris").click()
        expect(dialog).to_have_count(0)
        expect(row.get_by_text("Dès que possible")).to_have_count(1 if ticked else 0)
    row.get_by_role("button", name="Annuler le paiement automatique").click()
    expect(page.get_by_text("Classes vertes ne sera pas payé automatiquement.")).to_be_visible()
    expect(row.get_by_text("Dès que possible")).to_have_count(0)

    credit(nora, 10_000)
    assert (nora.answers("Classes vertes"), nora.balance_cents()) == (["open"], 14_200)


def test_a_wish_for_a_selection_is_for_all_of_it_and_only_when_ticked(nora: Visitor) -> None:
    page = nora.open()
    page.get_by_role("checkbox", name="Sélectionner Musée du jouet").check()
    page.get_by_role("checkbox", name="Sélectionner Classes vertes").check()
    page.get_by_role("button", name="Payer la sélection").click()
    dialog = page.get_by_role("dialog", name="Crédit insuffisant")
    wish = dialog.get_by_role("checkbox", name="Payer ces invitations automatiquement")
    expect(wish).not_to_be_checked()
    wish.click()
    expect(wish).to_be_checked()
    expect(dialog).to_contain_text("tout de suite pour celles que votre solde permet")
    dialog.get_by_role("button", name="Compris").click()
    expect(page.get_by_test_id("balance")).to_have_text(euros("37,00 €"))
    assert (nora.answers("Musée du jouet"), nora.answers("Classes vertes")) == (["paid"], ["open"])
    credit(nora, 8_300)
    assert (nora.answers("Classes vertes"), nora.balance_cents()) == (["paid"], 0)


def test_the_other_household_is_seen_to_take_part_and_nothing_else_of_it(nora: Visitor) -> None:
    """R22: everything the server ever sends to this parent, searched for the other one's canaries."""
    other = nora.portal.elsewhere(lambda: second_household(nora.guardian_id()))
    sent: list[str] = []

    def hear(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: sent.append(frame if isinstance(frame, str) else frame.decode()))

    def read(response: Response) -> None:
        if response.status == 200 and "text/html" in response.headers.get("content-type", ""):
            sent.append(response.text())

    nora.context.on("page", lambda page: page.on("websocket", hear))
    page = nora.context.new_page()
    page.on("response", read)
    page.goto(f"{nora.portal.url}/invitations")
    page.wait_for_function("window.did_handshake === true")
    section = page.get_by_role("region", name="Dans l’autre foyer")
    item = section.get_by_role("listitem").filter(has_text="Sortie de l’autre foyer")
    expect(item).to_contain_text("Participe")
    expect(section).not_to_contain_text("€")
    assert axe_faults(page) == []
    for name in ("Payées", "Refusées", "Toutes"):
        tab(page, name)
    page.get_by_label("Rechercher une invitation").fill("autre foyer")
    expect(page.get_by_text("Aucune invitation ne correspond")).to_be_visible()

    everything = json.dumps(sent, ensure_ascii=False) + page.content()
    assert "Sortie de l’autre foyer" in everything  # it is searched
    assert len(sent) > 3
    for canary in (
        "Vanderkanari",
        "Ferdinand",
        "kanari",
        "canary@",
        "735,19",
        "721,62",
        "73519",
        "72162",
        "13,57",
        "1357",
    ):
        assert canary not in everything, canary
    assert nora.portal.query("SELECT balance_cents FROM ledger_account WHERE guardian_id = ?", other) == [(72_162,)]
