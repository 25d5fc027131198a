"""The invitations at their socket: what comes in quick succession, in an order that a slow database may not change."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.portal import NORA, Portal, running_portal
from tests.web.sockets import Target, client_id_in, elements_in, plug, press


@pytest.fixture(scope="module")
def portal_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with running_portal(tmp_path_factory.mktemp("portal"), modules=["tests.web.slow_reading"]) as portal:
        yield portal


GRID = {"data-testid": "grid"}


class OpenPage:
    """Nora's invitations: what her browser sends, and what the portal then puts on the page."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._came = asyncio.Event()

    async def __aenter__(self) -> OpenPage:
        nora = self._portal.sign_in(NORA)
        page = nora.get("/invitations").text
        self._elements, self._client_id = elements_in(page), client_id_in(page)
        link = await plug(self._portal, nora, self._client_id)
        assert link
        self._link = link
        link.on("update", self._update)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._link.disconnect()

    def _update(self, elements: dict[str, Any]) -> None:
        self._elements |= elements
        self._came.set()

    async def tick(self, *invitation_ids: int) -> None:
        for invitation_id in invitation_ids:
            await self.send("pick", [invitation_id, True], **GRID)

    async def click(self, label: str) -> None:
        await self.send("click", None, label=label)

    async def send(self, event: str, argument: Any, **props: str) -> None:
        """An event of the element with these props."""
        number, element = await self._find(props=props)
        (listener,) = [one["listener_id"] for one in element["events"] if one["type"] == event]
        await press(self._link, Target(self._client_id, number, listener), argument)

    async def says(self, tag: str, *classes: str) -> str:
        """The text of the first such element, once there is one."""
        _, element = await self._find(tag, *classes)
        return " ".join(element["text"].split())

    async def _find(self, tag: str = "", *classes: str, props: dict[str, str] | None = None) -> tuple[int, Any]:
        async with asyncio.timeout(5):
            while True:
                self._came.clear()
                for number, element in self._elements.items():
                    if (
                        isinstance(element, dict)
                        and tag in ("", element["tag"])
                        and set(classes) <= set(element.get("class", ()))
                        and (props or {}).items() <= element.get("props", {}).items()
                    ):
                        return int(number), element
                await self._came.wait()


def invitation(portal: Portal, title: str) -> int:
    sql = "SELECT i.id FROM invitation i JOIN activity a ON a.id = i.activity_id WHERE a.title LIKE ?"
    ((number,),) = portal.query(sql, f"{title} %")
    return int(number)


async def test_a_click_that_comes_right_after_a_tick_finds_it_counted(portal: Portal) -> None:
    """12,50 € and 10,00 € of 20,00 €: with the second tick left out, the first would have been payable alone."""
    async with OpenPage(portal) as page:
        await page.tick(invitation(portal, "Musée du jouet"))
        assert await page.says("span", "sum") == "1 invitation · 12,50 €"
        await page.tick(invitation(portal, "Ferme pédagogique"))
        await page.click("Payer la sélection")
        assert await page.says("h2") == "Crédit insuffisant"
        assert await page.says("strong", "num") == "2,50 €"


async def test_only_what_is_on_their_own_screen_can_be_ticked(portal: Portal) -> None:
    """Forged ids, another family's among them: four are hers, 57,50 €, and she has 20,00 €."""
    assert invitation(portal, "Théâtre") < 20
    async with OpenPage(portal) as page:
        await page.tick(*range(20))
        await page.click("Payer la sélection")
        assert await page.says("h2") == "Crédit insuffisant"
        assert await page.says("strong", "num") == "37,50 €"
