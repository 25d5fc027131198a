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
    assert portal.sign_in("petit.marc").get("/").headers["location"] == "/office"
    assert portal.sign_in(NORA).get("/").headers["location"] == "/invitations"


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
