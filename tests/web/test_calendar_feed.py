"""The calendar feed over HTTP: no session, no guessing, gone at once when revoked (R25)."""

from __future__ import annotations

import asyncio
import re

import icalendar
import pytest

from creos_ui import keyed_hash
from creos_ui.services.invitations.calendar_feeds import feed_of, renew_feed
from models import Activity
from tests.ical_lines import read, text_of
from tests.portal import NORA, OMAR, Portal


@pytest.fixture(autouse=True)
def secret() -> None:
    keyed_hash.use(b"a secret of the tests, long enough for any")  # the portal's own (tests/portal.py)


def guardian_id(portal: Portal, identifier: str) -> int:
    return int(portal.query("SELECT guardian_id FROM account WHERE identifier = ?", identifier)[0][0])


def path_of(portal: Portal, identifier: str = NORA, *, renewed: bool = False) -> str:
    number = guardian_id(portal, identifier)
    return portal.elsewhere(lambda: renew_feed(number) if renewed else feed_of(number))


def subjects(content: bytes) -> set[str]:
    return {text_of(event.value("SUMMARY")) for event in read(content).each("VEVENT")}


def test_it_is_read_without_a_session_by_two_readers(portal: Portal) -> None:
    answer = portal.client().get(path_of(portal))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
    assert len(subjects(answer.content)) == 8  # four invitations: an activity and a due date each
    assert len(icalendar.Calendar.from_ical(answer.content).walk("VEVENT")) == 8
    for name in ("Musée du jouet 1 – Lou", "Échéance\u00a0: Classes vertes 4 – Tim"):
        assert name in subjects(answer.content)
    assert text_of(read(answer.content).value("X-WR-CALNAME")) == "École du Tilleul – calendrier"
    for canary in ("Peeters", "Nora", "Haddad", "Mia", "Théâtre", "12,50", "secretariat"):
        assert canary not in answer.text


def test_who_asks_again_is_told_nothing_changed(portal: Portal) -> None:
    client, path = portal.client(), path_of(portal)
    first = client.get(path)
    tag = first.headers["etag"]
    for asked in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        again = client.get(path, headers={"If-None-Match": asked})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), asked
        assert again.headers["cache-control"] == "private, no-cache"
    portal.elsewhere(lambda: Activity.filter(title="Piscine 2").update(title="Patinoire"))
    changed = client.get(path, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert "Patinoire – Lou" in subjects(changed.content)
    portal.elsewhere(lambda: Activity.filter(title="Patinoire").update(title="Piscine 2"))


def test_head_says_the_same_without_the_calendar(portal: Portal) -> None:
    path = path_of(portal)
    head, get = portal.client().head(path), portal.client().get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == get.headers["etag"]
    assert head.headers["content-type"] == get.headers["content-type"]


def test_revoked_wrong_and_never_made_are_the_same_answer(portal: Portal) -> None:
    old, omars = path_of(portal), path_of(portal, OMAR)
    client = portal.client()
    assert client.get(old).status_code == 200
    new = path_of(portal, renewed=True)
    number, _, secret = new.removeprefix("/calendar/").removesuffix(".ics").partition("-")
    wrong = [
        old,
        f"/calendar/{number}-{'0' * 40}.ics",
        f"/calendar/{int(number) + 50}-{secret}.ics",
        f"/calendar/{omars.removeprefix('/calendar/').partition('-')[0]}-{secret}.ics",
        f"/calendar/{number}-{secret}",
        "/calendar/x",
        "/calendar/" + "9" * 3000,
        "/calendar/%00.ics",
    ]
    answers = [client.get(path, headers={"If-None-Match": "*"}) for path in wrong]
    assert {answer.status_code for answer in answers} == {404}
    bodies = {re.sub(r"[0-9a-f]{4}-[0-9a-f]{4}", "the reference", answer.text) for answer in answers}
    assert len(bodies) == 1
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
    assert client.get(new).status_code == 200
    assert secret not in portal.log()


def test_the_address_opens_the_calendar_and_nothing_else(portal: Portal) -> None:
    path = path_of(portal)
    client = portal.client()
    client.get(path)
    assert client.get("/calendar").headers["location"] == "/login?next=/calendar"
    assert client.get("/calendar/").status_code == 404
    for below in (f"{path}/x", f"{path}/../../invitations", "/calendar/x/y"):
        assert client.get(below).status_code in (303, 404), below
    for method in ("POST", "PUT", "DELETE"):
        assert client.request(method, path).status_code in (401, 404, 405), method


def test_the_page_opens_whatever_month_is_asked(portal: Portal) -> None:
    nora = portal.sign_in(NORA)
    for month in ("2026-12", "", "2026-13", "9999-99", "'", "%00", "x" * 3000, "<script>"):
        answer = nora.get(f"/calendar?month={month}")
        assert answer.status_code == 200, month
        assert "<script>alert" not in answer.text, month


async def test_many_ask_at_once(portal: Portal) -> None:
    path = path_of(portal)
    client = portal.client()
    answers = await asyncio.gather(*(asyncio.to_thread(client.get, path) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
