"""Chromium in front of one real portal; every story has a family and a browser context of its own."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.chromium import executable
from tests.e2e.families import FAMILIES, identifier
from tests.portal import Portal, start_portal

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SIZES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1366, "height": 768}},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}
WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
# xdist's workers each start a portal of their own, with all the families
_numbers = itertools.count()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    portal = start_portal(tmp_path_factory.mktemp("portal"), seed="tests.e2e.families:seed_families")
    yield portal
    assert portal.stop() == 0, portal.log()


@pytest.fixture
def size() -> str:
    """Stories happen at a desk; those about the layout are for `both_sizes`."""
    return "desktop"


# cards in place of rows, the menu under the thumb, dialogs, pagers, and nothing to scroll sideways
both_sizes = pytest.mark.parametrize("size", SIZES)


class Visitor:
    """One person at one browser; what the browser's console complains of is remembered."""

    def __init__(self, context: BrowserContext, portal: Portal, identifier: str) -> None:
        self.context, self.portal, self.identifier = context, portal, identifier
        self.faults: list[str] = []
        context.on("page", self._listen)

    def _listen(self, page: Page) -> None:
        page.on("console", lambda m: self.faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: self.faults.append(str(e)))

    def sign_in(self) -> None:
        """By HTTP, as the form does it; the stories of test_sign_in.py type it."""
        token = self.portal.sign_in(self.identifier).cookies["sid"]
        self.context.add_cookies([{"name": "sid", "value": token, "url": self.portal.url, "httpOnly": True}])

    def open(self, path: str = "/invitations") -> Page:
        """A new tab, ready to be clicked."""
        page = self.context.new_page()
        page.goto(self.portal.url + path)
        page.wait_for_function("window.did_handshake === true")
        return page

    def guardian_id(self) -> int:
        ((number,),) = self.portal.query("SELECT guardian_id FROM account WHERE identifier = ?", self.identifier)
        return int(number)

    def balance_cents(self) -> int:
        """As the books have it, whatever a page shows."""
        assert self.portal.query("SELECT * FROM ledger_drift") == []
        sql = "SELECT balance_cents FROM ledger_account WHERE guardian_id = ?"
        return int(self.portal.query(sql, self.guardian_id())[0][0])

    def answers(self, title: str) -> list[str]:
        """The states of this family's invitations of that title."""
        sql = """SELECT i.status FROM invitation i JOIN activity a ON a.id = i.activity_id
            WHERE i.debtor_id = ? AND a.title = ? ORDER BY i.id"""
        return [row[0] for row in self.portal.query(sql, self.guardian_id(), title)]


@pytest.fixture
def visit(browser: Browser, portal: Portal) -> Iterator[Callable[..., Visitor]]:
    """visit("phone") is somebody new at a phone; nothing may have been complained of at the end."""
    visitors: list[Visitor] = []

    def arrive(size: str = "desktop", name: str = "", **options: Any) -> Visitor:
        number = next(_numbers)
        assert number < FAMILIES, "seed more families"
        context = browser.new_context(**{"locale": "fr-BE", **SIZES[size], **options})
        context.set_default_timeout(10_000)
        visitors.append(Visitor(context, portal, name or identifier(number)))
        return visitors[-1]

    yield arrive
    for visitor in visitors:
        visitor.context.close()
        assert visitor.faults == []


@pytest.fixture
def nora(visit: Callable[..., Visitor], size: str) -> Visitor:
    """A mother like Jacqueline, signed in."""
    visitor = visit(size)
    visitor.sign_in()
    return visitor


def axe_faults(page: Page, within: str | None = None) -> list[str]:
    """What axe-core finds against WCAG 2.2 A and AA; `within` a dialog, what it covers does not count.

    What still moves or fades is waited for: its colours are nobody's choice.
    """
    page.evaluate(
        """() => Promise.all(document.getAnimations()
            .filter((a) => a.effect.getComputedTiming().endTime !== Infinity)
            .map((a) => a.finished.catch(() => {})))"""
    )
    found = Axe().run(page, context=within, options=WCAG).response["violations"]
    return [f"{fault['id']}: {fault['nodes'][0]['target']} {fault['nodes'][0]['failureSummary']}" for fault in found]


def euros(text: str) -> re.Pattern[str]:
    """« 5,00 € » with whatever space it is written."""
    return re.compile(re.escape(text).replace(r"\ ", r"\s"))
