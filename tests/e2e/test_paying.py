"""Paying and declining, as a parent does it at a desk and on a phone."""

from __future__ import annotations

from playwright.sync_api import expect

from creos_ui.bank.epc_qr import epc_qr_svg
from creos_ui.bank.structured_communication import shown, wallet_communication
from tests.e2e.conftest import Visitor, both_sizes, euros
from tests.e2e.elsewhere import change_price


@both_sizes
def test_a_parent_pays_an_invitation(nora: Visitor) -> None:
    page = nora.open()
    page.get_by_role("button", name="Payer Musée du jouet, Muller Camille").click()

    dialog = page.get_by_role("dialog", name="Confirmation d’action")
    expect(dialog).to_contain_text("Êtes-vous sûr de vouloir payer cette invitation ?")
    for fact in ("Musée du jouet", "Muller Camille", "42,00 €", "− 5,00 €", "37,00 €"):
        expect(dialog).to_contain_text(fact)
    expect(dialog.get_by_role("button", name="Annuler")).to_be_focused()
    dialog.get_by_role("button", name=euros("Payer 5,00 €")).click()

    expect(page.get_by_text("Payé : Musée du jouet. Camille est sur la liste.")).to_be_visible()
    expect(page.get_by_test_id("balance")).to_have_text(euros("37,00 €"))
    expect(page.get_by_role("button", name="Payer Musée")).to_have_count(0)
    expect(page.get_by_role("button", name="À traiter 4")).to_be_visible()
    expect(page.get_by_role("button", name="Payées 2")).to_be_visible()
    assert nora.balance_cents() == 3_700
    assert nora.answers("Musée du jouet") == ["paid"]

    page.get_by_role("button", name="Payées 2").click()
    expect(page.locator("[data-testid^=row-]")).to_have_count(2)
    expect(page.get_by_text("Musée du jouet", exact=True)).to_be_visible()


def test_saying_no_takes_nothing_and_gives_the_focus_back(nora: Visitor) -> None:
    page = nora.open()
    opener = page.get_by_role("button", name="Payer Musée du jouet")
    for close in ("Annuler", "Escape"):
        opener.focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("button", name="Annuler")).to_be_focused()
        if close == "Escape":
            page.keyboard.press("Escape")
        else:
            page.keyboard.press("Enter")
        expect(dialog).to_have_count(0)
        expect(opener).to_be_focused()
    assert nora.balance_cents() == 4_200


def test_the_keyboard_alone_is_enough_to_pay(nora: Visitor) -> None:
    page = nora.open()
    page.get_by_role("button", name="Payer Musée du jouet").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("button", name="Annuler")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("balance")).to_have_text(euros("37,00 €"))


@both_sizes
def test_a_selection_is_paid_in_one_confirmation(nora: Visitor) -> None:
    page = nora.open()
    page.get_by_role("checkbox", name="Sélectionner Musée du jouet").check()
    page.get_by_role("checkbox", name="Sélectionner Activité handball temps de midi, Muller Nolan").check()
    bar = page.get_by_role("region", name="Sélection")
    expect(bar).to_contain_text(euros("2 invitations · 13,00 €"))
    expect(bar).to_contain_text(euros("Solde après paiement : 29,00 €"))
    bar.get_by_role("button", name="Payer la sélection").click()

    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Êtes-vous sûr de vouloir payer ces 2 invitations ?")
    dialog.get_by_role("button", name=euros("Payer 13,00 €")).click()

    expect(page.get_by_text("2 invitations sont payées.")).to_be_visible()
    expect(bar).to_be_hidden()
    assert nora.balance_cents() == 2_900
    assert nora.answers("Activité handball temps de midi") == ["open", "paid"]


@both_sizes
def test_deselecting_unticks_every_box(nora: Visitor) -> None:
    page = nora.open()
    for box in page.get_by_role("checkbox").all()[:2]:
        box.check()
    page.get_by_role("button", name="Tout désélectionner").click()
    expect(page.get_by_role("region", name="Sélection")).to_be_hidden()
    for box in page.get_by_role("checkbox").all():
        expect(box).not_to_be_checked()


def test_a_selection_dearer_than_the_wallet_is_not_paid_in_part(nora: Visitor) -> None:
    page = nora.open()
    page.get_by_role("checkbox", name="Sélectionner Musée du jouet").check()
    page.get_by_role("checkbox", name="Sélectionner Classes vertes").check()
    page.get_by_role("button", name="Payer la sélection").click()
    dialog = page.get_by_role("dialog", name="Crédit insuffisant")
    expect(dialog).to_contain_text(euros("Il manque 83,00 €"))
    dialog.get_by_role("button", name="Compris").click()
    assert nora.balance_cents() == 4_200
    assert nora.answers("Musée du jouet") == ["open"]


