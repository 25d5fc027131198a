"""A browser's events forged by hand: whatever they say, nothing changes, and nobody sees a traceback."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visitor, euros

ODD_VALUES: list[Any] = [-1, 0, 2**31, 2**63, 1e99, 1.5, "abc", "1", None, True, [], [1, 2], {"id": 1}, "x" * 100_000]


NO_JSON: list[Any] = ["NaN", "1e999", "{", "", 7, {"a": 1}]  # where the server expects JSON in a string


def emit(page: Page, event: str, argument: Any) -> None:
    """What a click in the grid sends, with any argument: through the page's own socket."""
    emit_raw(page, event, json.dumps(argument))


def emit_raw(page: Page, event: str, argument: Any) -> None:
    page.evaluate(
        """([event, argument]) => {
            const [id, element] = Object.entries(mounted_app.elements).find(([, e]) => e.tag === "q-table");
            const listener = element.events.find((e) => e.type === event);
            window.socket.emit("event", { id: Number(id), client_id: window.clientId,
                listener_id: listener.listener_id, args: [argument] });
        }""",
        [event, argument],
    )


@pytest.mark.parametrize("event", ["pay", "decline", "pick", "order", "why"])
def test_odd_arguments_change_nothing(nora: Visitor, event: str) -> None:
    page = nora.open()
    before = nora.portal.query("SELECT count(*) FROM transfer")
    for value in ODD_VALUES:
        emit(page, event, value)
    for value in NO_JSON:
        emit_raw(page, event, value)
    expect(page.locator("[data-testid^=row-]")).to_have_count(5)
    page.get_by_role("button", name="Payées 1").click()  # the page still answers
    expect(page.locator("[data-testid^=row-]")).to_have_count(1)
    assert nora.portal.query("SELECT count(*) FROM transfer") == before
    assert nora.balance_cents() == 4_200


@pytest.mark.parametrize("path", ["/invitations", "/wallet"])
def test_odd_choices_among_chips_change_nothing(nora: Visitor, path: str) -> None:
    page = nora.open(path)
    for value in ODD_VALUES:
        sent = page.evaluate(
            """(value) => Object.entries(mounted_app.elements).filter(([, e]) => e.tag === "q-btn-toggle")
                .map(([id, e]) => window.socket.emit("event", { id: Number(id), client_id: window.clientId,
                    listener_id: e.events[0].listener_id, args: [value] })).length""",
            json.dumps(value),
        )
        assert sent
    if path == "/wallet":
        chip = page.get_by_role("button", name=euros("50 €"), exact=True)
    else:
        chip = page.get_by_role("button", name="Payées 1")
    chip.click()  # the page still answers
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".q-notification")).to_have_count(0)


def test_another_family_s_invitation_cannot_be_paid_declined_or_seen(nora: Visitor) -> None:
    sql = "SELECT i.id FROM invitation i WHERE i.debtor_id <> ? AND i.status = 'open' ORDER BY i.id DESC LIMIT 1"
    ((theirs,),) = nora.portal.query(sql, nora.guardian_id())
    page = nora.open()
    for event, argument in (("pay", theirs), ("decline", theirs), ("pick", [theirs, True])):
        emit(page, event, argument)
    expect(page.get_by_text("Cette invitation a déjà reçu une réponse.").first).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("region", name="Sélection")).to_be_hidden()
    assert nora.portal.query("SELECT status FROM invitation WHERE id = ?", theirs) == [("open",)]


def test_declining_a_mandatory_one_by_hand_is_refused_by_the_service(nora: Visitor) -> None:
    sql = """SELECT i.id FROM invitation i JOIN activity a ON a.id = i.activity_id
        WHERE i.debtor_id = ? AND a.title = 'Musée du jouet'"""
    ((museum,),) = nora.portal.query(sql, nora.guardian_id())
    page = nora.open()
    emit(page, "decline", museum)
    page.get_by_role("dialog").get_by_role("button", name="Décliner").click()
    expect(page.locator(".q-notification")).to_contain_text("elle ne peut pas être déclinée")
    assert nora.answers("Musée du jouet") == ["open"]


def test_the_button_of_a_closed_dialog_does_nothing(nora: Visitor) -> None:
    page = nora.open()
    page.get_by_role("button", name="Payer Musée du jouet").click()
    yes = page.get_by_role("dialog").get_by_role("button", name=euros("Payer 5,00 €"))
    expect(yes).to_be_visible()
    forged = page.evaluate(
        """() => Object.entries(mounted_app.elements)
            .filter(([, e]) => e.tag === "q-btn" && (e.class || []).includes("primary") && e.events?.length)
            .map(([id, e]) => ({ id: Number(id), client_id: window.clientId,
                listener_id: e.events.find((x) => x.type === "click").listener_id, args: [] }))"""
    )
    page.get_by_role("button", name="Annuler").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert forged
    for event in forged:
        page.evaluate("(event) => window.socket.emit('event', event)", event)
    page.get_by_role("button", name="Payées 1").click()
    expect(page.locator("[data-testid^=row-]")).to_have_count(1)
    assert nora.balance_cents() == 4_200
