"""A full disk at the door and in the profile: a sentence in the form's own place, and whoever is signed in reads on."""

from __future__ import annotations

import asyncio
import re
import resource
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import httpx
import pyotp
import pytest

from creos_ui import keyed_hash
from creos_ui.services.accounts import links
from creos_ui.settings import Settings
from creos_ui.texts import LANGUAGES, t
from models import Account, LinkPurpose
from tests.databases import postgres_database
from tests.portal import NORA, OMAR, PASSWORD, Portal, running_portal, seed_school
from tests.services.signing_in import secret
from tests.web.sockets import Target, client_id_in, elements_in, plug, press
from tests.web.test_route_table import TABLE

__all__ = ["secret"]
NEW = "Trois chats dorment"
FACTOR = pyotp.random_base32()
SAID = t("error.not_saved", "fr")
MAIL = {"CREOS_SMTP_HOST": "127.0.0.1", "CREOS_SMTP_PORT": "9", "CREOS_SMTP_TLS": "none"}
pytestmark = [pytest.mark.served, pytest.mark.slow]


async def seed(settings: Settings) -> None:
    """Nora has links in her messages, Omar a second factor."""
    await seed_school(settings)
    keyed_hash.use(settings.secret.get_secret_value().encode())
    nora = await Account.get(identifier=NORA)
    await links.mint("forgotten", nora.id, LinkPurpose.PASSWORD)
    await links.mint("moved", nora.id, LinkPurpose.EMAIL, "new@tilleul.example")
    await Account.filter(identifier=OMAR).update(totp_secret=(settings.data.parent / "factor").read_text())


def link(message: str) -> str:
    """The token in this message."""
    return keyed_hash.keyed_hash("link token", message)