@both_sizes
def test_not_enough_credit_names_what_is_missing_and_how_to_bring_it(nora: Visitor) -> None:
    nora.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = nora.open()
    page.get_by_role("button", name="Payer Classes vertes").click()

    dialog = page.get_by_role("dialog", name="Crédit insuffisant")
    expect(dialog).to_contain_text(euros("Il manque 78,00 € dans votre portefeuille"))
    expect(dialog).to_contain_text("Camille reste sur la liste")
    sql = "SELECT id FROM ledger_account WHERE guardian_id = ?"
    ((wallet,),) = nora.portal.query(sql, nora.guardian_id())
    communication = wallet_communication(wallet)
    code = epc_qr_svg(
        payee_name="Commune du Tilleul", iban="BE68539007547034", amount_cents=7_800, communication=communication
    )
    assert dialog.get_by_role("img", name="Code QR").get_attribute("src") == code
    expect(dialog).to_contain_text("Commune du Tilleul")
    expect(dialog).to_contain_text("BE68 5390 0754 7034")
    for what, copied in (
        ("Montant", "78,00"),
        ("Bénéficiaire", "Commune du Tilleul"),
        ("Compte", "BE68539007547034"),
        ("Communication", shown(communication)),
    ):
        button = dialog.get_by_role("button", name=f"Copier : {what}")
        button.click()
        expect(button).to_contain_text("Copié")
        assert page.evaluate("navigator.clipboard.readText()") == copied

    dialog.get_by_role("button", name="Compris").click()
    expect(dialog).to_have_count(0)
    assert nora.balance_cents() == 4_200
    assert nora.answers("Classes vertes") == ["open"]


@both_sizes
def test_an_optional_activity_can_be_declined(nora: Visitor) -> None:
    page = nora.open()
    page.get_by_role("button", name="Décliner Activité handball temps de midi, Muller Nolan").click()
    dialog = page.get_by_role("dialog", name="Confirmation d’action")
    expect(dialog).to_contain_text("Êtes-vous sûr de vouloir décliner cette invitation ?")
    expect(dialog).to_contain_text("Nolan ne sera pas inscrit(e)")
    dialog.get_by_role("button", name="Décliner").click()

    expect(page.get_by_text("Nolan n’est pas inscrit(e).")).to_be_visible()
    expect(page.get_by_role("button", name="Refusées 2")).to_be_visible()
    assert nora.answers("Activité handball temps de midi") == ["open", "declined"]
    assert nora.balance_cents() == 4_200


@both_sizes
def test_a_mandatory_one_cannot_be_declined_and_the_button_says_why(nora: Visitor) -> None:
    page = nora.open()
    button = page.get_by_role("button", name="Décliner Musée du jouet")
    expect(button).to_be_disabled()
    expect(button).to_have_accessible_name(
        "Décliner Musée du jouet, Muller Camille. Activité obligatoire : elle ne peut pas être déclinée."
    )
    button.dispatch_event("click")
    expect(page.locator(".q-notification")).to_contain_text("elle ne peut pas être déclinée")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert nora.answers("Musée du jouet") == ["open"]


@both_sizes
def test_a_late_invitation_is_marked_and_can_still_be_paid(nora: Visitor) -> None:
    page = nora.open()
    late = page.locator("[data-testid^=row-]").filter(has_text="Patinoire")
    expect(late).to_contain_text("En retard")
    late.get_by_role("button", name="Payer").click()
    page.get_by_role("dialog").get_by_role("button", name=euros("Payer 6,00 €")).click()
    expect(page.get_by_test_id("balance")).to_have_text(euros("36,00 €"))


def test_a_second_tab_that_still_shows_it_pays_nothing_more(nora: Visitor) -> None:
    one, two = nora.open(), nora.open()
    for page in (one, two):
        page.get_by_role("button", name="Payer Musée du jouet").click()
    for page in (one, two):
        page.get_by_role("dialog").get_by_role("button", name=euros("Payer 5,00 €")).click()
    expect(two.get_by_text("Cette invitation a déjà reçu une réponse.")).to_be_visible()
    expect(two.get_by_test_id("balance")).to_have_text(euros("37,00 €"))
    expect(two.get_by_role("button", name="Payer Musée")).to_have_count(0)
    assert nora.balance_cents() == 3_700


def test_a_double_click_pays_once(nora: Visitor) -> None:
    page = nora.open()
    page.get_by_role("button", name="Payer Musée du jouet").click()
    page.get_by_role("dialog").get_by_role("button", name=euros("Payer 5,00 €")).dblclick()
    expect(page.get_by_test_id("balance")).to_have_text(euros("37,00 €"))
    assert nora.balance_cents() == 3_700


def test_a_price_that_changes_under_the_open_dialog_is_look_again(nora: Visitor) -> None:
    page = nora.open()
    page.get_by_role("button", name="Payer Musée du jouet").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    nora.portal.elsewhere(lambda: change_price(nora.guardian_id(), "Musée du jouet", 700))
    dialog.get_by_role("button", name=euros("Payer 5,00 €")).click()
    expect(page.get_by_text(euros("il est maintenant de 7,00 €"))).to_be_visible()
    expect(page.get_by_role("button", name="Payer Musée du jouet")).to_be_visible()
    assert nora.balance_cents() == 4_200
