"""The second step of signing in, and the profile's forms, by HTTP: no session before the code (R9, R10, R11)."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest

from models import Account
from tests.portal import NORA, OMAR, PASSWORD, Portal

FORMS = (
    ("/profile/password", {"current": "wrong", "new": "Trois cerises volent bas"}),
    ("/profile/email", {"password": "wrong", "address": "new@tilleul.example"}),
    ("/profile/second-factor/on", {"password": "wrong", "code": "000000"}),
    ("/profile/second-factor/off", {"password": "wrong", "code": "000000"}),
    ("/profile/second-factor/codes", {"password": "wrong", "code": "000000"}),
)
STATE = """SELECT password_hash, email, totp_secret, (SELECT count(*) FROM recovery_code),
    (SELECT count(*) FROM mail_message) FROM account WHERE identifier = ?"""


@pytest.fixture
def codes(portal: Portal) -> Iterator[list[str]]:
    """Nora has a second factor; these are her recovery codes."""
    client = portal.sign_in(NORA)
    page = client.get("/profile/second-factor").text
    found = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", page)
    assert found, page
    code = pyotp.TOTP(found[0].replace(" ", "")).at(int(time.time()))
    answer = client.post("/profile/second-factor/on", data={"password": PASSWORD, "code": code})
    shown = client.get(answer.headers["location"]).text
    recovery = list(dict.fromkeys(re.findall(r"\b[a-hjkmnp-tv-z2-9]{5}-[a-hjkmnp-tv-z2-9]{5}\b", shown)))
    assert len(recovery) == 10, answer.headers["location"]
    yield recovery
    portal.elsewhere(lambda: Account.all().update(totp_secret=None, totp_last_step=None))
    portal.query("DELETE FROM recovery_code")


def first_step(portal: Portal, **fields: str) -> tuple[httpx.Client, httpx.Response]:
    client = portal.client()
    return client, client.post("/login", data={"identifier": NORA, "password": PASSWORD, **fields})


def test_the_right_password_alone_gives_no_session(portal: Portal, codes: list[str]) -> None:
    client, answer = first_step(portal)
    assert answer.headers["location"] == "/login/code"
    given = {line.split("=")[0]: line for line in answer.headers.get_list("set-cookie")}
    assert set(given) == {"pending", "known"}
    assert "HttpOnly" in given["pending"]
    assert "SameSite=lax" in given["pending"]
    assert "Max-Age=300" in given["pending"]
    for path in ("/invitations", "/profile", "/profile/my-data.zip"):
        assert client.get(path).headers["location"].startswith("/login?next=")
    impostor = portal.client()
    impostor.cookies.set("sid", client.cookies["pending"], domain="127.0.0.1")
    assert impostor.get("/invitations").status_code == 303
    assert client.get("/login/code").status_code == 200


def test_the_code_gives_a_new_session_and_takes_the_step_away(portal: Portal, codes: list[str]) -> None:
    client, answer = first_step(portal, next="/profile")
    assert answer.headers["location"] == "/login/code?next=%2Fprofile"
    old = portal.sign_in(OMAR).cookies["sid"]
    client.cookies.set("sid", old, domain="127.0.0.1")  # somebody was signed in here
    answer = client.post("/login/code", data={"code": codes[0], "next": "/profile"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/profile")
    given = {line.split("=")[0]: line for line in answer.headers.get_list("set-cookie")}
    assert given["pending"].startswith('pending="";')
    assert old not in given["sid"]
    before = portal.client()
    before.cookies.set("sid", old, domain="127.0.0.1")
    assert before.get("/invitations").status_code == 303, "and that session has ended"


def test_a_refused_code_says_so_and_keeps_the_way(portal: Portal, codes: list[str]) -> None:
    client, _ = first_step(portal)
    answer = client.post("/login/code", data={"code": "000000", "next": "/profile"})
    assert answer.headers["location"] == "/login/code?refusal=code_refused&next=%2Fprofile"
    assert "sid" not in client.cookies
    for _ in range(4):
        client.post("/login/code", data={"code": "000000"})
    answer = client.post("/login/code", data={"code": "000000"})
    assert answer.headers["location"] == "/login/code?refusal=too_many_codes&minutes=5"


def test_the_second_step_leads_nowhere_else(portal: Portal, codes: list[str]) -> None:
    for next_, code in zip(("//evil.example", "https://evil.example/", "/login/code"), codes, strict=False):
        client, answer = first_step(portal, next=next_)
        assert answer.headers["location"] == "/login/code", next_
        answer = client.post("/login/code", data={"code": code, "next": next_})
        assert answer.headers["location"] == "/invitations", next_


def test_after_five_minutes_it_begins_anew(portal: Portal, codes: list[str]) -> None:
    client, _ = first_step(portal)
    portal.move_clock(seconds=301)
    answer = client.post("/login/code", data={"code": codes[0]})
    assert answer.headers["location"] == "/login?refusal=second_step_over"
    assert "La connexion a pris trop de temps" in client.get(answer.headers["location"]).text
    assert client.get("/login/code").headers["location"] == "/login"


def test_the_step_between_may_be_read_in_any_language(portal: Portal, codes: list[str]) -> None:
    client, _ = first_step(portal)
    answer = client.post("/language", data={"language": "nl", "next": "/login/code"})
    assert answer.headers["location"] == "/login/code"
    assert 'lang="nl"' in client.get("/login/code").text


def test_a_wrong_password_is_never_asked_for_a_code(portal: Portal, codes: list[str]) -> None:
    """Or the second step would tell that the first was right."""
    answer = portal.client().post("/login", data={"identifier": NORA, "password": "wrong"})
    assert answer.headers["location"].startswith("/login?refusal=sign_in")
    assert "set-cookie" not in answer.headers


def test_a_form_without_the_password_does_nothing(portal: Portal, codes: list[str], subtests: pytest.Subtests) -> None:
    client, _ = first_step(portal)
    client.post("/login/code", data={"code": codes[0]})
    before = portal.query(STATE, NORA)
    for path, fields in FORMS:
        portal.query("DELETE FROM sign_in_attempt")  # or the limit on guessing would answer for the last of them
        for data in ({}, fields, {**fields, "code": codes[1]}, dict.fromkeys(fields, "x" * 10_000)):
            with subtests.test(path, data=data):
                answer = client.post(path, data=data)
                assert answer.status_code == 303
                assert "answer" in parse_qs(urlsplit(answer.headers["location"]).query)
                assert portal.query(STATE, NORA) == before


def test_what_one_is_shown_is_for_that_session_only(portal: Portal, codes: list[str]) -> None:
    client, _ = first_step(portal)
    client.post("/login/code", data={"code": codes[0]})
    answer = client.post("/profile/second-factor/codes", data={"password": PASSWORD, "code": codes[1]})
    where = answer.headers["location"]
    mine, theirs = client.get(where).text, portal.sign_in(OMAR).get(where).text
    shown = re.findall(r"\b[a-hjkmnp-tv-z2-9]{5}-[a-hjkmnp-tv-z2-9]{5}\b", mine)
    assert shown
    assert not any(code in theirs or code in where for code in shown)
    portal.move_clock(seconds=301)
    assert shown[0] not in client.get(where).text


def test_the_file_of_one_s_own_data(portal: Portal) -> None:
    answer = portal.sign_in(NORA).get("/profile/my-data.zip")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith('attachment; filename="creos-')
    assert answer.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        told = file.read("creos.json").decode()
    assert NORA in told
    assert "Mia" not in told
    assert OMAR not in told
