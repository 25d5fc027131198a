"""The guard and the patches as a real browser meets them."""

from __future__ import annotations

import re
import time

from playwright.async_api import expect

from creos_ui import clock
from models import Account, Session
from tests.portal import NORA, OMAR, Portal
from tests.web.browser import browsing, ready, signed_in
from tests.web.sockets import record, recorded


async def test_a_page_works_under_the_policy_over_a_websocket_alone(portal: Portal) -> None:
    async with browsing(portal) as context:
        requests: list[str] = []
        faults: list[str] = []
        context.on("request", lambda request: requests.append(request.url))
        context.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        context.on("weberror", lambda error: faults.append(str(error.error)))
        page = await signed_in(context, NORA, "/trial")
        await page.get_by_test_id("pay").click()
        assert await recorded(portal, "paid by 1") == ["paid by 1"]
        assert await page.evaluate("window.injected") is None, "a script without the nonce does not run"
        faults = [fault for fault in faults if "inline script" not in fault]
        assert faults == []
        assert all(url.startswith((portal.url, "data:", "blob:")) for url in requests), "nothing leaves our origin"
        assert not any("/_nicegui_ws" in url and url.startswith("http") for url in requests), "no polling"


async def test_signing_out_takes_the_other_tab_to_the_door_and_chromium_goes_on(portal: Portal) -> None:
    """Also with Clear-Site-Data: signing in again right afterwards works."""
    async with browsing(portal) as context:
        one = await signed_in(context, NORA, "/trial")
        other = await signed_in(context, NORA, "/trial")
        since = time.monotonic()
        await one.evaluate(
            "() => { const f = document.createElement('form'); f.method = 'post'; f.action = '/logout';"
            " document.body.append(f); f.submit(); }"
        )
        await other.wait_for_url("**/login", timeout=2_000)
        assert time.monotonic() - since < 2
        await one.wait_for_url("**/login")
        assert [c["name"] for c in await context.cookies() if c["name"] == "sid"] == []
        await one.go_back()
        await one.wait_for_url("**/login?next=/trial")
        await ready(one)
        again = await signed_in(context, OMAR, "/trial")
        await again.get_by_test_id("pay").click()
        assert await recorded(portal, "paid by 2") == ["paid by 2"]


async def test_an_idle_person_is_warned_and_can_stay(portal: Portal) -> None:
    async with browsing(portal) as context:
        page = await signed_in(context, NORA, "/trial")
        other = await signed_in(context, NORA, "/trial")
        portal.move_clock(seconds=28 * 60 + 1)
        dialog = page.get_by_role("alertdialog")
        await expect(dialog).to_be_visible()
        await expect(other.get_by_role("alertdialog")).to_be_visible()
        await dialog.get_by_role("button").click()
        await expect(dialog).to_have_count(0)
        await expect(other.get_by_role("alertdialog")).to_have_count(0)
        portal.move_clock(seconds=31 * 60)
        await page.get_by_test_id("pay").click()
        assert await recorded(portal, "paid by 1") == ["paid by 1"]


async def test_the_warning_itself_is_no_activity_and_the_end_leads_back(portal: Portal) -> None:
    async with browsing(portal) as context:
        page = await signed_in(context, NORA, "/trial")
        portal.move_clock(seconds=28 * 60 + 1)
        await expect(page.get_by_role("alertdialog")).to_be_visible()
        portal.move_clock(seconds=30 * 60 + 30)
        await page.wait_for_url("**/login?next=%2Ftrial")
        portal.move_clock(seconds=0)
        await page.locator("input[name=identifier]").fill(NORA)
        await page.locator("input[name=password]").fill("Le tilleul fleurit")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/trial")


async def test_a_session_that_ended_while_the_connection_was_lost_leads_to_the_door(portal: Portal) -> None:
    """#6170: refusing the socket would retry for ever under "connection lost"."""
    async with browsing(portal) as context:
        page = await signed_in(context, NORA, "/trial")
        await page.evaluate("window.socket.io.engine.close()")  # it comes back by itself, to a session that has ended
        portal.elsewhere(lambda: Session.filter(revoked_at=None).update(revoked_at=clock.now()))
        await page.wait_for_url("**/login?next=**")


async def test_a_fault_in_a_handler_is_told_by_its_reference_alone(portal: Portal) -> None:
    async with browsing(portal) as context:
        page = await signed_in(context, NORA, "/trial/faults")
        for number, button in enumerate(("at-once", "later"), 1):
            await page.get_by_test_id(button).click()
            notices = page.locator(".q-notification__message")
            await expect(notices).to_have_count(number)
            # newest first or last: look at all
            texts = " ".join(await notices.all_inner_texts())
            references = re.findall(r"[0-9a-f]{4}-[0-9a-f]{4}", texts)
            assert len(references) == number
            assert "hunter2" not in texts
            for reference in references:
                assert portal.log().count(f"reference {reference}") == 1


async def test_an_update_keeps_the_cells_of_a_table(portal: Portal) -> None:
    """#6284: without the patch every templated cell is built anew at any update, and loses the focus."""
    async with browsing(portal) as context:
        page = await signed_in(context, NORA, "/trial")
        await page.evaluate("document.querySelector('[data-testid=row-1]').kept = true")
        await page.get_by_test_id("row-1").focus()
        await page.evaluate("document.querySelector('[data-testid=count]').click()")
        await expect(page.get_by_test_id("counter")).to_have_text("1")
        assert await page.evaluate("document.querySelector('[data-testid=row-1]').kept") is True
        assert await page.evaluate("document.activeElement.dataset.testid") == "row-1"


async def test_a_page_left_on_purpose_is_freed_and_a_lost_connection_is_not(portal: Portal) -> None:
    nora = portal.sign_in(NORA)

    def kept() -> set[str]:
        return set(nora.get("/trial/pages").json())

    async with browsing(portal) as context:
        page = await signed_in(context, NORA, "/trial")
        left = set()
        for _ in range(3):
            left.add(await page.evaluate("window.clientId"))
            assert left & kept(), "it is known while it is open"
            await page.goto("/trial")
            await ready(page)
        deadline = time.monotonic() + 10
        while left & kept() and time.monotonic() < deadline:
            await page.evaluate("1")  # the browser's own pace
        assert not left & kept()
        stays = await page.evaluate("window.clientId")
        await page.get_by_test_id("note").fill("brouillon")
        await page.evaluate("window.socket.io.engine.close()")
        await page.wait_for_function("window.socket.connected")
        assert stays in kept()
        await page.get_by_test_id("count").click()
        await expect(page.get_by_test_id("counter")).to_have_text("1")
        await expect(page.get_by_test_id("note")).to_have_value("brouillon")


async def test_the_warning_speaks_the_persons_language(portal: Portal) -> None:
    portal.elsewhere(lambda: Account.filter(identifier=NORA).update(language="en"))
    try:
        async with browsing(portal) as context:
            page = await signed_in(context, NORA, "/trial")
            portal.move_clock(seconds=28 * 60 + 1)
            await expect(page.get_by_role("alertdialog").get_by_role("button")).to_have_text(re.compile("[Ss]tay"))
    finally:
        portal.elsewhere(lambda: Account.filter(identifier=NORA).update(language="fr"))
    assert record(portal) == []
