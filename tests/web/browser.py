"""Chromium, asynchronously: Playwright's synchronous fixtures and asyncio tests do not share one run."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import BrowserContext, Page, async_playwright

from tests.portal import PASSWORD, Portal


@asynccontextmanager
async def browsing(portal: Portal) -> AsyncIterator[BrowserContext]:
    """A browser of its own on the portal."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-background-networking"]
        )
        context = await browser.new_context(base_url=portal.url, locale="fr-BE")
        context.set_default_timeout(15_000)
        try:
            yield context
        finally:
            await browser.close()


async def signed_in(context: BrowserContext, identifier: str, path: str) -> Page:
    """A page at `path`, reached by asking for it and signing in; its socket is there."""
    page = await context.new_page()
    await page.goto(path)
    if "/login" in page.url:
        await page.locator("input[name=identifier]").fill(identifier)
        await page.locator("input[name=password]").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**{path}")
    await ready(page)
    return page


async def ready(page: Page) -> None:
    await page.wait_for_function("window.did_handshake === true")
