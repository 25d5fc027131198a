"""Mon calendrier, at a desk and on a phone: finding a day, going from month to month, subscribing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from creos_ui import clock
from creos_ui.services.invitations.calendar import month_beside
from models import Activity
from pages.parent.month_grid import day_name, month_name
from tests.e2e.conftest import Visitor, axe_faults, both_sizes, euros
from tests.e2e.elsewhere import invite
from tests.e2e.families import NAUGHTY
from tests.ical_lines import read, text_of

MUSEUM = timedelta(days=12)  # as tests/e2e/families.py has it; « Piscine » was 30 days ago


def at(day: date) -> str:
    return f"/calendar?month={day:%Y-%m}"


def cell(page: Page, day: date) -> Locator:
    """The day's own cell: found by its words on a phone, which no grid surrounds."""
    words = day_name(day, "fr")
    return page.locator("td.day").filter(has_text=words[0].upper() + words[1:])


def shown(page: Page, month: date) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(month_name(month, "fr"))
    page.wait_for_url(f"**/calendar?month={month:%Y-%m}")


@both_sizes
def test_a_day_says_in_words_what_it_holds_and_leads_to_the_invitation(nora: Visitor) -> None:
    day = clock.today() + MUSEUM
    page = nora.open(at(day))
    museum = cell(page, day).get_by_role("link")
    expect(museum).to_have_count(2)
    expect(museum.first).to_contain_text("Échéance")
    expect(museum.first).to_contain_text("Musée du jouet")
    expect(museum.first).to_contain_text(euros("Camille · 5,00 €"))
    for link in museum.all():
        expect(link).to_contain_text("À payer")
    museum.last.click()
    expect(page.get_by_role("heading", name="Mes invitations")).to_have_count(1)
    expect(page.get_by_role("button", name="Payer Musée du jouet")).to_be_visible()


def test_children_of_one_activity_share_one_entry(nora: Visitor) -> None:
    day = clock.today() + timedelta(days=20)
    page = nora.open(at(day))
    expect(cell(page, day).get_by_role("link").first).to_contain_text(euros("Camille, Nolan · 16,00 €"))


def test_late_paid_and_declined_are_words(nora: Visitor) -> None:
    for back, title, word in ((3, "Patinoire", "En retard"), (30, "Piscine", "Payé"), (25, "Échecs", "Décliné")):
        day = clock.today() - timedelta(days=back)
        page = nora.open(at(day))
        entry = cell(page, day).get_by_role("link").filter(has_text=title).last
        expect(entry).to_be_visible()
        expect(entry).to_contain_text(word)
        page.close()


@both_sizes
def test_from_month_to_month_and_back_to_today(nora: Visitor) -> None:
    this = clock.today().replace(day=1)
    page = nora.open("/calendar")
    expect(page.get_by_role("heading", level=1)).to_have_text(month_name(this, "fr"))
    following = page.get_by_role("button", name="Mois suivant")
    following.click()
    shown(page, month_beside(this, 1))
    expect(following).to_be_focused()
    page.keyboard.press("Enter")  # the focus stays on the button
    shown(page, month_beside(this, 2))
    page.get_by_role("button", name="Mois précédent").click()
    shown(page, month_beside(this, 1))
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(month_name(month_beside(this, 1), "fr"))
    page.wait_for_function("window.did_handshake === true")
    page.get_by_role("button", name="Aujourd’hui").click()
    shown(page, this)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_a_desk_has_a_table_with_monday_first_and_today_marked(visit: Callable[..., Visitor]) -> None:
    visitor = visit("desktop")
    visitor.sign_in()
    page = visitor.open("/calendar")
    table = page.get_by_role("table", name=month_name(clock.today(), "fr"))
    assert table.get_by_role("columnheader").all_inner_texts() == ["lun", "mar", "mer", "jeu", "ven", "sam", "dim"]
    today = table.locator("[aria-current=date]")
    expect(today).to_have_count(1)
    expect(today).to_contain_text(f"{clock.today().day}")
    expect(today).to_contain_text("Aujourd’hui")


def test_odd_names_are_only_names(visit: Callable[..., Visitor]) -> None:
    visitor = visit(name="odd")
    visitor.sign_in()
    page = visitor.open("/calendar")
    expect(page.locator("[aria-current=date]")).to_contain_text(NAUGHTY)
    assert page.title().startswith("Mon calendrier")
    assert page.locator("img").count() == 0


def test_a_month_without_anything_says_so_and_leads_to_the_next(nora: Visitor) -> None:
    page = nora.open("/calendar?month=2019-02")
    expect(page.get_by_text("Rien de prévu ce mois-ci")).to_be_visible()
    swimming = clock.today() - timedelta(days=30)
    page.get_by_role("button", name="Prochaine date").click()
    shown(page, swimming.replace(day=1))
    expect(page.get_by_text("Rien de prévu ce mois-ci")).to_have_count(0)


