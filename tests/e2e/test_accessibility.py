"""axe-core, WCAG 2.2 A and AA, on every page and in every dialog, light and dark, at a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visitor, axe_faults, both_sizes


@pytest.fixture(params=["light", "dark"])
def look(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@both_sizes
def test_pages_before_signing_in(visit: Callable[..., Visitor], size: str, look: str) -> None:
    visitor = visit(size, color_scheme=look, reduced_motion="reduce")
    page = visitor.open("/login?refusal=sign_in")
    expect(page.get_by_role("alert")).to_be_visible()
    assert axe_faults(page) == []
    page.get_by_role("button", name="Langue").click()
    expect(page.get_by_role("menu")).to_be_visible()
    assert axe_faults(page, "[role=menu]") == []
    assert axe_faults(visitor.open("/reset")) == []


@both_sizes
def test_the_invitations_and_their_dialogs(visit: Callable[..., Visitor], size: str, look: str) -> None:
    visitor = visit(size, color_scheme=look, reduced_motion="reduce")
    visitor.sign_in()
    page = visitor.open()
    assert page.get_by_role("main").count() == 1
    assert axe_faults(page) == []
    for opener in ("Payer Musée", "Payer Classes vertes", "Décliner Activité"):
        page.get_by_role("button", name=opener).first.click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert axe_faults(page, "[role=dialog]") == [], opener
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("checkbox").first.check()
    expect(page.get_by_role("region", name="Sélection")).to_be_visible()
    assert axe_faults(page) == []
    page.get_by_role("button", name="Tout désélectionner").click()
    for tab in ("Payées", "Refusées", "Toutes"):
        page.get_by_role("button", name=tab).click()
        expect(page.get_by_role("button", name=tab)).to_have_attribute("aria-pressed", "true")
        assert axe_faults(page) == [], tab
    page.get_by_label("Rechercher une invitation").fill("zzz")
    expect(page.get_by_text("Aucune invitation ne correspond")).to_be_visible()
    assert axe_faults(page) == []
    page.get_by_role("button", name="Menu").last.click() if size == "phone" else page.get_by_role(
        "button", name="Menu de"
    ).click()
    expect(page.get_by_role("menu")).to_be_visible()
    assert axe_faults(page, "[role=menu]") == []


@both_sizes
def test_error_pages(visit: Callable[..., Visitor], size: str, look: str) -> None:
    visitor = visit(size, color_scheme=look)
    visitor.sign_in()
    page = visitor.context.new_page()
    page.goto(f"{visitor.portal.url}/nothing-here")
    expect(page.get_by_role("heading", name="Page introuvable")).to_be_visible()
    assert axe_faults(page) == []
    visitor.faults.clear()  # the browser tells of the 404 itself