@dataclass
class Disk:
    """The one below the portal's database."""

    portal: Portal
    url: str  # of PostgreSQL, else ""

    @contextmanager
    def full(self) -> Iterator[None]:
        self._limit(4_000)  # not one page more, in any file
        self._sql(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
            "'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"
        )
        self._each_table("CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {} EXECUTE FUNCTION full_disk()")
        try:
            yield
        finally:
            self._limit(resource.RLIM_INFINITY)
            self._sql("DROP FUNCTION IF EXISTS full_disk CASCADE")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Another program writes, and does not come to an end."""
        if self.url:
            with asyncio.Runner() as runner:
                holder = runner.run(asyncpg.connect(self.url))
                runner.run(holder.execute("BEGIN"))
                for (name,) in self._sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
                    runner.run(holder.execute(f"LOCK TABLE {name} IN EXCLUSIVE MODE"))  # who reads goes on
                yield
                runner.run(holder.close())
        else:
            holder = sqlite3.connect(self.portal.folder / "data" / "creos.db", isolation_level=None)
            holder.execute("BEGIN IMMEDIATE")
            yield
            holder.close()

    def _limit(self, size: int) -> None:
        if not self.url:
            resource.prlimit(self.portal.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def _each_table(self, sql: str) -> None:
        for (name,) in self._sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            self._sql(sql.format(name))

    def _sql(self, sql: str) -> list[Any]:
        async def ask() -> list[Any]:
            connection = await asyncpg.connect(self.url)
            try:
                return list(await connection.fetch(sql))
            finally:
                await connection.close()

        return asyncio.run(ask()) if self.url else []


@pytest.fixture
def disk(database_kind: str, tmp_path: Path) -> Iterator[Disk]:
    (tmp_path / "factor").write_text(FACTOR)
    mail = MAIL | {"CREOS_MAIL_FROM": "portail@tilleul.example"}
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        url = runner.run(stack.enter_async_context(postgres_database())) if database_kind == "postgres" else ""
        settings = mail | ({"CREOS_DATABASE_URL": url} if url else {})
        with running_portal(tmp_path, seed="tests.web.test_disk_full:seed", **settings) as portal:
            yield Disk(portal, url)
        runner.run(stack.aclose())


class Form(NamedTuple):
    client: httpx.Client  # whose
    action: str  # where it goes
    place: str  # where it stands
    data: dict[str, str]

    def send(self) -> tuple[httpx.Response, httpx.Response]:
        """The answer, and the page it leads to."""
        answer = self.client.post(self.action, data=self.data)
        assert answer.status_code == 303, answer.text
        return answer, self.client.get(answer.headers["location"])


def forms_of(portal: Portal) -> list[Form]:
    """Every form of the door and of the profile."""
    nora, visitor = portal.sign_in(NORA), portal.client()
    before_code = portal.client()
    before_code.post("/login", data={"identifier": OMAR, "password": PASSWORD})
    omar = portal.client()
    omar.post("/login", data={"identifier": OMAR, "password": PASSWORD})
    assert omar.post("/login/code", data={"code": pyotp.TOTP(FACTOR).now()}).headers["location"] == "/invitations"
    later = pyotp.TOTP(FACTOR).at(int(time.time()) + 30)  # this one was not used yet

    factor = "/profile/second-factor"
    return [
        Form(visitor, "/login", "/login", {"identifier": NORA, "password": PASSWORD}),
        Form(visitor, "/login", "/login", {"identifier": NORA, "password": "wrong"}),
        Form(visitor, "/login", "/login", {"identifier": "nobody.here", "password": "wrong"}),
        Form(before_code, "/login/code", "/login/code", {"code": later}),
        Form(visitor, "/reset", "/reset", {"identifier": NORA}),
        Form(visitor, "/reset", "/reset", {"identifier": "nobody.here"}),
        Form(nora, "/profile/email", "/profile/email", {"password": PASSWORD, "address": "other@tilleul.example"}),
        Form(nora, "/profile/password", "/profile/password", {"current": PASSWORD, "new": NEW}),
        Form(nora, f"{factor}/on", factor, {"password": PASSWORD, "code": "000000"}),
        Form(omar, f"{factor}/codes", factor, {"password": PASSWORD, "code": later}),
        Form(omar, f"{factor}/off", factor, {"password": PASSWORD, "code": later}),
        Form(visitor, (path := f"/confirm-email/{link('moved')}"), path, {}),
        Form(visitor, (path := f"/reset/{link('forgotten')}"), path, {"password": NEW, "again": NEW}),
    ]


def routes_without(forms: list[Form]) -> set[str]:
    """Where something can be posted, and none of these forms goes."""
    routes = {route.removeprefix("POST ") for route in TABLE if route.startswith("POST ")}
    patterns = {route: re.sub(r"\{\w+\}", "[^/]+", route) for route in routes}
    return {route for route in routes if not any(re.fullmatch(patterns[route], form.action) for form in forms)}


def test_each_form_says_that_nothing_can_be_saved(disk: Disk, subtests: pytest.Subtests) -> None:
    portal, forms = disk.portal, forms_of(disk.portal)
    assert routes_without(forms) == {
        "/logout",  # ends the session all the same
        "/language",  # has no page of its own: see below
    }
    nora, visitor = portal.sign_in(NORA), portal.client()
    with disk.full():
        for form in forms:
            with subtests.test(action=form.action, data=form.data):
                answer, shown = form.send()
                assert answer.headers["location"].partition("?")[0] == form.place
                assert shown.status_code == 200
                assert SAID in shown.text
                typed = form.data.get("identifier") or form.data.get("address")
                assert typed is None or f'"{typed}"' in shown.text

        answer = nora.post("/language", data={"language": "nl"})  # written with the account; no page of its own
        assert answer.status_code == 503
        assert t("fault.503_text", "fr") in answer.text
        for language in LANGUAGES:
            visitor.post("/language", data={"language": language})
            assert t("error.not_saved", language) in visitor.get("/login?refusal=not_saved").text

    for form in forms:
        with subtests.test("once there is space", action=form.action, data=form.data):
            answer, shown = form.send()
            assert "not_saved" not in answer.headers["location"]
            assert SAID not in shown.text
    assert "unexpected" not in portal.log()


def test_a_form_says_so_where_others_hold_the_database_and_works_afterwards(
    disk: Disk, subtests: pytest.Subtests
) -> None:
    """Two that have words of their own for a refusal; each waits for seconds."""
    forms = {form.place: form for form in forms_of(disk.portal)}
    asking = [forms[place] for place in ("/reset", f"/confirm-email/{link('moved')}")]
    with disk.held():
        for form in asking:
            with subtests.test(place=form.place):
                _, shown = form.send()
                assert t("error.busy", "fr") in shown.text
                assert SAID not in shown.text
    for form in asking:
        answer, _ = form.send()
        assert "refusal" not in answer.headers["location"]
    assert "unexpected" not in disk.portal.log()


def test_who_is_signed_in_reads_on_and_can_sign_out(disk: Disk) -> None:
    portal = disk.portal
    nora, elsewhere = portal.sign_in(NORA), portal.sign_in(NORA)
    with disk.full():
        portal.move_clock(seconds=120)  # what was used is to be written down
        for path in ("/invitations", "/wallet", "/calendar", "/profile", "/profile/my-data.zip"):
            assert nora.get(path).status_code == 200, path
        deadline = time.monotonic() + 10
        while (health := portal.client().get("/healthz")).text == "ok" and time.monotonic() < deadline:
            time.sleep(0.1)  # until the watch has tried
        assert (health.status_code, health.text) == (503, "read-only")
        for _ in range(5):
            portal.client().post("/login", data={"identifier": NORA, "password": PASSWORD})
        assert nora.get("/invitations").status_code == 200
        assert nora.post("/logout").headers["location"] == "/login"
        assert "sid" not in nora.cookies
        portal.move_clock(seconds=120 + 31 * 60)
        assert elsewhere.get("/invitations").headers["location"].startswith("/login"), "sessions end as ever"
        log = portal.log()
    assert log.count("the database refuses what it is asked") == 1, log
    assert len(log.splitlines()) == 1, log
    portal.sign_in(NORA)


async def test_a_click_that_cannot_be_saved_says_so(tmp_path: Path) -> None:
    with running_portal(tmp_path) as portal:
        nora = portal.sign_in(NORA)
        page = nora.get("/profile").text
        (switch,) = [
            (number, element)
            for number, element in elements_in(page).items()
            if element.get("props", {}).get("aria-labelledby") == "notice-receipt"
        ]
        target = Target(client_id_in(page), int(switch[0]), switch[1]["events"][0]["listener_id"])
        socket = await plug(portal, nora, target.client_id)
        assert socket
        said: asyncio.Queue[Any] = asyncio.Queue()
        socket.on("notify", said.put)
        with Disk(portal, "").full():
            await press(socket, target, False)
            notice = await asyncio.wait_for(said.get(), 10)
        assert notice["message"] == SAID
        await socket.disconnect()
        assert "unexpected" not in portal.log()
