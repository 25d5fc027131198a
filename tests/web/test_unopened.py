"""Pages that strangers fetch and never open: there is an end to them, and a browser that is late still gets its own."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx
from playwright.async_api import Route

from creos_ui.web.unopened import MOST, MOST_OF_ALL, SPARED, Unopened, surplus
from tests.portal import NORA, PASSWORD, Portal
from tests.web.browser import browsing, ready
from tests.web.sockets import client_id_in, plug


def flood(portal: Portal, number: int = MOST_OF_ALL + 100) -> None:
    with httpx.Client(base_url=portal.url) as stranger:
        for _ in range(number):
            assert stranger.get("/login").status_code == 200


def fetched_from(portal: Portal, address: str) -> str:
    """The id of a sign-in page that a browser at this address has fetched."""
    with httpx.Client(base_url=portal.url, transport=httpx.HTTPTransport(local_address=address)) as phone:
        return client_id_in(phone.get("/login").text)


async def test_a_flood_of_sign_in_pages_is_bounded_and_takes_nobody_elses(portal: Portal) -> None:
    nora = portal.sign_in(NORA)
    own = client_id_in(nora.get("/trial").text)
    slow = fetched_from(portal, "127.0.0.9")
    flood(portal)
    waiting = nora.get("/trial/pages").json()
    assert len(waiting) <= MOST_OF_ALL + 10
    assert own in waiting
    link = await plug(portal, None, slow)
    assert link, "the page of another address was left its browser"
    await link.disconnect()


async def test_a_browser_that_comes_too_late_loads_its_page_once_more_and_signs_in(portal: Portal) -> None:
    goes_on = asyncio.Event()

    async def slowly(route: Route) -> None:
        await goes_on.wait()
        await route.continue_()

    async with browsing(portal) as context:
        page = await context.new_page()
        visited: list[str] = []
        page.on("framenavigated", lambda frame: visited.append(frame.url))
        await page.route("**/static/nicegui.js", slowly)
        await page.goto("/login", wait_until="commit")
        await asyncio.to_thread(flood, portal)  # from this address: its own page is the oldest
        goes_on.set()
        await ready(page)
        await page.locator("input[name=identifier]").fill(NORA)
        await page.locator("input[name=password]").fill(PASSWORD)
        assert visited == [f"{portal.url}/login"] * 2
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/invitations")
        await ready(page)


def pages(*networks: str, since: float = 0.0) -> list[Unopened]:
    return [Unopened(f"{network}-{number}", network, since) for number, network in enumerate(networks)]


def test_few_pages_wait_as_long_as_they_like() -> None:
    assert surplus(pages(*["a"] * (MOST - 1)), now=1_000) == []


def test_the_oldest_of_those_who_fetched_most_go_first() -> None:
    waiting = pages("b", *["a"] * MOST, "c")
    gone = surplus(waiting, now=1_000)
    assert Counter(page.network for page in gone) == {"a": 3}
    assert gone == waiting[1:4]


def test_a_page_is_left_some_seconds_unless_there_are_far_too_many() -> None:
    waiting = pages(*["a"] * (MOST_OF_ALL - 1))
    assert surplus(waiting, now=SPARED - 1) == []
    assert len(surplus(waiting, now=SPARED)) == MOST_OF_ALL - MOST
    assert len(surplus(waiting + pages("b", "c"), now=SPARED - 1)) == 2
