"""R20: every registered route, and what it answers to nobody and to a parent. A route missing here fails."""

from __future__ import annotations

import json

import pytest

from tests.portal import DOCUMENT, NORA, Portal

# route: (a path of it, answer to nobody, answer to a parent)
TABLE = {
    "GET /": ("/", 303, 303),
    "GET /login": ("/login", 200, 200),
    "POST /login": ("/login", 303, 303),
    "POST /logout": ("/logout", 303, 303),
    "POST /language": ("/language", 303, 303),
    "GET /reset": ("/reset", 200, 200),
    "POST /reset": ("/reset", 303, 303),
    "GET /reset/{token}": ("/reset/nonsense", 200, 200),
    "POST /reset/{token}": ("/reset/nonsense", 303, 303),
    "GET /confirm-email": ("/confirm-email", 200, 200),
    "GET /confirm-email/{token}": ("/confirm-email/nonsense", 200, 200),
    "POST /confirm-email/{token}": ("/confirm-email/nonsense", 303, 303),
    "GET /dev/mail": ("/dev/mail", 404, 404),  # in the demo alone
    "GET /dev/mail/{number}": ("/dev/mail/1", 404, 404),
    "GET /login/code": ("/login/code", 303, 303),
    "POST /login/code": ("/login/code", 303, 303),
    "GET /profile": ("/profile", 303, 200),
    "GET /profile/password": ("/profile/password", 303, 200),
    "POST /profile/password": ("/profile/password", 401, 303),
    "GET /profile/email": ("/profile/email", 303, 200),
    "POST /profile/email": ("/profile/email", 401, 303),
    "GET /profile/second-factor": ("/profile/second-factor", 303, 200),
    "POST /profile/second-factor/on": ("/profile/second-factor/on", 401, 303),
    "POST /profile/second-factor/off": ("/profile/second-factor/off", 401, 303),
    "POST /profile/second-factor/codes": ("/profile/second-factor/codes", 401, 303),
    "GET /profile/recovery-codes": ("/profile/recovery-codes", 303, 200),
    "GET /profile/my-data.zip": ("/profile/my-data.zip", 303, 200),
    "GET /healthz": ("/healthz", 200, 200),
    "GET /favicon.ico": ("/favicon.ico", 200, 200),
    "HEAD /favicon.ico": ("/favicon.ico", 200, 200),
    "GET /invitations": ("/invitations", 303, 200),
    "GET /office": ("/office", 303, 404),
    "GET /calendar": ("/calendar", 303, 200),
    "GET /calendar/{name}": ("/calendar/1-x.ics", 404, 404),
    "HEAD /calendar/{name}": ("/calendar/1-x.ics", 404, 404),
    "GET /wallet": ("/wallet", 303, 200),
    "GET /wallet/movements.csv": ("/wallet/movements.csv", 303, 200),
    "GET /documents/{token}": (f"/documents/{DOCUMENT}", 303, 200),
    "HEAD /documents/{token}": (f"/documents/{DOCUMENT}", 303, 200),
}


def test_every_route_is_in_the_table(portal: Portal) -> None:
    registered = set(json.loads(portal.sign_in(NORA).get("/trial/routes").text))
    ours = {route for route in registered if "/trial" not in route and "/_nicegui" not in route}
    assert ours == set(TABLE)


def test_the_answer_to_nobody_and_to_a_parent(portal: Portal, subtests: pytest.Subtests) -> None:
    reader = portal.sign_in(NORA)
    for route, (path, to_nobody, to_a_parent) in TABLE.items():
        method = route.split()[0]
        # what is posted may end the session it came with
        nobody, parent = portal.client(), portal.sign_in(NORA) if method == "POST" else reader
        with subtests.test(route):
            answer = nobody.request(method, path)
            assert answer.status_code == to_nobody
            if method != "POST" and to_nobody == 303:
                assert answer.headers["location"].startswith("/login")
            assert parent.request(method, path).status_code == to_a_parent


def test_without_a_session_no_unsafe_method_reaches_anything_else(portal: Portal) -> None:
    nobody = portal.client()
    for path in ("/", "/invitations", f"/documents/{DOCUMENT}", "/trial"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert nobody.request(method, path).status_code == 401
