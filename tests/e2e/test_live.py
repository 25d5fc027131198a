"""What changes elsewhere shows on open pages within two seconds, and disturbs nobody who is doing something."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from models import Activity, Guardian, Pupil
from tests.e2e.conftest import Visitor, both_sizes, euros
from tests.e2e.elsewhere import announced, top_up
from tests.school import add_invitation

SOON = 2_000  # milliseconds


def pay_the_museum(page: Page) -> None:
    page.get_by_role("button", name="Payer Musée du jouet").click()
    page.get_by_role("dialog").get_by_role("button", name=euros("Payer 5,00 €")).click()
    expect(page.get_by_text("Payé : Musée du jouet.")).to_be_visible()


@both_sizes
def test_a_payment_in_one_tab_shows_in_the_other(nora: Visitor) -> None:
    here, there = nora.open(), nora.open()
    search = there.get_by_label("Rechercher une invitation")
    search.click()
    search.press_sequentially("m")  # Musée, and whatever else has one
    expect(there.get_by_text("Patinoire")).to_be_attached()
    there.get_by_role("checkbox", name="Sélectionner Musée du jouet").check()
    there.get_by_role("checkbox", name="Sélectionner Patinoire").check()
    search.focus()
    there.evaluate("window.scrollTo(0, 20)")
    scrolled = there.evaluate("window.scrollY")
    marked = there.evaluate("document.querySelector('[data-testid=grid]').dataset.same = 'yes'")

    pay_the_museum(here)

    expect(there.get_by_test_id("balance")).to_have_text(euros("37,00 €"), timeout=SOON)
    expect(there.get_by_role("button", name="Payer Musée")).to_have_count(0, timeout=SOON)
    expect(there.get_by_text("Musée du jouet", exact=True)).to_be_visible()  # where it stood, and paid
    expect(there.get_by_role("button", name="Payées 2")).to_be_visible()
    expect(search).to_be_focused()
    expect(search).to_have_value("m")
    assert there.evaluate("window.scrollY") == scrolled
    assert there.evaluate("document.querySelector('[data-testid=grid]').dataset.same") == marked, "no reload"
    bar = there.get_by_role("region", name="Sélection")
    expect(bar).to_contain_text(euros("1 invitation · 6,00 €"))  # what is paid is no longer selected, the rest is
    expect(bar).to_contain_text(euros("31,00 €"))


def test_an_open_dialog_stays_open(nora: Visitor) -> None:
    here, there = nora.open(), nora.open()
    there.get_by_role("button", name="Payer Patinoire").click()
    dialog = there.get_by_role("dialog", name="Confirmation d’action")
    expect(dialog.get_by_role("button", name="Annuler")).to_be_focused()

    pay_the_museum(here)

    expect(there.get_by_test_id("balance")).to_have_text(euros("37,00 €"), timeout=SOON)
    museum = there.locator("[data-testid^=row-]").filter(has_text="Musée")
    expect(museum.locator("button:has-text('Payer')")).to_have_count(0, timeout=SOON)
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Annuler")).to_be_focused()
    dialog.get_by_role("button", name=euros("Payer 6,00 €")).click()
    expect(there.get_by_test_id("balance")).to_have_text(euros("31,00 €"))
    assert nora.balance_cents() == 3_100


def test_a_top_up_by_another_process_appears(nora: Visitor) -> None:
    wallet, invitations = nora.open("/wallet"), nora.open()
    wallet.get_by_role("button", name="Autre…").click()
    field = wallet.get_by_label("Montant en euros")
    field.fill("33")
    nora.portal.elsewhere(lambda: top_up(nora.guardian_id(), 3_000))
    for page in (wallet, invitations):
        expect(page.get_by_test_id("balance")).to_have_text(euros("72,00 €"), timeout=2 * SOON)
    expect(wallet.get_by_test_id("wallet-balance")).to_have_text(euros("72,00 €"))
    expect(wallet.locator("[data-testid^=movement-]")).to_have_count(3)
    expect(wallet.locator("[data-testid^=movement-]").first).to_contain_text(euros("+ 30,00 €"))
    expect(field).to_be_focused()
    expect(field).to_have_value("33")
    expect(wallet.get_by_role("button", name=euros("75 € · tout payer"))).to_be_visible()


def test_a_new_invitation_appears(nora: Visitor) -> None:
    page = nora.open()
    expect(page.get_by_role("button", name="À traiter 5")).to_be_visible()

    async def for_nolan_too() -> None:
        mother = await Guardian.get(id=nora.guardian_id())
        museum = await Activity.get(title="Musée du jouet")
        nolan = await Pupil.get(first_name="Nolan", guardianships__guardian_id=mother.id)
        await add_invitation(museum, nolan, mother, 325)

    nora.portal.elsewhere(lambda: announced(nora.guardian_id(), for_nolan_too))
    expect(page.get_by_role("button", name="À traiter 6")).to_be_visible(timeout=2 * SOON)
    expect(page.get_by_role("button", name="Payer Musée du jouet, Muller Nolan")).to_be_visible()


def test_another_family_sees_nothing_of_it(nora: Visitor, visit: Callable[..., Visitor]) -> None:
    other = visit()
    other.sign_in()
    page, there = nora.open(), other.open()
    pay_the_museum(page)
    expect(page.get_by_test_id("balance")).to_have_text(euros("37,00 €"))
    expect(there.get_by_test_id("balance")).to_have_text(euros("42,00 €"))
    expect(there.get_by_role("button", name="Payer Musée")).to_have_count(1)
