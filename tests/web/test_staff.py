"""Staff without children at the school have a profile and the office, and none of a parent's pages."""

from __future__ import annotations

import io
import json
import zipfile

from models import Role
from tests.portal import NORA, Portal
from tests.web.staff import add_staff, office_session


def test_they_come_to_the_office(portal: Portal) -> None:
    add_staff(portal, "petit.marc", Role.BOOKKEEPER)
    client = portal.sign_in("petit.marc")
    assert client.get("/").headers["location"] == "/office"
    assert client.get("/office").headers["location"] == "/profile/second-factor"  # none is set up yet (O5)
    assert "Les pages de l’école ne s’ouvrent qu’avec un deuxième facteur" in client.get("/profile/second-factor").text
    assert portal.sign_in(NORA).get("/").headers["location"] == "/invitations"


def test_the_office_asks_for_the_code_again_after_a_quarter_of_an_hour(portal: Portal) -> None:
    add_staff(portal, "simon.julie", Role.SECRETARY)
    client = office_session(portal, "simon.julie")
    portal.move_clock(seconds=14 * 60)
    assert client.get("/office").status_code == 200
    portal.move_clock(seconds=29 * 60 + 1)
    assert client.get("/office").headers["location"] == "/login?next=/office"
    assert client.get("/profile").status_code == 200


def test_who_is_of_no_office_comes_to_the_profile(portal: Portal) -> None:
    add_staff(portal, "haddad.karim", Role.TEACHER)
    assert portal.sign_in("haddad.karim").get("/").headers["location"] == "/profile"


def test_a_parents_pages_are_not_there_for_them(portal: Portal) -> None:
    add_staff(portal, "delvaux.anne", Role.HEAD)
    client = office_session(portal, "delvaux.anne")
    for path in ("/invitations", "/wallet", "/calendar", "/wallet/movements.csv"):
        assert client.get(path).status_code == 404, path
    for path in ("/office", "/profile", "/profile/password", "/profile/email"):
        assert client.get(path).status_code == 200, path
    assert "/wallet" not in client.get("/profile").text


def test_they_take_their_own_data_away(portal: Portal) -> None:
    add_staff(portal, "lambert.sophie", Role.SECRETARY)
    answer = office_session(portal, "lambert.sophie").get("/profile/my-data.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        data = json.loads(file.read("creos.json"))
    assert (data["account"]["roles"], data["guardian"], data["invitations"]) == (["secretary"], None, [])
