"""The line drops between click and answer, or the server restarts: afterwards the page tells the truth (R55, R56)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visitor, euros
from tests.e2e.proxy import Wire
from tests.portal import NORA, Portal, free_port, start_portal


@pytest.fixture
def wired(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Portal, Wire]]:
    """A portal of its own whose browsers come through a wire that can be cut."""
    port = free_port()
    wire = Wire(port)
    address = f"http://127.0.0.1:{wire.port}"
    portal = start_portal(tmp_path_factory.mktemp("wired"), CREOS_PORT=str(port), CREOS_PUBLIC_URL=address)
    portal.url = address
    yield portal, wire
    wire.close()
    portal.stop()


def test_clicks_made_offline_and_replayed_pay_once(wired: tuple[Portal, Wire], visit: Callable[..., Visitor]) -> None:
    portal, wire = wired
    visitor = visit("phone", name=NORA)
    visitor.portal = portal
    visitor.sign_in()
    page = visitor.open()
    page.get_by_role("button", name="Payer Musée du jouet").click()
    yes = page.get_by_role("dialog").get_by_role("button", name=euros("Payer 12,50 €"))
    expect(yes).to_be_visible()

    wire.cut()
    page.wait_for_function("window.socket.connected === false")
    for _ in range(5):  # a parent in a tunnel, impatient; the button's own brake taken off
        yes.evaluate("(button) => { delete button.dataset.busy; button.classList.remove('busy'); }")
        yes.dispatch_event("click")
    assert visitor.balance_cents() == 2_000
    wire.mend()

    expect(page.get_by_test_id("balance")).to_have_text(euros("7,50 €"), timeout=20_000)
    expect(page.get_by_text("Payé : Musée du jouet 1.")).to_be_visible()
    assert visitor.balance_cents() == 750
    visitor.faults.clear()  # the browser complained of the cut line, rightly


def test_after_a_restart_the_open_page_comes_back_by_itself(
    tmp_path_factory: pytest.TempPathFactory, visit: Callable[..., Visitor]
) -> None:
    folder = tmp_path_factory.mktemp("restarted")
    port = str(free_port())
    address = f"http://127.0.0.1:{port}"
    settings = {"CREOS_PORT": port, "CREOS_PUBLIC_URL": address}
    portal = start_portal(folder, **settings)
    portal.url = address
    visitor = visit(name=NORA)
    visitor.portal = portal
    visitor.sign_in()
    page = visitor.open()
    page.evaluate("window.before = true")
    assert portal.stop() == 0
    portal = start_portal(folder, **settings)
    try:
        page.wait_for_function("window.before === undefined && window.did_handshake === true", timeout=20_000)
        expect(page.get_by_role("button", name="Payer Musée du jouet")).to_be_visible()
    finally:
        visitor.context.close()  # before the portal: of this second going it may not complain
        visitor.faults.clear()  # of the first one it did, rightly
        portal.stop()
