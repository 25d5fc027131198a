"""In which language a visitor is answered: the account, the choice on this browser, the browser's wish, French."""

from __future__ import annotations

import time

import pytest

from creos_ui.web.language import asked_for
from tests.portal import NORA, Portal


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "fr"),
        ("nl", "nl"),
        ("nl-BE,nl;q=0.9,en;q=0.8", "nl"),
        ("NL-be", "nl"),
        ("de-BE", "de"),
        ("fr-BE,fr;q=0.9,nl;q=0.8", "fr"),
        ("de;q=0.7,nl;q=0.8,fr;q=0.1", "nl"),
        ("de;q=0.8, nl;q=0.8", "de"),  # of equals, the first
        ("nl ; q=0.3 , de ; q=0.4", "de"),
        # English must be chosen, and what comes after it counts
        ("en", "fr"),
        ("en-US,en;q=0.9", "fr"),
        ("en-GB,en;q=0.9,nl;q=0.5", "nl"),
        # a language of nobody here, and any language at all
        ("pl,uk;q=0.9", "fr"),
        ("*", "fr"),
        ("pl,*;q=0.5,de;q=0.1", "de"),
        # not wanted, and qualities that are none
        ("nl;q=0", "fr"),
        ("nl;q=0.000,de;q=0.001", "de"),
        ("nl;q=2,de;q=0.1", "de"),
        ("nl;q=-1", "fr"),
        ("nl;q=nan,de;q=inf,fr;q=1e9", "fr"),
        ("nl;q=0.12345,de;q=0.1", "de"),
        ("nl;q=,de;q", "fr"),
        ("nl;level=1,de;q=0.2;level=1", "fr"),
        ("nl;q=１,de;q=0.1", "de"),  # a full-width digit
        ("nld,dex,nl_BE", "fr"),
        (",,;,;;q=1,-,nl", "nl"),
        ("\x00\ud800nl,de", "de"),
    ],
)
def test_what_a_browser_asks_for(header: str, language: str) -> None:
    assert asked_for(header) == language


@pytest.mark.parametrize("part", ["nl;q=0.5,", "n", ",", ";", "nl;", "q=1;", "nl-", "  ", "nl;q=0.0000000000", "*,"])
def test_a_header_of_any_length_costs_nothing(part: str) -> None:
    header = part * 1_000_000
    before = time.perf_counter()
    assert asked_for(header) in ("fr", "nl")
    assert time.perf_counter() - before < 0.1


def lang(portal: Portal, path: str = "/login", **headers: str) -> str:
    """The lang attribute of the answer."""
    page = portal.client(**headers).get(path).text
    return page.partition('<html lang="')[2].partition('"')[0]


def test_before_sign_in_the_choice_counts_and_then_the_browser(portal: Portal) -> None:
    assert lang(portal) == "fr"
    for wish, answered in (("nl-BE", "nl"), ("de", "de"), ("en-US,en;q=0.9", "fr")):
        assert lang(portal, **{"Accept-Language": wish}) == answered
    assert lang(portal, **{"Accept-Language": "nl-BE", "Cookie": "lang=de"}) == "de"
    assert lang(portal, **{"Accept-Language": "nl-BE", "Cookie": "lang=en"}) == "en-GB"
    assert lang(portal, **{"Accept-Language": "nl-BE", "Cookie": "lang=xx"}) == "nl"
    assert lang(portal, **{"Accept-Language": "nl;q=0.5," * 1_100}) == "nl"


def test_error_pages_follow_the_browser_too(portal: Portal) -> None:
    answer = portal.client(**{"Accept-Language": "nl"}).post("/nowhere")
    assert answer.status_code == 401
    assert "U bent niet aangemeld" in answer.text


def test_after_sign_in_the_account_counts(portal: Portal) -> None:
    nora = portal.sign_in(NORA)
    for language in ("nl", "de"):
        nora.post("/language", data={"language": language})
        assert portal.query("SELECT language FROM account WHERE identifier = ?", NORA) == [(language,)]
        elsewhere = portal.sign_in(NORA)  # another browser, which was told nothing
        page = elsewhere.get("/nowhere", headers={"Accept-Language": "fr-BE"})
        assert f'<html lang="{language}"' in page.text
    nora.post("/language", data={"language": "fr"})


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", "Tentative de reconnexion"),
        ("nl", "We proberen opnieuw verbinding te maken"),
        ("de", "Die Verbindung wird wiederhergestellt"),
        ("en", "Trying to reconnect"),
    ],
)
def test_a_lost_connection_is_told_in_every_language(portal: Portal, language: str, words: str) -> None:
    assert words in portal.client(Cookie=f"lang={language}").get("/login").text
