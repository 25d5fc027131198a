"""In Chromium: the grid with few and many rows, a click to the paid row, and what a visit costs on the wire."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from bench.pages import cpu_seconds
from bench.report import Figure, at_least, at_most, median, p95
from bench.seed import MANY, ROWS, TWENTY, family
from tests.chromium import executable
from tests.e2e.conftest import FLAGS
from tests.portal import PASSWORD, Portal, free_port

LOADS = 7
PAGES = 60
DESK: ViewportSize = {"width": 1366, "height": 768}
CLICKABLE = "window.did_handshake === true && document.querySelectorAll('[data-testid^=row-] .btn.primary').length > 0"
# from the click on yes until the row no longer offers to pay; measured in the browser, where the parent sees it
PAY = """() => new Promise((done, fail) => {
    const button = [...document.querySelectorAll('[data-testid^=row-] .btn.primary')][0];
    const row = button.closest('[data-testid^=row-]').dataset.testid, begun = performance.now();
    let asked = 0, yes = 0;
    const watch = new MutationObserver(() => {
        const confirm = document.querySelector('.q-dialog .btn.primary');
        if (!yes && confirm) { asked = performance.now(); yes = 1; confirm.click(); yes = performance.now(); }
        if (yes && !document.querySelector(`[data-testid="${row}"] .btn.primary`)) {
            watch.disconnect(); const now = performance.now();
            done([asked - begun, now - yes]);
        }
    });
    watch.observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
    setTimeout(() => { watch.disconnect(); fail(new Error('not paid within 10 s')); }, 10000);
    button.click();
})"""


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        yield browser
        browser.close()


def signed_in(browser: Browser, portal: Portal, identifier: str) -> BrowserContext:
    context = browser.new_context(viewport=DESK, locale="fr-BE", reduced_motion="reduce")
    token = portal.sign_in(identifier).cookies["sid"]
    context.add_cookies([{"name": "sid", "value": token, "url": portal.url, "httpOnly": True}])
    return context


@contextmanager
def bare_nicegui() -> Iterator[str]:
    """The framework's own page of twenty rows; yields its address."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.bare", str(port)], stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:  # with growing pauses between them
            assert client.get(f"{url}/invitations").status_code == 200
        yield url
    finally:
        process.terminate()
        process.wait(10)


def grid(browser: Browser, portal: Portal) -> list[Figure]:
    """The time from the address to a grid that can be clicked, with a warm browser cache: few rows, many rows and the
    bare framework, in turns."""
    with bare_nicegui() as bare:
        visits = [(signed_in(browser, portal, name), portal.url) for name in (TWENTY, MANY)]
        visits.append((browser.new_context(viewport=DESK, reduced_motion="reduce"), bare))
        took: list[list[float]] = [[] for _ in visits]
        for number in range(LOADS + 1):
            for (context, url), times in zip(visits, took, strict=True):
                page = context.new_page()
                begun = time.perf_counter()
                page.goto(f"{url}/invitations", wait_until="commit")
                page.wait_for_function(CLICKABLE)
                if number:  # the first fills the cache
                    times.append((time.perf_counter() - begun) * 1000)
                page.close()
        for context, _ in visits:
            context.close()
    few, many, floor = map(median, took)
    return [
        at_most("grid of 20 rows clickable, warm cache", few, 200, f"{few:.0f} ms", " ms"),
        Figure("the same rows in bare NiceGUI, in turns with it", f"{floor:.0f} ms ({few / floor:.2f}×)", "", None),
        at_most(
            "opening the grid of 12,000 rows, against 20", many / few, 1.3, f"{many / few:.2f}× ({many:.0f} ms)", "×"
        ),
    ]


def server_cpu(portal: Portal) -> list[Figure]:
    """The CPU time the portal's process needs to build the grid of twenty rows, without a browser."""
    client = portal.sign_in(TWENTY)
    for _ in range(5):
        client.get("/invitations")
    before = cpu_seconds(portal.process.pid)
    for _ in range(PAGES):
        assert "Sortie" in client.get("/invitations").text
    each = (cpu_seconds(portal.process.pid) - before) / PAGES * 1000
    return [at_most("server CPU per grid page", each, 12, f"{each:.1f} ms", " ms")]


def wire(browser: Browser, portal: Portal) -> list[Figure]:
    """How much is sent for a first and a repeated visit of the grid, headers included, as counted by Chromium."""
    _wait_for_small_copies(browser, portal)
    context = signed_in(browser, portal, TWENTY)
    page = context.new_page()
    first, second = _visit(context, page, portal.url), _visit(context, page, portal.url)
    context.close()
    return [
        at_most("first visit, over the wire", first[0], 270, f"{first[0]:.0f} KB", " KB", firm=True),
        at_most("first visit, requests", first[1], 15, f"{first[1]}", firm=True),
        at_most(
            "repeat visit, over the wire", second[0], 12, f"{second[0]:.1f} KB ({second[1]} requests)", " KB", firm=True
        ),
    ]


