"""Pages and routes of the tests' own, inside the real portal process: one button, faults of every kind, a slow payment.

What happens is written to the file $TRIAL_RECORD, one line each.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from nicegui import Client, app, ui
from starlette.routing import BaseRoute, Route

from creos_ui.database.safe_asyncpg import Retry
from creos_ui.errors import Busy
from creos_ui.web import access
from creos_ui.web.access import Route as Allowed
from creos_ui.web.access import Who
from creos_ui.web.finishing import to_the_end
from pages.reader import Me

RECORD = Path(os.environ["TRIAL_RECORD"])
SECRET = "postgres://user:hunter2@db"
access.TABLE["/trial"] = Allowed(Who.PARENT)
for name in (
    "faults",
    "broken",
    "broken-later",
    "busy",
    "busy-route",
    "slow",
    "broken-route",
    "pages",
    "routes",
    "payment",
    "upload",
):
    access.TABLE[f"/trial/{name}"] = Allowed(Who.SIGNED_IN)


def record(text: str) -> None:
    with RECORD.open("a") as file:
        file.write(text + "\n")


@ui.page("/trial")
def trial_page(me: Me) -> None:
    """The button that pays, numbered events, and a table with a templated cell."""
    ui.button("Payer", on_click=lambda: record(f"paid by {me.account_id}")).props("data-testid=pay")
    order = ui.element("div").props("data-testid=order")
    order.on("step", lambda e: record(f"step {e.args}"))
    counter = ui.label("0").props("data-testid=counter")
    ui.button("Compter", on_click=lambda: counter.set_text(str(int(counter.text) + 1))).props("data-testid=count")
    ui.add_head_html("<script>window.injected = true</script>")
    ui.input("Note").props("data-testid=note")
    table = ui.element("q-table").props("data-testid=table")
    table.props["rows"] = [{"id": 1, "title": "Un"}, {"id": 2, "title": "Deux"}]
    table.props["columns"] = [{"name": "title", "label": "Titre", "field": "title"}]
    table.props["row-key"] = "id"
    table.add_slot(
        "body-cell-title",
        '<q-td :props="props"><button type="button" :data-testid="`row-${props.row.id}`">{{ props.value }}</button>'
        "</q-td>",
    )


@ui.page("/trial/faults")
def faults_page() -> None:
    def at_once() -> None:
        raise RuntimeError(SECRET)

    async def later() -> None:
        await asyncio.sleep(0)
        raise RuntimeError(SECRET)

    ui.button("tout de suite", on_click=at_once).props("data-testid=at-once")

    def refused() -> None:
        raise Retry("no connection is free")

    ui.button("occupé", on_click=refused).props("data-testid=busy")
    ui.button("plus tard", on_click=later).props("data-testid=later")


@ui.page("/trial/broken")
def broken_page() -> None:
    raise RuntimeError(SECRET)


@ui.page("/trial/broken-later")
async def broken_later_page() -> None:
    await asyncio.sleep(0)
    raise RuntimeError(SECRET)


@ui.page("/trial/busy")
async def busy_page() -> None:
    await asyncio.sleep(0)
    raise Busy


@app.get("/trial/busy-route")
async def busy_route() -> None:
    raise Retry("no connection is free")


@ui.page("/trial/slow", response_timeout=0.2)
async def slow_page() -> None:
    await asyncio.sleep(5)


@app.get("/trial/broken-route")
async def broken_route() -> None:
    raise RuntimeError(SECRET)


@app.get("/trial/pages")
async def pages() -> list[str]:
    """The pages the portal keeps."""
    return list(Client.instances)


@app.get("/trial/routes")
async def routes() -> list[str]:
    """What is registered, as "GET /path"."""
    return sorted(_named(app.routes))


def _named(routes: Iterable[BaseRoute]) -> Iterator[str]:
    for route in routes:
        if isinstance(route, Route):
            yield from (f"{method} {route.path}" for method in route.methods or ())
        elif hasattr(route, "original_router"):  # FastAPI keeps an included router whole
            yield from _named(route.original_router.routes)


@ui.page("/trial/payment")
def payment_page() -> None:
    async def work() -> None:
        record("payment begun")
        await asyncio.sleep(1)
        record("payment booked")

    async def pay() -> None:
        await to_the_end(work())

    ui.button("Payer", on_click=pay).props("data-testid=pay")


@ui.page("/trial/upload")
def upload_page() -> None:
    ui.upload(on_upload=lambda: record("uploaded")).props("data-testid=upload")
