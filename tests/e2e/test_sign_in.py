"""Signing in and out, in the browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visitor, both_sizes
from tests.portal import PASSWORD


def type_in(page: Page, identifier: str, password: str) -> None:
    page.get_by_label("Identifiant").fill(identifier)
    page.get_by_label("Mot de passe").fill(password)
    page.get_by_role("button", name="Connexion").click()


@both_sizes
def test_a_parent_signs_in_and_sees_the_invitations(visit: Callable[..., Visitor], size: str) -> None:
    visitor = visit(size)
    page = visitor.open("/invitations")
    expect(page).to_have_url(f"{visitor.portal.url}/login?next=/invitations")
    expect(page.get_by_text("Nouvelle méthode de connexion")).to_be_visible()
    expect(page.get_by_text("Veuillez utiliser votre identifiant et non votre email")).to_be_visible()

    type_in(page, visitor.identifier, PASSWORD)

    expect(page).to_have_url(f"{visitor.portal.url}/invitations")
    expect(page.get_by_text("Musée du jouet")).to_be_visible()
    expect(page.get_by_text("42,00 €").first).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "fr"
    assert page.evaluate("document.cookie") == ""  # no script can read the session


@pytest.mark.parametrize(
    ("identifier", "password", "sentence"),
    [
        ("personne", PASSWORD, "Identifiant ou mot de passe incorrect."),
        ("odd", "faux mot de passe", "Identifiant ou mot de passe incorrect."),
        ("jacqueline@example.be", PASSWORD, "Vous avez saisi un e-mail."),
    ],
)
def test_a_refusal_says_what_to_do(
    visit: Callable[..., Visitor], identifier: str, password: str, sentence: str
) -> None:
    page = visit().open("/login")
    type_in(page, identifier, password)
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    assert identifier not in page.url
    expect(page.get_by_label("Identifiant")).to_have_value(identifier)  # nothing typed is lost


def test_password_managers_and_the_enter_key_work(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.open("/login")
    assert page.get_by_label("Identifiant").get_attribute("autocomplete") == "username"
    field = page.get_by_label("Mot de passe")
    assert (field.get_attribute("autocomplete"), field.get_attribute("type")) == ("current-password", "password")

    field.fill(PASSWORD)
    page.get_by_role("button", name="Afficher").click()
    expect(field).to_have_attribute("type", "text")
    expect(field).to_have_value(PASSWORD)
    page.get_by_role("button", name="Masquer").click()
    expect(field).to_have_attribute("type", "password")

    page.get_by_label("Identifiant").fill(f"  {visitor.identifier.upper()} ")
    field.press("Enter")
    expect(page.get_by_role("heading", name="Mes invitations")).to_be_attached()


def test_next_cannot_leave_the_site(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.open("/login?next=//evil.example/x")
    type_in(page, visitor.identifier, PASSWORD)
    expect(page).to_have_url(f"{visitor.portal.url}/invitations")


@both_sizes
def test_signing_out_in_one_tab_sends_the_other_to_sign_in(nora: Visitor, size: str) -> None:
    one, two = nora.open(), nora.open()
    two.get_by_role("button", name="Payer Musée").click()
    expect(two.get_by_role("dialog")).to_be_visible()

    one.get_by_role("button", name="Menu").last.click() if size == "phone" else one.get_by_role(
        "button", name="Menu de Dubois Jacqueline"
    ).click()
    one.get_by_role("menuitem", name="Déconnexion").click()

    expect(two).to_have_url(f"{nora.portal.url}/login", timeout=2_000)
    expect(one).to_have_url(f"{nora.portal.url}/login")
    one.go_back()
    expect(one.get_by_text("Musée du jouet")).to_have_count(0)
    one.goto(f"{nora.portal.url}/invitations")
    expect(one.get_by_role("heading", name="Connexion")).to_be_visible()
    assert nora.balance_cents() == 4_200


def test_the_language_can_be_chosen_before_and_after(visit: Callable[..., Visitor]) -> None:
    visitor = visit(locale="en-GB")
    page = visitor.open("/login")
    expect(page.get_by_role("heading", name="Connexion")).to_be_visible()  # French first, whatever the browser
    page.get_by_role("button", name="Langue").click()
    page.get_by_role("menuitem", name="English").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_role("button", name="Language").click()
    page.get_by_role("menuitem", name="Français").click()
    expect(page.get_by_role("heading", name="Connexion")).to_be_visible()

    type_in(page, visitor.identifier, PASSWORD)
    page.get_by_role("button", name="Menu de Dubois Jacqueline").click()
    page.get_by_role("menuitem", name="English").click()
    expect(page.get_by_role("heading", name="My invitations")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "en-GB"
    expect(page.get_by_role("columnheader", name="Due date")).to_be_visible()


def test_a_forgotten_password_has_somebody_to_ask(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/login")
    page.get_by_role("link", name="Mot de passe oublié").click()
    expect(page.get_by_text("secretariat@tilleul.example")).to_be_visible()
    page.get_by_role("link", name="Retour à la connexion").click()
    expect(page.get_by_role("heading", name="Connexion")).to_be_visible()
