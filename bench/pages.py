"""What open pages cost while nobody uses them: memory and CPU of the portal's process, from 50 to 200 pages."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import socketio

from bench.report import Figure, at_most
from bench.seed import family
from tests.portal import Portal
from tests.web.sockets import client_id_in, plug

FEW, MANY = 50, 200
IDLE_FOR = 10.0  # seconds


async def idle(portal: Portal) -> list[Figure]:
    clients = [portal.sign_in(family(number)) for number in range(10)]
    links: list[socketio.AsyncClient] = []

    async def open_until(number: int) -> float:
        while len(links) < number:
            client = clients[len(links) % len(clients)]
            page = await asyncio.to_thread(client.get, "/invitations")
            link = await plug(portal, client, client_id_in(page.text))
            assert link is not None
            links.append(link)
        await asyncio.sleep(3)  # until the last messages are sent and Python has freed memory
        return _resident_kb(portal.process.pid)

    try:
        few = await open_until(FEW)
        many = await open_until(MANY)
        before, begun = cpu_seconds(portal.process.pid), time.monotonic()
        await asyncio.sleep(IDLE_FOR)
        share = (cpu_seconds(portal.process.pid) - before) / (time.monotonic() - begun) * 100
        assert all(link.connected for link in links), "a socket was lost"
    finally:
        await asyncio.gather(*(link.disconnect() for link in links))
    each = (many - few) / (MANY - FEW)
    return [
        at_most(
            "memory per idle open page, from 50 to 200",
            each,
            250,
            f"{each:.0f} KB ({many / 1024:.0f} MB in all)",
            " KB",
            firm=True,
        ),
        at_most("idle CPU with 200 open pages", share, 5, f"{share:.1f} % of a core", " %"),
    ]


def cold_start(begin: float) -> Figure:
    """`begin`: time.perf_counter() when the process was started; the sign-in page has just been answered."""
    took = time.perf_counter() - begin
    return at_most("cold start to the sign-in page", took, 2.5, f"{took:.1f} s", " s")


def _resident_kb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return float(status.split("VmRSS:")[1].split()[0])


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
