"""Finding one's way in the invitations: tabs, children, search, order, pages; and names nobody would expect."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from models import Invitation
from tests.e2e.conftest import Visitor, both_sizes, euros
from tests.e2e.families import MANY, NAUGHTY

COLUMNS = [
    "Date de début",
    "Bénéficiaire",
    "Débiteur",
    "Description de l’invitation à payer",
    "Montant",
    "Échéance",
    "Date de paiement",
    "Date de refus",
    "Payé automatiquement",
    "Action(s)",
]


def titles(page: Page) -> list[str]:
    return page.locator("[data-testid^=row-] .what").all_inner_texts()


@pytest.fixture
def odd(visit: Callable[..., Visitor], size: str) -> Visitor:
    visitor = visit(size, "odd")
    visitor.sign_in()
    return visitor


def test_the_columns_are_the_official_portal_s_and_fit_the_screen(visit: Callable[..., Visitor]) -> None:
    visitor = visit("desktop")
    visitor.sign_in()
    page = visitor.open()
    heads = page.get_by_role("columnheader")
    expect(heads).to_have_count(len(COLUMNS) + 1)
    for position, name in enumerate(COLUMNS, start=1):
        expect(heads.nth(position)).to_have_text(name + (" ↑" if name == "Échéance" else ""))
    wide = page.evaluate("document.querySelector('.grid .q-table__middle').scrollWidth - window.innerWidth")
    assert wide <= 0


def test_a_phone_shows_cards_and_nothing_to_scroll_sideways(visit: Callable[..., Visitor]) -> None:
    visitor = visit("phone")
    visitor.sign_in()
    visitor.portal.elsewhere(lambda: Invitation.filter(debtor_id=visitor.guardian_id()).update(automatic=True))
    for tab, cards in (("paid", 1), ("declined", 1), ("all", 7), ("open", 5)):
        page = visitor.open(f"/invitations?tab={tab}")
        expect(page.get_by_role("article")).to_have_count(cards)
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, tab
    for button in page.get_by_role("article").get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44


@both_sizes
def test_tabs_count_and_show_their_own(nora: Visitor) -> None:
    page = nora.open()
    expect(page.get_by_text(euros("5 invitations attendent votre réponse · 147,00 € au total"))).to_be_visible()
    for name, shown in (
        ("Payées 1", ["Piscine"]),
        ("Refusées 1", ["Échecs"]),
        ("Toutes 7", None),
        ("À traiter 5", None),
    ):
        tab = page.get_by_role("button", name=name)
        tab.click()
        expect(tab).to_have_attribute("aria-pressed", "true")
        expect(page.locator("[data-testid^=row-]")).to_have_count(int(name.split()[-1]))
        assert shown is None or titles(page) == shown


def test_one_child_at_a_time(nora: Visitor) -> None:
    page = nora.open()
    page.get_by_role("button", name="Nolan", exact=True).click()
    expect(page.locator("[data-testid^=row-]")).to_have_count(2)
    expect(page.get_by_role("button", name="À traiter 2")).to_be_visible()
    page.get_by_role("button", name="Tous les enfants").click()
    expect(page.locator("[data-testid^=row-]")).to_have_count(5)


def test_search_forgives_accents_and_says_kindly_when_nothing_is_found(nora: Visitor) -> None:
    page = nora.open()
    search = page.get_by_label("Rechercher une invitation")
    search.fill("musee")
    expect(page.locator("[data-testid^=row-]")).to_have_count(1)
    assert titles(page) == ["Musée du jouet"]
    search.fill("handball nolan")
    expect(page.locator("[data-testid^=row-]")).to_have_count(1)
    search.fill("zzz")
    expect(page.get_by_text("Aucune invitation ne correspond à votre recherche.")).to_be_visible()
    search.fill("")
    expect(page.locator("[data-testid^=row-]")).to_have_count(5)


def test_every_column_sorts_from_the_keyboard(visit: Callable[..., Visitor]) -> None:
    visitor = visit("desktop")
    visitor.sign_in()
    page = visitor.open()
    page.get_by_role("button", name="Toutes 7").click()
    expect(page.locator("[data-testid^=row-]")).to_have_count(7)
    for name in COLUMNS[:-1]:
        head = page.get_by_role("columnheader", name=name)
        head.get_by_role("button").focus()
        page.keyboard.press("Enter")
        expect(head).to_have_attribute("aria-sort", "ascending")
        up = titles(page)
        page.keyboard.press("Enter")
        expect(head).to_have_attribute("aria-sort", "descending")
        expect(head.get_by_role("button")).to_be_focused()  # the focus survives the new rows
        assert sorted(titles(page)) == sorted(up)
    page.get_by_role("columnheader", name="Montant").get_by_role("button").click()
    expect(page.locator("[data-testid^=row-] .what").first).to_have_text("Piscine")


@both_sizes
def test_a_long_list_comes_in_pages(odd: Visitor) -> None:
    page = odd.open()
    rows = page.locator("[data-testid^=row-]")
    expect(rows).to_have_count(20)
    expect(page.get_by_text(f"1–20 sur {MANY}")).to_be_visible()
    expect(page.get_by_role("button", name="Page précédente")).to_be_disabled()
    page.get_by_role("button", name="Page suivante").click()
    expect(page.get_by_text(f"21–40 sur {MANY}")).to_be_visible()
    page.get_by_role("button", name="Page suivante").click()
    expect(rows).to_have_count(MANY - 40)
    expect(page.get_by_role("button", name="Page suivante")).to_be_disabled()


@both_sizes
def test_odd_names_are_shown_as_they_are_and_do_nothing(odd: Visitor) -> None:
    page = odd.open()
    first = page.locator("[data-testid^=row-]").first
    expect(first.locator(".what")).to_have_text(NAUGHTY)
    expect(first).to_contain_text("{{ 6*7 }}")
    first.get_by_role("button", name="Payer").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(NAUGHTY)
    dialog.get_by_role("button", name="Annuler").click()
    expect(dialog).to_have_count(0)
    first.get_by_role("button", name="Décliner").click()
    expect(page.get_by_role("dialog")).to_contain_text(NAUGHTY)
    assert page.title() == "Mes invitations – École du Tilleul"
    assert page.locator("img[src=x]").count() == 0


def test_no_request_leaves_the_portal(nora: Visitor) -> None:
    asked: list[str] = []
    nora.context.on("request", lambda request: asked.append(request.url))
    page = nora.open()
    page.get_by_role("button", name="Payer Classes vertes").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert len(asked) > 5
    assert [url for url in asked if not url.startswith((nora.portal.url, "data:"))] == []
    assert page.evaluate("localStorage.length") == 0


@both_sizes
def test_a_document_opens_for_its_family_and_does_not_exist_for_another(
    nora: Visitor, visit: Callable[..., Visitor]
) -> None:
    page = nora.open()
    link = page.get_by_role("link", name="Document de Musée du jouet")
    address = link.get_attribute("href")
    assert address
    answer = nora.context.request.get(nora.portal.url + address)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.body().startswith(b"%PDF-")

    stranger = visit("desktop", "odd")
    stranger.sign_in()
    theirs = stranger.context.request.get(stranger.portal.url + address)
    absent = stranger.context.request.get(f"{stranger.portal.url}/documents/{'e' * 43}")
    assert (theirs.status, absent.status) == (404, 404)
    assert "Page introuvable" in theirs.text()
