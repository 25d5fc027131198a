"""The real portal in a process of its own, with a small school in it: for socket, HTTP and browser tests.

with running_portal(tmp_path) as portal:
    nora = portal.sign_in(NORA)
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
from tortoise.backends.base.executor import EXECUTOR_CACHE

from creos_ui.database.config import sqlite_url
from creos_ui.database.opening import opened
from creos_ui.settings import Settings
from tests.school import School

T = TypeVar("T")
NORA, OMAR = "peeters.nora", "haddad.omar"
PASSWORD = "Le tilleul fleurit"
DOCUMENT = "d" * 43  # the token of the document of Nora's first activity
PDF = b"%PDF-1.4\n" + b"1 0 obj << /Type /Catalog >> endobj\n" * 200 + b"%%EOF\n"
_ROOT = Path(__file__).parent.parent


async def seed_school(settings: Settings) -> None:
    """Nora (20,00 €; Lou and Tim) and Omar (5,00 €; Mia) with accounts, five invitations, one document."""
    from creos_ui.services.accounts.passwords import hash_password
    from models import Account, Activity, Document

    school = await School.open()
    password_hash = await hash_password(PASSWORD)
    for identifier, guardian in ((NORA, school.nora), (OMAR, school.omar)):
        await Account.create(identifier=identifier, guardian_id=guardian.id, password_hash=password_hash, language="fr")
    document = await Document.create(
        token=DOCUMENT, file_name="Musée du jouet – été.pdf", sha256="0" * 64, byte_count=len(PDF)
    )
    (settings.documents / f"{DOCUMENT}.pdf").write_bytes(PDF)
    museum = await school.invite(school.lou, price_cents=1_250, title="Musée du jouet", mandatory=True)
    await Activity.filter(id=museum.activity_id).update(document_id=document.id)
    await school.invite(school.lou, price_cents=500, title="Piscine")
    await school.invite(school.tim, price_cents=1_000, title="Ferme pédagogique")
    await school.invite(school.tim, price_cents=3_000, title="Classes vertes", due_in_days=-3)
    await school.invite(school.mia, price_cents=750, title="Théâtre")


@dataclass
class Portal:
    """A running portal; `url` is where browsers find it."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]
    _clients: list[httpx.Client] = field(default_factory=list)

    def client(self, **headers: str) -> httpx.Client:
        """A browser that says where it comes from, and follows no redirect."""
        client = httpx.Client(base_url=self.url, headers={"Origin": self.url, **headers}, timeout=20)
        self._clients.append(client)
        return client

    def sign_in(self, identifier: str, password: str = PASSWORD, **fields: str) -> httpx.Client:
        client = self.client()
        answer = client.post("/login", data={"identifier": identifier, "password": password, **fields})
        assert answer.status_code == 303
        assert "refusal" not in answer.headers["location"], answer.headers["location"]
        return client

    def move_clock(self, *, seconds: float) -> None:
        """Let the portal's clock run this much ahead of the real one, in all."""
        (self.folder / "clock").write_text(str(seconds))

    def query(self, sql: str, *values: Any) -> list[Any]:
        """Look into the database, or empty a table of it, behind the portal's back."""
        database = self.folder / "data" / "creos.db"
        with contextlib.closing(sqlite3.connect(database, timeout=10)) as connection, connection:
            return connection.execute(sql, values).fetchall()

    def elsewhere(self, work: Callable[[], Awaitable[T]]) -> T:
        """Let our own code change the portal's database behind its back: this is another process than the portal's."""

        async def with_database() -> T:
            EXECUTOR_CACHE.clear()
            async with opened(sqlite_url(self.folder / "data")):
                return await work()

        with ThreadPoolExecutor(1) as thread:  # the test's own event loop, or Playwright's, runs in this one
            return thread.submit(asyncio.run, with_database()).result()

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def stop(self) -> int:
        """SIGTERM, by pid; returns the exit status."""
        for client in self._clients:
            client.close()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_portal(
    folder: Path, *, modules: Sequence[str] = (), seed: str = "tests.portal:seed_school", **settings: str
) -> Portal:
    """Start the portal on a free port of the loopback, data in `folder`; a second start finds the first one's data."""
    port = int(settings.get("CREOS_PORT") or free_port())
    url = f"http://127.0.0.1:{port}"
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    (folder / "clock").write_text("0")
    (folder / "record").touch()
    # NiceGUI behaves differently where it sees pytest's variables, and the developer's own settings are not ours
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "CREOS_", "NICEGUI_"))} | {
        "CREOS_DATA": str(data),
        "CREOS_SECRET": "a secret of the tests, long enough for any",
        "CREOS_PUBLIC_URL": url,
        "CREOS_HOST": "127.0.0.1",
        "CREOS_PORT": str(port),
        "CREOS_SCHOOL_NAME": "École du Tilleul",
        "CREOS_SCHOOL_CONTACT": "secretariat@tilleul.example",
        "CREOS_PAYEE_NAME": "Commune du Tilleul",
        "CREOS_PAYEE_IBAN": "BE68539007547034",
        "TRIAL_RECORD": str(folder / "record"),
        **settings,
    }
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.served", seed, str(folder / "clock"), *modules],
            cwd=_ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
    portal = Portal(url, folder, process)
    deadline = time.monotonic() + 40
    while True:
        with contextlib.suppress(httpx.TransportError):
            if process.poll() is None and httpx.get(f"{url}/healthz").text == "ok":
                return portal
        if process.poll() is not None or time.monotonic() > deadline:
            portal.stop()
            raise AssertionError(f"the portal did not start:\n{portal.log()}", process)
        time.sleep(0.05)


@contextlib.contextmanager
def running_portal(folder: Path, *, modules: Sequence[str] = (), **settings: str) -> Iterator[Portal]:
    """A portal for as long as the block lasts; always ended, by its own pid."""
    portal = start_portal(folder, modules=modules, **settings)
    try:
        yield portal
    finally:
        portal.stop()
