"""Mon profil: each card as a parent meets it, at a desk and on a phone."""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from collections.abc import Callable

import pyotp
import pytest
from playwright.sync_api import Locator, Page, expect

from creos_ui import clock
from models import SWITCHES, Account, Session
from tests.e2e.conftest import Visitor, axe_faults, both_sizes, euros
from tests.e2e.test_sign_in import type_in
from tests.portal import PASSWORD

NEW_PASSWORD = "Trois cerises volent bas"


def card(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title)


def open_menu(page: Page, size: str) -> None:
    name = "Menu" if size == "phone" else "Menu de"
    page.get_by_role("button", name=name).last.click()


def sign_out(page: Page, size: str = "desktop") -> None:
    open_menu(page, size)
    page.get_by_role("menuitem", name="Déconnexion").click()
    expect(page.get_by_role("heading", name="Connexion")).to_be_visible()


@both_sizes
def test_the_profile_shows_who_is_who(nora: Visitor, size: str) -> None:
    page = nora.open()
    open_menu(page, size)
    page.get_by_role("menuitem", name="Mon profil").click()
    expect(page).to_have_url(f"{nora.portal.url}/profile")
    contact = card(page, "Mes coordonnées")
    expect(contact).to_contain_text("Dubois Jacqueline")
    expect(contact).to_contain_text(nora.identifier)
    expect(contact).to_contain_text("Aucune adresse enregistrée")
    children = card(page, "Mes enfants")
    expect(children).to_contain_text("Muller Camille")
    expect(children).to_contain_text("Muller Nolan")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_language_applies_at_once_and_stays(nora: Visitor) -> None:
    page = nora.open("/profile")
    expect(page.get_by_role("button", name="Français")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Nederlands").click()
    expect(page.get_by_role("heading", name="Mijn gegevens", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "nl"
    sql = "SELECT language FROM account WHERE identifier = ?"
    assert nora.portal.query(sql, nora.identifier) == [("nl",)]


def test_each_message_has_a_switch_that_stays(nora: Visitor) -> None:
    page = nora.open("/profile")
    notices = card(page, "Messages par e-mail")
    expect(notices).to_contain_text("Les messages de sécurité")
    expect(notices.get_by_role("switch")).to_have_count(len(SWITCHES))
    receipt = notices.get_by_role("switch", name="Reçu après chaque paiement")
    expect(receipt).to_have_attribute("aria-checked", "true")
    receipt.click()
    expect(page.get_by_text("Reçu après chaque paiement » est désactivé")).to_be_visible()
    reminder = notices.get_by_role("switch", name="Rappel avant l’échéance")
    reminder.focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("Rappel avant l’échéance » est désactivé")).to_be_visible()
    again = card(nora.open("/profile"), "Messages par e-mail")
    expect(again.get_by_role("switch", name="Reçu après chaque paiement")).to_have_attribute("aria-checked", "false")
    expect(again.get_by_role("switch", name="Rappel avant l’échéance")).to_have_attribute("aria-checked", "false")
    expect(again.get_by_role("switch", name="Nouvelle invitation")).to_have_attribute("aria-checked", "true")
    sql = "SELECT mail_invitation, mail_reminder, mail_receipt, mail_low_credit FROM account WHERE identifier = ?"
    assert nora.portal.query(sql, nora.identifier) == [(1, 0, 0, 1)]


def test_automatic_payment_asks_first_then_pays_what_waits(nora: Visitor) -> None:
    page = nora.open("/profile")
    switch = card(page, "Paiement automatique").get_by_role("switch", name="Activités obligatoires")
    switch.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("sans autre clic")
    dialog.get_by_role("button", name="Annuler").click()
    expect(switch).to_have_attribute("aria-checked", "false")
    assert nora.balance_cents() == 4_200

    switch.click()
    page.get_by_role("dialog").get_by_role("button", name="Activer").click()
    expect(page.get_by_text("1 invitation vient d’être payée")).to_be_visible()
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(page.get_by_test_id("balance")).to_have_text(euros("37,00 €"))
    assert nora.answers("Musée du jouet") == ["paid"]
    assert nora.answers("Patinoire") == ["open"], "optional: never by itself"

    switch.click()
    expect(page.get_by_text("Le paiement automatique est désactivé.")).to_be_visible()
    sql = "SELECT pays_mandatory FROM guardian WHERE id = ?"
    assert nora.portal.query(sql, nora.guardian_id()) == [(0,)]


def test_a_new_password(nora: Visitor, visit: Callable[..., Visitor]) -> None:
    elsewhere = visit(name=nora.identifier)
    elsewhere.sign_in()
    other = elsewhere.open()
    page = nora.open("/profile")
    page.get_by_role("link", name="Changer le mot de passe").click()
    page.get_by_label("Mot de passe actuel").fill("pas celui-là du tout")
    page.get_by_label("Nouveau mot de passe").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Changer le mot de passe").click()
    expect(page.get_by_role("alert")).to_contain_text("pas votre mot de passe actuel")
    assert page.get_by_label("Nouveau mot de passe").input_value() == ""
    page.get_by_label("Mot de passe actuel").fill(PASSWORD)
    page.get_by_label("Nouveau mot de passe").fill("court")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("de 12 à 256 caractères")
    expect(other.get_by_text("Musée du jouet").first).to_be_visible()

    page.get_by_label("Mot de passe actuel").fill(PASSWORD)
    field = page.get_by_label("Nouveau mot de passe")
    field.press_sequentially("motdepasse12")
    expect(page.locator("#strength")).to_have_class(re.compile("weak"))  # while typing, with its reason
    field.fill(NEW_PASSWORD)
    expect(page.locator("#strength")).to_have_class(re.compile("strong"))
    page.get_by_role("button", name="Afficher").last.click()
    expect(field).to_have_attribute("type", "text")
    page.get_by_role("button", name="Changer le mot de passe").click()
    expect(page.get_by_text("Votre mot de passe est changé")).to_be_visible()
    expect(other).to_have_url(f"{nora.portal.url}/login", timeout=2_000)

    sign_out(page)
    type_in(page, nora.identifier, PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text("Identifiant ou mot de passe incorrect.")
    type_in(page, nora.identifier, NEW_PASSWORD)
    expect(page.get_by_role("heading", name="Mes invitations")).to_be_attached()


def test_a_new_address_waits_for_its_confirmation(nora: Visitor) -> None:
    old_at = "old@tilleul.example"
    nora.portal.elsewhere(lambda: Account.filter(identifier=nora.identifier).update(email=old_at))
    page = nora.open("/profile")
    page.get_by_role("link", name="Modifier l’adresse e-mail").click()
    page.get_by_label("Nouvelle adresse e-mail").fill("new@tilleul.example")
    page.get_by_label("Mot de passe actuel").fill("pas celui-là du tout")
    page.get_by_role("button", name="Envoyer le lien").click()
    expect(page.get_by_role("alert")).to_contain_text("pas votre mot de passe actuel")
    expect(page.get_by_label("Nouvelle adresse e-mail")).to_have_value("new@tilleul.example")  # nothing typed is lost
    assert "tilleul" not in page.url
    page.get_by_label("Mot de passe actuel").fill(PASSWORD)
    page.get_by_role("button", name="Envoyer le lien").click()
    expect(page.get_by_text("Un lien de confirmation part")).to_be_visible()
    expect(card(page, "Mes coordonnées")).to_contain_text(old_at)
    sql = """SELECT kind, address FROM mail_message JOIN account a ON a.id = account_id
        WHERE a.identifier = ? AND kind LIKE 'email_%' ORDER BY kind"""
    assert nora.portal.query(sql, nora.identifier) == [
        ("email_changed", old_at),
        ("email_link", "new@tilleul.example"),
    ]


def test_another_device_is_signed_out_and_its_page_cut(nora: Visitor, visit: Callable[..., Visitor]) -> None:
    there = []
    for agent in (
        "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/133.0",
        "Mozilla/5.0 (X11; Linux) Firefox/133.0",
    ):
        elsewhere = visit(name=nora.identifier, user_agent=agent)
        page = elsewhere.open("/login")
        type_in(page, nora.identifier, PASSWORD)
        expect(page.get_by_role("heading", name="Mes invitations")).to_be_attached()
        page.wait_for_function("window.did_handshake === true")
        there.append(page)
    firefox, linux = there

    page = nora.open("/profile")
    sessions = card(page, "Connexions ouvertes")
    expect(sessions).to_contain_text("Cet appareil · maintenant")
    expect(sessions).to_contain_text("Dernière utilisation : aujourd’hui à")
    sessions.get_by_role("button", name="Déconnecter Firefox sous Windows").click()
    expect(firefox).to_have_url(f"{nora.portal.url}/login", timeout=2_000)
    expect(page.get_by_text("Firefox sous Windows est déconnecté.")).to_be_visible()
    expect(sessions).not_to_contain_text("Firefox sous Windows")
    expect(linux.get_by_role("heading", name="Mes invitations")).to_be_attached()

    sessions.get_by_role("button", name="Déconnecter partout ailleurs").click()
    expect(linux).to_have_url(f"{nora.portal.url}/login", timeout=2_000)
    expect(sessions.get_by_role("button")).to_have_count(0)
    expect(page.locator("#sessions")).to_be_focused()  # the button that was clicked is gone
    expect(page.get_by_text("plus connecté que sur cet appareil")).to_be_visible()
    linux.goto(f"{nora.portal.url}/profile")
    expect(linux.get_by_role("heading", name="Connexion")).to_be_visible()


def test_a_session_that_has_ended_meanwhile_is_told(nora: Visitor) -> None:
    nora.portal.sign_in(nora.identifier)
    page = nora.open("/profile")
    end = page.get_by_role("button", name="Déconnecter un navigateur")
    expect(end).to_be_visible()
    theirs = {"account__identifier": nora.identifier, "device__startswith": "python-httpx"}

    async def end_the_newest() -> None:
        newest = await Session.filter(**theirs).order_by("-id").first()
        assert newest
        await Session.filter(id=newest.id).update(revoked_at=clock.now())

    nora.portal.elsewhere(end_the_newest)
    end.click()
    expect(page.get_by_text("Cette connexion était déjà terminée.")).to_be_visible()
    expect(end).to_have_count(0)


def test_the_second_factor_from_set_up_to_recovery(nora: Visitor) -> None:
    page = nora.open("/profile")
    page.get_by_role("link", name="Activer le deuxième facteur").click()
    key = page.locator("#secret").inner_text().replace(" ", "")
    totp = pyotp.TOTP(key)
    page.get_by_label("Code à 6 chiffres").fill("000000")
    page.get_by_label("Mot de passe actuel").fill(PASSWORD)
    page.get_by_role("button", name="Activer le deuxième facteur").click()
    expect(page.get_by_role("alert")).to_contain_text("Ce code n’est pas valable")
    expect(page.locator("#secret")).to_have_text(" ".join(key[i : i + 4] for i in range(0, 32, 4)))  # scanned once
    page.get_by_label("Code à 6 chiffres").fill(totp.now())
    page.get_by_label("Mot de passe actuel").fill("pas celui-là du tout")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("pas votre mot de passe actuel")
    used = totp.now()
    page.get_by_label("Code à 6 chiffres").fill(used)
    page.get_by_label("Mot de passe actuel").fill(PASSWORD)
    page.get_by_role("button", name="Activer le deuxième facteur").click()
    codes = page.locator("#codes li")
    expect(codes).to_have_count(10)
    recovery = codes.nth(4).inner_text()
    shown_at = page.url
    page.wait_for_function("window.did_handshake === true")
    page.get_by_role("button", name="J’ai noté mes codes").click()
    expect(card(page, "Sécurité")).to_contain_text("10 codes de récupération restants")
    page.goto(shown_at)
    expect(page.get_by_text("Ces codes ne sont plus affichés.")).to_be_visible()
    expect(page.get_by_text(recovery)).to_have_count(0)

    page.goto(f"{nora.portal.url}/profile")
    page.wait_for_function("window.did_handshake === true")
    sign_out(page)
    page.goto(f"{nora.portal.url}/login?next=/profile")
    type_in(page, nora.identifier, PASSWORD)
    expect(page.get_by_role("heading", name="Encore un code")).to_be_visible()
    assert not [cookie for cookie in nora.context.cookies() if cookie.get("name") == "sid"]
    field = page.get_by_label("Code", exact=True)
    field.fill(used)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("ou il a déjà servi")
    next_code = totp.at(int(time.time()), counter_offset=1)
    field.fill(next_code)
    page.get_by_role("button", name="Continuer").click()
    expect(page).to_have_url(f"{nora.portal.url}/profile")

    page.wait_for_function("window.did_handshake === true")
    sign_out(page)
    for _ in range(2):
        type_in(page, nora.identifier, PASSWORD)
        field = page.get_by_label("Code", exact=True)
        field.fill(next_code)
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("ou il a déjà servi")
        field.fill(recovery.upper())
        page.keyboard.press("Enter")
        if _ == 0:
            expect(page.get_by_role("heading", name="Mes invitations")).to_be_attached()
            page.wait_for_function("window.did_handshake === true")
            sign_out(page)
    expect(page.get_by_role("alert")).to_contain_text("ou il a déjà servi")


def test_the_second_factor_is_switched_off_with_password_and_code(nora: Visitor) -> None:
    page, codes = switched_on(nora)
    page.goto(f"{nora.portal.url}/profile/second-factor")
    page.get_by_label("Mot de passe actuel").fill("pas celui-là du tout")
    page.get_by_label("Code", exact=True).fill(codes[0])
    page.get_by_role("button", name="Désactiver").click()
    expect(page.get_by_role("alert")).to_contain_text("pas votre mot de passe actuel")
    page.get_by_label("Mot de passe actuel").fill(PASSWORD)
    page.get_by_label("Code", exact=True).fill(codes[0])
    page.get_by_role("button", name="Nouveaux codes de récupération").click()
    expect(page.locator("#codes li")).to_have_count(10)
    fresh = page.locator("#codes li").first.inner_text()
    page.goto(f"{nora.portal.url}/profile/second-factor")
    for code, said in ((codes[1], "n’est pas valable"), (fresh, "")):
        page.get_by_label("Mot de passe actuel").fill(PASSWORD)
        page.get_by_label("Code", exact=True).fill(code)
        page.get_by_role("button", name="Désactiver").click()
        if said:
            expect(page.get_by_role("alert")).to_contain_text(said)
    expect(page.get_by_text("Le deuxième facteur est désactivé")).to_be_visible()
    page.wait_for_function("window.did_handshake === true")
    sign_out(page)
    type_in(page, nora.identifier, PASSWORD)
    expect(page.get_by_role("heading", name="Mes invitations")).to_be_attached()


def switched_on(visitor: Visitor) -> tuple[Page, list[str]]:
    """The page of the recovery codes, and the codes."""
    page = visitor.open("/profile/second-factor")
    page.get_by_label("Code à 6 chiffres").fill(pyotp.TOTP(page.locator("#secret").inner_text().replace(" ", "")).now())
    page.get_by_label("Mot de passe actuel").fill(PASSWORD)
    page.get_by_role("button", name="Activer le deuxième facteur").click()
    codes = page.locator("#codes li")
    expect(codes).to_have_count(10)
    return page, codes.all_inner_texts()


def test_all_my_data_in_one_file(nora: Visitor) -> None:
    page = nora.open("/profile")
    with page.expect_download() as coming:
        page.get_by_role("link", name="Télécharger toutes mes données").click()
    assert coming.value.suggested_filename.startswith("creos-")
    with zipfile.ZipFile(io.BytesIO(coming.value.path().read_bytes())) as file:
        data = json.loads(file.read("creos.json"))
    assert data["account"]["identifier"] == nora.identifier
    assert len(data["invitations"]) == 7
    assert data["guardian"]["balance_cents"] == 4_200


# forged by hand


def test_forged_switches_change_nothing(nora: Visitor) -> None:
    page = nora.open("/profile")
    sql = "SELECT mail_invitation, mail_reminder, mail_receipt, mail_low_credit FROM account WHERE identifier = ?"
    expect(page.get_by_role("switch")).to_have_count(len(SWITCHES) + 1)  # and automatic payment
    for value in ("abc", 1, [1], {"on": True}, 1e99, "x" * 10_000, True):
        page.evaluate(
            """(value) => Object.entries(mounted_app.elements).filter(([, e]) => e.tag.includes("toggle") ||
                e.component?.includes?.("toggle")).forEach(([id, e]) => e.events.forEach((listener) =>
                window.socket.emit("event", { id: Number(id), client_id: window.clientId,
                    listener_id: listener.listener_id, args: [JSON.stringify(value)] })))""",
            value,
        )
    # the last one is a yes: it switches on what is on already, and asks before it switches payment on
    expect(page.get_by_role("dialog")).to_be_visible()
    assert nora.portal.query(sql, nora.identifier) == [(1, 1, 1, 1)]
    assert nora.portal.query("SELECT pays_mandatory FROM guardian WHERE id = ?", nora.guardian_id()) == [(0,)]
    assert nora.balance_cents() == 4_200


@both_sizes
@pytest.mark.parametrize("look", ["light", "dark"])
def test_axe_finds_nothing(visit: Callable[..., Visitor], size: str, look: str) -> None:
    visitor = visit(size, color_scheme=look, reduced_motion="reduce")
    visitor.sign_in()
    visitor.portal.sign_in(visitor.identifier)
    page = visitor.open("/profile")
    expect(page.get_by_role("button", name="Déconnecter partout ailleurs")).to_be_visible()
    assert axe_faults(page) == []
    page.get_by_role("switch", name="Activités obligatoires").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert axe_faults(page, "[role=dialog]") == []
    for path in ("/profile/password", "/profile/email", "/profile/second-factor"):
        form = visitor.open(path)
        form.get_by_label("Mot de passe actuel").fill("pas celui-là du tout")
        for field in form.locator("input.field:not([type=password])").all():
            field.fill("123456" if path.endswith("factor") else "new@tilleul.example")
        for field in form.locator("input[name=new]").all():
            field.fill(NEW_PASSWORD)
        form.keyboard.press("Enter")
        expect(form.get_by_role("alert")).to_be_visible()
        assert axe_faults(form) == [], path
    codes, recovery = switched_on(visitor)
    assert axe_faults(codes) == []
    assert axe_faults(visitor.open("/profile/second-factor")) == []
    codes.wait_for_function("window.did_handshake === true")
    sign_out(codes, size)
    type_in(codes, visitor.identifier, PASSWORD)
    codes.get_by_label("Code", exact=True).fill("abcde-fgh23")
    codes.keyboard.press("Enter")
    expect(codes.get_by_role("alert")).to_be_visible()
    assert axe_faults(codes) == []
    assert recovery
