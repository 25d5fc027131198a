"""All one's own data, and nothing of anybody else's (R60, R22): two families, one shared child, canaries."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any

import pytest

from creos_ui import clock
from creos_ui.services.accounts import own_data, sessions
from creos_ui.services.accounts.account import sign_in
from models import Account, CalendarFeed, MailKind, MailMessage, Pupil, RecoveryCode, SchoolClass, Session
from tests.school import School, add_guardian, add_pupil
from tests.services.signing_in import HOME, NORA, PASSWORD, Hands, hands, nora, secret
from tests.services.test_second_factor import switched_on

__all__ = ["hands", "nora", "secret"]


async def taken_away(account: Account) -> dict[str, str]:
    """The files of the zip, by name."""
    content = own_data.zipped(await own_data.own_data(account.id))
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.testzip() is None
        return {name: file.read(name).decode("utf-8-sig") for name in file.namelist()}


@pytest.fixture
async def account(nora: Account, school: School, hands: Hands) -> Account:
    """Nora, after a busy year: payments, a refusal, sessions, mail, a calendar, a second factor."""
    await Account.filter(id=nora.id).update(email="nora@canary.example")
    third = await SchoolClass.create(name="3e primaire A")
    await Pupil.filter(id=school.lou.id).update(school_class_id=third.id)
    paid = await school.invite(school.lou, price_cents=1_250, title="Musée du jouet")
    await school.pay(paid)
    await school.decline(await school.invite(school.tim, title="=cmd|' /C calc'!A0"))
    await school.invite(school.tim, title="Ferme")
    await sessions.open_session(nora.id, device="Mozilla/5.0 (Windows NT 10.0) Chrome/131.0.0.0 Safari/537.36")
    await sign_in(NORA, PASSWORD, address=HOME)
    await MailMessage.create(
        message_id="m-1", account_id=nora.id, kind=MailKind.RECEIPT, address="nora@canary.example",
        facts='{"secret":"fact"}', created_at=clock.now(), sent_at=clock.now(),
    )  # fmt: skip
    await CalendarFeed.create(guardian_id=school.nora.id, created_at=clock.now())
    await switched_on(nora)
    return await Account.get(id=nora.id)


async def test_everything_of_one_s_own_is_there(account: Account) -> None:
    files = await taken_away(account)
    assert set(files) == {"creos.json", "invitations.csv", "movements.csv"}
    data: dict[str, Any] = json.loads(files["creos.json"])
    assert data["account"]["identifier"] == NORA
    assert data["account"]["email"] == "nora@canary.example"
    assert data["account"]["second_factor"] is True
    assert data["guardian"] == {
        "last_name": "Peeters", "first_name": "Nora", "pays_mandatory": False, "balance_cents": 750,
    }  # fmt: skip
    assert [(child["first_name"], child["class"]) for child in data["children"]] == [
        ("Lou", "3e primaire A"),
        ("Tim", None),
    ]
    assert [(line["child"], line["answer"]) for line in data["invitations"]] == [
        ("Peeters Lou", "paid"),
        ("Peeters Tim", "declined"),
        ("Peeters Tim", "open"),
    ]
    assert [(m["kind"], m["amount_cents"], m["balance_cents"]) for m in data["movements"]] == [
        ("top_up", 2_000, 2_000),
        ("payment", -1_250, 750),
    ]
    assert data["sessions"][0]["browser"] == "Chrome"
    assert data["sessions"][0]["system"] == "Windows"
    assert {mail["kind"] for mail in data["mails"]} == {"receipt", "second_factor"}
    assert len(data["calendar_feeds"]) == 1
    assert "\n  " in files["creos.json"]
    assert "Musée du jouet" in files["creos.json"], "UTF-8, not escapes"


async def test_the_tables_open_in_a_spreadsheet_and_compute_nothing(account: Account) -> None:
    files = await taken_away(account)
    invitations = list(csv.DictReader(io.StringIO(files["invitations.csv"]), delimiter=";"))
    movements = list(csv.DictReader(io.StringIO(files["movements.csv"]), delimiter=";"))
    assert [line["amount"] for line in movements] == ["20,00", "-12,50"]
    assert [line["balance"] for line in movements] == ["20,00", "7,50"]
    assert invitations[1]["activity"].startswith("'=cmd")
    assert not any(cell.startswith(("=", "+", "@")) for line in invitations for cell in line.values())


async def test_no_lock_of_the_portal_leaves_it(account: Account) -> None:
    told = "".join((await taken_away(account)).values())
    stored = [account.password_hash, account.totp_secret]
    stored += [row["token_hash"] for row in await Session.all().values()]
    stored += [row["code_hash"] for row in await RecoveryCode.all().values()]
    assert len(stored) > 10
    for value in stored:
        assert value
        assert value not in told
    assert '{"secret":"fact"}' not in told
    assert "m-1" not in told


async def test_nothing_of_the_other_household_of_a_shared_child(account: Account, school: School) -> None:
    other = await add_guardian("Canari", "Zéphyrin", credit_cents=98_765)
    theirs = await Account.create(
        identifier="canari.zephyrin", guardian_id=other.id, email="zephyrin@canary.example", password_hash="canary-hash"
    )
    shared = await add_pupil("Peeters", "Ada", school.nora, other)
    alone = await add_pupil("Canari", "Colibri", other)
    await school.pay(await school.invite(shared, debtor=other, price_cents=43_21, title="Serin"), payer=other)
    await school.invite(alone, debtor=other, title="Pinson")
    await school.invite(shared, debtor=school.nora, title="Notre sortie")
    await sessions.open_session(theirs.id, device="Canary Browser")
    await MailMessage.create(
        message_id="m-2", account_id=theirs.id, kind=MailKind.RECEIPT, address="zephyrin@canary.example", facts="{}",
        created_at=clock.now(),
    )  # fmt: skip

    told = "".join((await taken_away(account)).values())
    assert "Peeters Ada" in told
    assert "Notre sortie" in told
    for canary in (
        "Canari", "Zéphyrin", "zephyrin", "Colibri", "Serin", "Pinson", "Canary Browser", "canary-hash", "98765",
        "987,65", "4321", "43,21", "Haddad", "Omar", "Mia",
    ):  # fmt: skip
        assert canary not in told, canary

    told = "".join((await taken_away(theirs)).values())
    assert "Serin" in told
    for canary in ("Nora", "nora@canary.example", "Musée", "Ferme", "Notre sortie", "Windows", "Lou", "Tim"):
        assert canary not in told, canary


async def test_an_account_without_anything_has_a_file_too(school: School) -> None:
    bare = await Account.create(identifier="bare.account", guardian_id=(await add_guardian("Vide", "Tout")).id)
    files = await taken_away(bare)
    assert json.loads(files["creos.json"])["invitations"] == []
    assert files["invitations.csv"] == ""
