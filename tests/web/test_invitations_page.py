"""The invitations at their socket: what comes in quick succession, in an order that a slow database may not change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

from tests.portal import NORA, OMAR, Portal, running_portal
from tests.web.sockets import Target, client_id_in, elements_in, plug, press


@pytest.fixture(scope="module")
def portal_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with running_portal(tmp_path_factory.mktemp("portal"), modules=["tests.web.slow_reading"]) as portal:
        yield portal


GRID, TABS = {"data-testid": "grid"}, {"aria-label": "Afficher les invitations"}
CHOSEN = "update:modelValue"
T = TypeVar("T")


class OpenPage:
    """A family's invitations: what their browser sends, and what the portal then puts on the page."""

    def __init__(self, portal: Portal, identifier: str = NORA) -> None:
        self._portal, self._identifier = portal, identifier
        self.drawn: list[list[int]] = []  # the ids of the rows, each time they are drawn
        self._came = asyncio.Event()

    async def __aenter__(self) -> OpenPage:
        client = self._portal.sign_in(self._identifier)
        page = client.get("/invitations").text
        self._elements, self._client_id = elements_in(page), client_id_in(page)
        link = await plug(self._portal, client, self._client_id)
        assert link
        self._link = link
        link.on("update", self._update)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._link.disconnect()

    def _update(self, elements: dict[str, Any]) -> None:
        self._elements |= elements
        for element in filter(None, elements.values()):
            if isinstance(element, dict) and GRID.items() <= element.get("props", {}).items():
                self.drawn.append([row["id"] for row in element["props"]["rows"]])
        self._came.set()

    async def tick(self, *invitation_ids: int) -> None:
        for invitation_id in invitation_ids:
            await self.send("pick", [invitation_id, True], **GRID)

    async def click(self, label: str) -> None:
        await self.send("click", None, label=label)

    async def open_tab(self, tab: str) -> None:
        await self.send(CHOSEN, tab, **TABS)
        await self.until(lambda: self._element(props={**TABS, "model-value": tab}))

    async def send(self, event: str, argument: Any, **props: str) -> None:
        """An event of the element with these props."""
        number, element = await self.until(lambda: self._element(props=props))
        (listener,) = [one["listener_id"] for one in element["events"] if one["type"] == event]
        await press(self._link, Target(self._client_id, int(number), listener), argument)

    async def says(self, tag: str, *classes: str) -> str:
        """The text of the first such element, once there is one."""
        _, element = await self.until(lambda: self._element(tag, *classes))
        return " ".join(element["text"].split())

    async def until(self, look: Callable[[], T | None]) -> T:
        """What `look` finds, as soon as it finds anything."""
        async with asyncio.timeout(5):
            while not (found := look()):
                self._came.clear()
                await self._came.wait()
            return found

    def _element(self, tag: str = "", *classes: str, props: dict[str, str] | None = None) -> tuple[str, Any] | None:
        for number, element in self._elements.items():
            if (
                isinstance(element, dict)
                and tag in ("", element["tag"])
                and set(classes) <= set(element.get("class", ()))
                and (props or {}).items() <= element.get("props", {}).items()
            ):
                return number, element
        return None


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


async def test_what_was_chosen_last_is_what_is_shown(portal: Portal) -> None:
    """« Toutes » takes longer to read than « Payées », where Nora has none: it comes too late, and is not shown."""
    async with OpenPage(portal) as page:
        await page.send(CHOSEN, "all", **TABS)
        await page.open_tab("paid")
        await page.open_tab("declined")  # takes longer still
        assert page.drawn == [[], []]


async def test_an_answered_row_stays_where_it_stood_until_the_tab_is_opened_again(portal: Portal) -> None:
    play = invitation(portal, "Théâtre")
    async with OpenPage(portal, OMAR) as page:
        await page.send("decline", play, **GRID)
        await page.click("Décliner")
        assert await page.until(lambda: page.drawn) == [[play]]
        await page.open_tab("paid")
        await page.open_tab("open")
        assert page.drawn == [[play], [], []]
