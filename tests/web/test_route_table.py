"""R20: every registered route, and what it answers to each kind of person. A route missing here fails, and so does one
missing in creos_ui/web/access.py."""

from __future__ import annotations

import json
from datetime import timedelta

import httpx
import pytest

from creos_ui import clock
from creos_ui.services.roles import Act
from creos_ui.web import access
from models import Account, Role
from tests.portal import DOCUMENT, NORA, Portal
from tests.web.staff import add_staff, office_session

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
    "GET /calendar": ("/calendar", 303, 200),
    "GET /calendar/{name}": ("/calendar/1-x.ics", 404, 404),
    "HEAD /calendar/{name}": ("/calendar/1-x.ics", 404, 404),
    "GET /wallet": ("/wallet", 303, 200),
    "GET /wallet/movements.csv": ("/wallet/movements.csv", 303, 200),
    "GET /documents/{token}": (f"/documents/{DOCUMENT}", 303, 200),
    "HEAD /documents/{token}": (f"/documents/{DOCUMENT}", 303, 200),
    "GET /office": ("/office", 303, 404),
}
# route of an act: what it answers to each of these
STAFF = ("secretary", "bookkeeper", "administrator", "teacher", "ended", "closed")
OFFICE = {
    "GET /office": (200, 200, 200, 403, 404, 303),
}


def test_every_route_is_in_the_table(portal: Portal) -> None:
    registered = set(json.loads(portal.sign_in(NORA).get("/trial/routes").text))
    ours = {route for route in registered if "/trial" not in route and "/_nicegui" not in route}
    assert ours == set(TABLE)
    for route in (route for route in registered if "/trial" not in route):
        path = route.split()[1]
        assert access.find(path), f"{route} is not in creos_ui/web/access.py"
    entries = {path for path in access.TABLE if "{path:path}" not in path}
    assert entries == {route.split()[1] for route in ours}, "what stands there is a route"
    acts = {path for path, route in access.TABLE.items() if isinstance(route.who, Act)}
    assert acts == {route.split()[1] for route in OFFICE}


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


@pytest.fixture(scope="module")
def staff(portal_process: Portal) -> dict[str, httpx.Client]:
    """Each of STAFF, signed in with the second factor given."""
    portal = portal_process
    for role in (Role.SECRETARY, Role.BOOKKEEPER, Role.ADMINISTRATOR, Role.TEACHER):
        add_staff(portal, role.value, role)
    add_staff(portal, "ended", Role.SECRETARY, until_day=clock.today() - timedelta(days=1))
    add_staff(portal, "closed", Role.SECRETARY)
    clients = {name: office_session(portal, name) for name in STAFF}
    portal.elsewhere(lambda: Account.filter(identifier="closed").update(closed_at=clock.now()))
    return clients


def test_the_answer_to_each_of_the_office(
    portal: Portal, staff: dict[str, httpx.Client], subtests: pytest.Subtests
) -> None:
    for route, answers in OFFICE.items():
        method, path = route.split()[0], TABLE[route][0]
        for name, expected in zip(STAFF, answers, strict=True):
            with subtests.test(f"{route} to {name}"):
                answer = staff[name].request(method, path)
                assert answer.status_code == expected
                assert ("Votre rôle ne permet pas ce geste" in answer.text) is (expected == 403)
                if expected == 303:
                    assert answer.headers["location"] == f"/login?next={path}"


def test_parents_pages_are_not_there_for_staff_without_children(portal: Portal, staff: dict[str, httpx.Client]) -> None:
    for path in ("/invitations", "/calendar", "/wallet", "/wallet/movements.csv", f"/documents/{DOCUMENT}"):
        assert staff["secretary"].get(path).status_code == 404


def test_who_is_refused_by_role_is_in_the_log(portal: Portal, staff: dict[str, httpx.Client]) -> None:
    before = portal.log().count("authz_denied")
    assert staff["teacher"].get("/office").status_code == 403
    assert staff["ended"].get("/office").status_code == 404
    assert staff["secretary"].get(f"/documents/{DOCUMENT}").status_code == 404
    assert staff["secretary"].get("/nowhere").status_code == 404
    lines = [line for line in portal.log().splitlines() if "authz_denied" in line][before:]
    assert len(lines) == 3
    assert lines[0].endswith("route=/office status=403")
    assert lines[2].endswith("route=/documents/{token} status=404"), "the address itself is a secret"


def test_without_a_session_no_unsafe_method_reaches_anything_else(portal: Portal) -> None:
    nobody = portal.client()
    for path in ("/", "/invitations", f"/documents/{DOCUMENT}", "/trial"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert nobody.request(method, path).status_code == 401