@both_sizes
def test_a_full_day_stays_readable(nora: Visitor, size: str) -> None:
    day = clock.today() + MUSEUM

    async def four_more() -> None:
        for number in range(4):
            workshop = await invite(nora.guardian_id(), f"Atelier {number} de {nora.identifier}", 100, day)
            await Activity.filter(id=workshop.id).update(due_on=day - MUSEUM)

    nora.portal.elsewhere(four_more)
    page = nora.open(at(day))
    links = cell(page, day).get_by_role("link")
    if size == "phone":
        expect(links).to_have_count(6)
        return
    expect(links).to_have_count(3)
    more = page.get_by_role("button", name="+ 3 autres le")
    more.focus()
    page.keyboard.press("Enter")
    expect(links).to_have_count(6)


def test_what_is_paid_in_another_tab_is_paid_here(nora: Visitor) -> None:
    day = clock.today() + MUSEUM
    calendar, invitations = nora.open(at(day)), nora.open()
    museum = cell(calendar, day).get_by_role("link")
    expect(museum.first).to_contain_text("À payer")
    calendar.get_by_role("button", name="Mois suivant").focus()
    invitations.get_by_role("button", name="Payer Musée du jouet").click()
    invitations.get_by_role("dialog").get_by_role("button", name=euros("Payer 5,00 €")).click()
    for link in museum.all():
        expect(link).to_contain_text("Payé")
    expect(calendar.get_by_test_id("balance")).to_have_text(euros("37,00 €"))
    expect(calendar.get_by_role("button", name="Mois suivant")).to_be_focused()


def test_an_entry_leads_to_its_tab(nora: Visitor) -> None:
    day = clock.today() - timedelta(days=30)
    page = nora.open(at(day))
    cell(page, day).get_by_role("link").first.click()
    expect(page.get_by_role("button", name="Payées 1")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("Piscine", exact=True)).to_be_visible()


def test_subscribing_copying_and_revoking(nora: Visitor) -> None:
    nora.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = nora.open("/calendar")
    page.get_by_role("button", name="S’abonner (iCal)").click()
    dialog = page.get_by_role("dialog", name="S’abonner au calendrier")
    address = dialog.get_by_label("Adresse du calendrier").input_value()
    assert address.startswith(f"{nora.portal.url}/calendar/")
    dialog.get_by_role("button", name="Copier l’adresse").click()
    expect(dialog.get_by_role("button", name="Copiée")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == address
    opener = dialog.get_by_role("link", name="Ouvrir dans mon agenda")
    expect(opener).to_have_attribute("href", address.replace("http://", "webcal://"))
    events = read(httpx.get(address).content).each("VEVENT")
    assert "Musée du jouet – Camille" in [text_of(event.value("SUMMARY")) for event in events]

    dialog.get_by_role("button", name="Révoquer et créer une nouvelle adresse").click()
    sure = page.get_by_role("dialog", name="Révoquer cette adresse")
    sure.get_by_role("button", name="Annuler").click()
    again = page.get_by_role("dialog", name="S’abonner au calendrier")
    assert again.get_by_label("Adresse du calendrier").input_value() == address
    assert httpx.get(address).status_code == 200

    again.get_by_role("button", name="Révoquer et créer une nouvelle adresse").click()
    sure.get_by_role("button", name="Révoquer et créer une nouvelle adresse").click()
    expect(page.get_by_text("L’ancienne adresse ne fonctionne plus.")).to_be_visible()
    new = again.get_by_label("Adresse du calendrier").input_value()
    assert new != address
    assert httpx.get(address).status_code == 404
    assert httpx.get(new).status_code == 200
    again.get_by_role("button", name="Fermer").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


@both_sizes
@pytest.mark.parametrize("look", ["light", "dark"])
def test_axe_finds_nothing(visit: Callable[..., Visitor], size: str, look: str) -> None:
    visitor = visit(size, color_scheme=look, reduced_motion="reduce")
    visitor.sign_in()
    for back in (-12, 3, 30):
        page = visitor.open(at(clock.today() - timedelta(days=back)))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert axe_faults(page) == []
    page = visitor.open("/calendar?month=2019-02")
    assert axe_faults(page) == []
    page.get_by_role("button", name="S’abonner (iCal)").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert axe_faults(page, "[role=dialog]") == []
    page.get_by_role("button", name="Révoquer et créer").click()
    expect(page.get_by_role("dialog", name="Révoquer cette adresse")).to_be_visible()
    assert axe_faults(page, "[role=dialog]") == []
