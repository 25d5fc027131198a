"""The line under a new password, as a hostile page asks for it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.portal import NORA, running_portal
from tests.web.sockets import Target, client_id_in, elements_in, plug, press, record, recorded

pytestmark = pytest.mark.served


async def test_of_what_arrives_meanwhile_the_newest_is_weighed(tmp_path: Path) -> None:
    with running_portal(tmp_path, modules=["tests.web.slow_weighing"]) as portal:
        nora = portal.sign_in(NORA)
        page = nora.get("/profile/password").text
        ((number, field),) = [
            (number, element)
            for number, element in elements_in(page).items()
            if element.get("props", {}).get("name") == "new"
        ]
        target = Target(client_id_in(page), int(number), field["events"][0]["listener_id"])
        link = await plug(portal, nora, target.client_id)
        assert link
        updates: asyncio.Queue[Any] = asyncio.Queue()
        link.on("update", updates.put)
        await press(link, target, "the first of many, 0")
        await recorded(portal, "begun the first of many, 0")
        for typed in range(1, 30):
            await press(link, target, f"one of many more, {typed}")
        await press(link, target, "trois cerises volent bas")
        await recorded(portal, "weighed trois cerises volent bas")
        weighed = [line for line in record(portal) if line.startswith("weighed")]
        # the thirty are not received in one go: one of them may have been the newest when the first was done
        assert weighed[0] == "weighed the first of many, 0"
        assert weighed[-1] == "weighed trois cerises volent bas"
        assert len(weighed) <= 3
        shown = await asyncio.wait_for(updates.get(), 5)
        assert "strong" in str(shown)
        await link.disconnect()
