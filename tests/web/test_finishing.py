"""Work that must end does, whoever stops waiting for it."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from creos_ui.errors import NothingSelected
from creos_ui.web import finishing
from creos_ui.web.finishing import all_done, to_the_end


async def test_it_hands_back_the_result_and_the_refusal() -> None:
    async def result() -> int:
        return 7

    async def refusal() -> None:
        raise NothingSelected

    assert await to_the_end(result()) == 7
    with pytest.raises(NothingSelected):
        await to_the_end(refusal())


async def test_the_work_goes_on_when_its_page_is_gone() -> None:
    begun, go_on, booked = asyncio.Event(), asyncio.Event(), []

    async def work() -> None:
        begun.set()
        await go_on.wait()
        booked.append(True)

    page = asyncio.create_task(to_the_end(work()))
    await begun.wait()
    page.cancel()
    with pytest.raises(asyncio.CancelledError):
        await page
    assert booked == []
    go_on.set()
    await all_done()
    assert booked == [True]
    assert not finishing._running


async def test_a_stopping_server_does_not_wait_for_ever(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(finishing, "LONGEST", 0.05)
    never = asyncio.create_task(to_the_end(asyncio.Event().wait()))
    await asyncio.sleep(0)
    await all_done()
    assert "1 payments were still running" in caplog.text
    for task in finishing._running:
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await never


async def test_a_failure_nobody_hears_of_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError("a secret")

    page = asyncio.create_task(to_the_end(fails()))
    await asyncio.sleep(0)
    page.cancel()
    await all_done()
    await asyncio.sleep(0)
    assert "ValueError" in caplog.text
    assert "a secret" not in caplog.text


async def test_a_task_that_swallows_a_cancellation_is_ended_all_the_same() -> None:
    """As the mail worker did under load: the portal then never stopped."""

    async def swallows(times: int) -> None:
        for _ in range(times):
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        await asyncio.Event().wait()

    tasks = [asyncio.create_task(swallows(times)) for times in (0, 1, 2)]
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await finishing.cancelled(tasks)
    assert all(task.cancelled() for task in tasks)
    await finishing.cancelled([])
