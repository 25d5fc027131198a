"""Forgotten password, followed through a real SMTP server to a sign-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from creos_ui.database.transactions import atomic
from creos_ui.services import outbox
from models import Account, MailKind
from tests.e2e.conftest import Visitor, axe_faults
from tests.portal import NORA, Portal, running_portal
from tests.smtp import Sink, link_in, running_sink

NORA_AT = "nora.peeters@example.org"
NEW = "Trois chats dorment"


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with running_sink() as sink:
        yield sink


@pytest.fixture(scope="module")
def portal(sink: Sink, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal of its own, which sends."""
    with running_portal(tmp_path_factory.mktemp("portal"), **sink.settings()) as portal:
        portal.elsewhere(lambda: Account.filter(identifier=NORA).update(email=NORA_AT))
        yield portal


@pytest.fixture
def nora(visit: Callable[..., Visitor], portal: Portal, sink: Sink) -> Visitor:
    """She comes without a session; the post is empty."""
    for table in ("reset_request", "one_time_link", "mail_message"):
        portal.query(f"DELETE FROM {table}")
    sink.taken.clear()
    return visit(name=NORA)


def test_a_forgotten_password_ends_in_a_sign_in_with_the_new_one(nora: Visitor, sink: Sink) -> None:
    page = nora.open("/login")
    page.get_by_role("link", name="Mot de passe oublié").click()
    page.get_by_label("Identifiant ou adresse e-mail").fill(NORA)
    page.get_by_role("button", name="Recevoir le lien").click()
    expect(page.get_by_role("status").filter(has_text="un lien est en route")).to_be_visible()

    page = nora.open(urlsplit(link_in(sink.wait_for(NORA_AT)[0])).path)
    assert axe_faults(page) == []
    new, hint = page.get_by_label("Nouveau mot de passe"), page.locator("#strength")
    new.press_sequentially("court")
    expect(hint).to_contain_text("12 ")
    for weak, reason in (
        ("motdepasse2024", "trop facile à deviner"),
        ("abcabcabcabcabc", "répétitions"),
        ("Lou et Tim Peeters", "surtout des noms"),
    ):
        new.fill(weak)
        expect(hint).to_contain_text(reason)
    page.get_by_label("Encore une fois").fill("Lou et Tim Peeters")
    page.get_by_role("button", name="Définir ce mot de passe").click()
    expect(page.get_by_role("alert")).to_contain_text("surtout des noms")
    page.wait_for_function("window.did_handshake === true")
    page.get_by_label("Nouveau mot de passe").fill(NEW)
    expect(page.locator("#strength")).to_contain_text("convient")
    page.get_by_label("Encore une fois").fill(NEW)
    page.get_by_role("button", name="Définir ce mot de passe").click()

    expect(page.get_by_role("status").filter(has_text="Votre mot de passe est défini")).to_be_visible()
    page.get_by_label("Identifiant", exact=True).fill(NORA)
    page.get_by_label("Mot de passe", exact=True).fill(NEW)
    page.get_by_role("button", name="Connexion").click()
    page.wait_for_url("**/invitations")
    assert sink.wait_for(NORA_AT, 2)[-1]["Subject"] == "Votre mot de passe a changé"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_before_sign_in_are_accessible(
    visit: Callable[..., Visitor], portal: Portal, sink: Sink, scheme: str
) -> None:
    portal.query("DELETE FROM reset_request")
    sink.taken.clear()
    visitor = visit("phone", name=NORA, color_scheme=scheme)
    portal.client().post("/reset", data={"identifier": NORA})
    link = urlsplit(link_in(sink.wait_for(NORA_AT)[0])).path
    for path in ("/reset", "/reset?sent=1", link, "/reset/nonsense", "/confirm-email", "/login?done=password"):
        assert axe_faults(visitor.open(path)) == [], path


def test_a_new_address_is_confirmed_from_its_own_message(
    visit: Callable[..., Visitor], portal: Portal, sink: Sink
) -> None:
    """As the profile asks for it: its page is in test_profile.py."""
    visitor = visit(name=NORA)
    ((account_id,),) = portal.query("SELECT id FROM account WHERE identifier = ?", NORA)
    new_at = "new@example.org"
    portal.elsewhere(lambda: put_link(account_id, new_at))
    page = visitor.open(urlsplit(link_in(sink.wait_for(new_at)[0])).path)
    assert axe_faults(page) == []
    assert portal.query("SELECT email FROM account WHERE id = ?", account_id) != [(new_at,)]
    page.get_by_role("button", name="Confirmer cette adresse").click()
    expect(page.get_by_role("status").filter(has_text="est confirmée")).to_be_visible()
    assert portal.query("SELECT email FROM account WHERE id = ?", account_id) == [(new_at,)]
    portal.elsewhere(lambda: Account.filter(id=account_id).update(email=NORA_AT))


async def put_link(account_id: int, new_address: str) -> None:
    facts = {"address": new_address}
    await atomic(lambda work: outbox.put(work, account_id, MailKind.EMAIL_LINK, facts, address=new_address))