def _wait_for_small_copies(browser: Browser, portal: Portal) -> None:
    """The first visitor after a start gets gzip; the smaller copies are made meanwhile."""
    context = signed_in(browser, portal, TWENTY)
    page = context.new_page()
    page.goto(f"{portal.url}/invitations")
    page.wait_for_function(CLICKABLE)
    files = page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
    context.close()
    deadline = time.monotonic() + 30
    with httpx.Client(headers={"Accept-Encoding": "br, gzip"}) as client:
        while any(client.head(file).headers.get("content-encoding") == "gzip" for file in files):
            assert time.monotonic() < deadline, "no smaller copies were made"
            time.sleep(0.2)


def _visit(context: BrowserContext, page: Page, url: str) -> tuple[float, int]:
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    sent: list[float] = []
    cached: set[str] = set()
    network.on("Network.requestServedFromCache", lambda e: cached.add(e["requestId"]))
    network.on("Network.loadingFinished", lambda e: _count(e, sent, cached))
    frames: list[int] = []
    network.on("Network.webSocketFrameReceived", lambda e: frames.append(len(e["response"]["payloadData"])))
    page.goto(f"{url}/invitations")
    page.wait_for_function(CLICKABLE)
    page.wait_for_timeout(700)  # the last files and the socket's first messages
    network.detach()
    return (sum(sent) + sum(frames)) / 1024, len(sent) + 1  # and the socket


def _count(event: dict[str, Any], sent: list[float], cached: set[str]) -> None:
    if event["requestId"] not in cached and event["encodedDataLength"] > 0:
        sent.append(event["encodedDataLength"])


def clicks(browser: Browser, portal: Portal) -> tuple[list[Figure], list[float]]:
    """Payer, confirm, paid: the figures while nobody else is there, and the times to compare with."""
    asked, paid = [], []
    for number in range(3):
        context = signed_in(browser, portal, family(number))
        for ask, pay in _pay(context, portal, ROWS - 2):
            asked.append(ask)
            paid.append(pay)
        context.close()
    shown = f"{median(paid):.0f} ms, p95 {p95(paid):.0f} ms"
    both = median(asked) + median(paid)
    return [
        at_most("confirmed → the row shows paid, median", median(paid), 80, shown, " ms"),
        at_most("the same, p95", p95(paid), 150, f"{p95(paid):.0f} ms", " ms"),
        Figure("Payer → dialog → confirmed at once → paid, median", f"{both:.0f} ms", "", None),
    ], paid


def _pay(context: BrowserContext, portal: Portal, times: int) -> list[tuple[float, float]]:
    page = context.new_page()
    page.goto(f"{portal.url}/invitations")
    page.wait_for_function(CLICKABLE)
    took = []
    for _ in range(times):
        ask, pay = page.evaluate(PAY)
        took.append((ask, pay))
        page.locator(".q-dialog").wait_for(state="detached")
    page.close()
    return took[1:]  # the first one loads the dialog


def rush(browser: Browser, portal: Portal, calm: list[float]) -> list[Figure]:
    """Four people sign in at a time, each until the grid is there, while another family pays."""
    names = [family(number) for number in range(10, 50)]

    def sign_in(name: str) -> None:
        with httpx.Client(base_url=portal.url, headers={"Origin": portal.url}, timeout=30) as client:
            answer = client.post("/login", data={"identifier": name, "password": PASSWORD})
            assert answer.status_code == 303
            assert "Sortie" in client.get("/invitations").text

    with ThreadPoolExecutor(4) as people:
        sign_in(family(9))
        begun = time.perf_counter()
        list(people.map(sign_in, names))
        rate = len(names) / (time.perf_counter() - begun)
        context = signed_in(browser, portal, family(5))
        going = [people.submit(sign_in, name) for name in names * 3]
        paid = [pay for _, pay in _pay(context, portal, ROWS - 2)]
        for future in going:
            future.cancel()
        for future in going:
            if not future.cancelled():
                future.result()
        context.close()
    ratio = p95(paid) / p95(calm)
    return [
        at_least("sign-ins with first grid per second, 4 at a time", rate, 20, f"{rate:.1f}"),
        at_most(
            "p95 of another's payments meanwhile, against calm", ratio, 3, f"{ratio:.1f}× ({p95(paid):.0f} ms)", "×"
        ),
    ]
