"""R5-R9 as an attacker and a forgetful parent meet them: through HTTP and a real SMTP server."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from models import Account
from tests.portal import NORA, OMAR, PASSWORD, Portal, running_portal
from tests.smtp import Sink, link_in, running_sink, text_of

NORA_AT = "nora.peeters@example.org"
NEW = "Trois chats dorment"
pytestmark = pytest.mark.served


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Portal, Sink]]:
    with running_sink() as sink, running_portal(tmp_path_factory.mktemp("portal"), **sink.settings()) as portal:
        yield portal, sink


@pytest.fixture
def post(both: tuple[Portal, Sink]) -> tuple[Portal, Sink]:
    """Nora has an address and her first password, Omar has no address; the post is empty."""
    portal, sink = both
    portal.move_clock(seconds=0)
    for table in ("reset_request", "one_time_link", "mail_message", "sign_in_attempt"):
        portal.query(f"DELETE FROM {table}")
    old = portal.query("SELECT password_hash FROM account WHERE identifier = ?", OMAR)[0][0]
    change(portal, NORA, email=NORA_AT, email_failed_at=None, password_hash=old)
    sink.taken.clear()
    return portal, sink


def change(portal: Portal, identifier: str, **values: object) -> None:
    portal.elsewhere(lambda: Account.filter(identifier=identifier).update(**values))


def ask(portal: Portal, who: str = NORA, **headers: str) -> httpx.Response:
    return portal.client(**headers).post("/reset", data={"identifier": who})


def link(portal: Portal, sink: Sink, count: int = 1) -> str:
    """The path of the newest link that arrived."""
    return urlsplit(link_in(sink.wait_for(NORA_AT, count)[-1])).path


def set_password(portal: Portal, path: str, password: str = NEW, again: str | None = None) -> str:
    answer = portal.client().post(path, data={"password": password, "again": again or password})
    assert answer.status_code == 303
    return answer.headers["location"]


def can_sign_in(portal: Portal, password: str) -> bool:
    answer = portal.client().post("/login", data={"identifier": NORA, "password": password})
    return "refusal" not in answer.headers["location"]


def test_the_link_sets_the_password_once_and_signs_nobody_in(post: tuple[Portal, Sink]) -> None:
    portal, sink = post
    open_session = portal.sign_in(NORA)
    ask(portal)
    path = link(portal, sink)
    client = portal.client()
    for _ in range(3):  # what scanners of mail do
        page = client.get(path)
        assert page.status_code == 200
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "new-password" in page.text
    answer = client.post(
        path, data={"password": NEW, "again": NEW}, headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    )
    assert [answer.status_code, answer.headers["location"]] == [303, "/login?done=password"]
    assert "sid" not in answer.cookies
    assert client.get("/invitations").status_code == 303
    assert open_session.get("/invitations").status_code == 303  # every session has ended
    assert can_sign_in(portal, NEW)
    assert not can_sign_in(portal, PASSWORD)
    assert set_password(portal, path, "Quatre chats dorment") == path  # used up
    assert "new-password" not in portal.client().get(path).text
    assert not can_sign_in(portal, "Quatre chats dorment")
    notice = sink.wait_for(NORA_AT, 2)[-1]
    assert notice["Subject"] == "Votre mot de passe a changé"


def test_an_account_brought_over_gets_its_first_password(post: tuple[Portal, Sink]) -> None:
    portal, sink = post
    change(portal, NORA, password_hash=None)
    ask(portal, "  Peeters.NORA ")
    assert set_password(portal, link(portal, sink)) == "/login?done=password"
    assert can_sign_in(portal, NEW)


def test_the_address_is_as_good_as_the_identifier(post: tuple[Portal, Sink]) -> None:
    portal, sink = post
    ask(portal, NORA_AT.upper())
    assert link(portal, sink).startswith("/reset/")


def test_a_forged_host_is_in_no_message(post: tuple[Portal, Sink]) -> None:
    portal, sink = post
    ask(portal, NORA, Host="evil.example", **{"X-Forwarded-Host": "evil.example"})
    message = sink.wait_for(NORA_AT)[0]
    assert link_in(message).startswith(f"{portal.url}/reset/")
    assert "evil" not in str(message)


def test_after_61_minutes_it_is_over(post: tuple[Portal, Sink]) -> None:
    portal, sink = post
    ask(portal)
    path = link(portal, sink)
    portal.move_clock(seconds=59 * 60)
    assert "new-password" in portal.client().get(path).text
    portal.move_clock(seconds=61 * 60)
    assert "new-password" not in portal.client().get(path).text
    assert set_password(portal, path) == path
    assert can_sign_in(portal, PASSWORD)


def test_the_newest_link_kills_the_older(post: tuple[Portal, Sink]) -> None:
    portal, sink = post
    ask(portal)
    older = link(portal, sink)
    ask(portal)
    newer = link(portal, sink, 2)
    assert older != newer
    assert set_password(portal, older) == older
    assert set_password(portal, newer) == "/login?done=password"


def test_a_weak_password_is_refused_with_its_reason_and_the_link_still_works(
    post: tuple[Portal, Sink], subtests: pytest.Subtests
) -> None:
    portal, sink = post
    ask(portal)
    path = link(portal, sink)
    for password, reason in (
        ("court", "password_length"),
        ("x" * 257, "password_length"),
        ("motdepasse2024", "password_common"),
        ("abcabcabcabcabc", "password_pattern"),
        ("Nora Peeters 2016", "password_personal"),
        ("Lou Tim Peeters", "password_personal"),
        ("École du Tilleul!", "password_personal"),
    ):
        with subtests.test(password=password):
            assert set_password(portal, path, password) == f"{path}?refusal={reason}"
            assert re.search(r"role\W+alert", portal.client().get(f"{path}?refusal={reason}").text)
    assert set_password(portal, path, NEW, "something else") == f"{path}?refusal=passwords_differ"
    assert set_password(portal, path) == "/login?done=password"


def test_a_strangers_form_is_refused(post: tuple[Portal, Sink]) -> None:
    portal, sink = post
    ask(portal)
    path = link(portal, sink)
    data = {"password": NEW, "again": NEW}
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null", "Sec-Fetch-Site": "cross-site"}):
        assert portal.client(**headers).post(path, data=data).status_code == 403
        assert portal.client(**headers).post("/reset", data={"identifier": NORA}).status_code == 403
    assert portal.client(Origin="null").post("/reset", data={"identifier": NORA}).status_code == 403
    assert portal.client(Origin="null").post("/login", data={"identifier": NORA}).status_code == 403


def test_a_hundred_requests_are_five_messages_and_one_screen(post: tuple[Portal, Sink]) -> None:
    portal, sink = post
    change(portal, OMAR, email="omar@example.org")
    answers = {(a.status_code, a.headers["location"], a.text) for a in (ask(portal) for _ in range(100))}
    assert answers == {(303, "/reset?sent=1", "")}
    ask(portal, OMAR)  # what was refused is not counted against the address
    sink.wait_for("omar@example.org")
    assert len(sink.to(NORA_AT)) == 5
    change(portal, OMAR, email=None)


def test_an_address_that_asks_for_everybody_is_stopped(post: tuple[Portal, Sink]) -> None:
    portal, sink = post
    for number in range(20):
        ask(portal, f"nobody.{number}")
    ask(portal)
    assert portal.query("SELECT count(*) FROM mail_message") == [(0,)]
    portal.move_clock(seconds=3601)
    ask(portal)
    assert len(sink.wait_for(NORA_AT)) == 1


def test_whatever_is_typed_the_answer_is_the_same(post: tuple[Portal, Sink], subtests: pytest.Subtests) -> None:
    portal, _ = post
    known = ask(portal)
    for who in ("", "x" * 5000, "nul\0nul", "nobody@example.org", "'; DROP TABLE account; --", "@", OMAR):
        with subtests.test(who=who):
            other = ask(portal, who)
            assert [known.status_code, known.headers["location"], known.content] == [
                other.status_code,
                other.headers["location"],
                other.content,
            ]


def test_no_answer_is_quicker_for_who_does_not_exist(post: tuple[Portal, Sink]) -> None:
    portal, _ = post
    client, times = portal.client(), {NORA: [0.0], "nobody.here": [0.0], "nobody@example.org": [0.0], NORA_AT: [0.0]}
    for _ in range(50):
        for who, measured in times.items():
            portal.query("DELETE FROM reset_request")
            begun = time.perf_counter()
            client.post("/reset", data={"identifier": who})
            measured.append(time.perf_counter() - begun)
    medians = [statistics.median(measured) for measured in times.values()]
    assert max(medians) - min(medians) < 0.010, medians


def test_a_page_asked_by_hand_for_a_link_that_never_was(post: tuple[Portal, Sink]) -> None:
    portal, _ = post
    for path in ("/reset/nonsense", "/confirm-email/nonsense", f"/reset/{'x' * 3000}"):
        page = portal.client().get(path)
        assert page.status_code == 200
        assert "<form" not in re.sub(r'"tag":"form"[^}]*"/language"', "", page.text) or "new-password" not in page.text
        assert page.headers["referrer-policy"] == "no-referrer"
    assert set_password(portal, "/reset/nonsense") == "/reset/nonsense"


def test_the_demos_letter_box_is_nowhere_else(post: tuple[Portal, Sink]) -> None:
    portal, sink = post
    ask(portal)
    link(portal, sink)
    ((number,),) = portal.query("SELECT id FROM mail_message")
    for path in ("/dev/mail", f"/dev/mail/{number}"):
        assert portal.client().get(path).status_code == 404
        assert portal.sign_in(NORA).get(path).status_code == 404


def test_pages_answer_while_the_server_is_silent(post: tuple[Portal, Sink]) -> None:
    portal, sink = post
    sink.refuse_data = "451 later"
    try:
        begun = time.perf_counter()
        ask(portal)
        assert time.perf_counter() - begun < 0.5
    finally:
        sink.refuse_data = ""


def test_logs_name_nobody_and_no_token(post: tuple[Portal, Sink]) -> None:
    portal, sink = post
    ask(portal)
    token = link(portal, sink).rsplit("/", 1)[1]
    portal.client().get(f"/reset/{token}")
    sink.refuse_recipient = f"450 later, {NORA_AT}"
    ask(portal)
    deadline = time.monotonic() + 10
    while "was not taken" not in portal.log():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    sink.refuse_recipient = ""
    assert token not in portal.log()
    assert NORA_AT not in portal.log()
    assert NORA not in portal.log()
    assert "was not taken" in portal.log()
    assert text_of(sink.to(NORA_AT)[0])
