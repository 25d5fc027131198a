"""The school is a row: the environment says what is in it, until the school is opened (O4)."""

from __future__ import annotations

import pytest

from creos_ui import clock
from creos_ui.services import keys
from creos_ui.services.mail.worker import server_of
from creos_ui.services.school import InForce, open_school, read, school
from creos_ui.settings import portal_settings
from models import BankAccount, School
from tests.services.signing_in import secret
from tests.test_settings import GOOD

__all__ = ["secret"]
SECRET = "a secret of the tests, long enough for any"
MAIL = {
    "CREOS_SMTP_HOST": "mail.ecole.example",
    "CREOS_SMTP_USER": "portail",
    "CREOS_SMTP_PASSWORD": "un mot de passe du serveur",
    "CREOS_MAIL_FROM": "portail@ecole.example",
    "CREOS_REMINDER_DAYS": "9,3,1",
}


@pytest.fixture(autouse=True)
async def environment(db: object, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (GOOD | MAIL).items():
        monkeypatch.setenv(name, value)
    await keys.open_keys(SECRET)


async def test_the_environment_says_what_the_school_is_until_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    await open_school(portal_settings())
    first = school()
    assert first == InForce(
        name=GOOD["CREOS_SCHOOL_NAME"],
        contact=GOOD["CREOS_SCHOOL_CONTACT"],
        payee_name=GOOD["CREOS_PAYEE_NAME"],
        payee_iban=GOOD["CREOS_PAYEE_IBAN"].replace(" ", ""),
        mail_server=first.mail_server,
        mail_from="portail@ecole.example",
        reminder_days=(9, 3, 1),
    )
    for name in ("SCHOOL_NAME", "SCHOOL_CONTACT", "PAYEE_NAME"):
        monkeypatch.setenv(f"CREOS_{name}", "Une autre")
    monkeypatch.setenv("CREOS_PAYEE_IBAN", "BE71096123456769")
    monkeypatch.setenv("CREOS_SMTP_HOST", "other.example")
    await open_school(portal_settings())
    second = school()
    assert (second.name, second.contact, second.payee_name) == ("Une autre",) * 3
    assert second.payee_iban == "BE71096123456769"
    assert second.mail_server
    assert second.mail_server.host == "other.example"
    assert (await School.all().count(), await BankAccount.all().count()) == (1, 1)

    await School.all().update(opened_at=clock.now())
    for name, value in (GOOD | MAIL).items():
        monkeypatch.setenv(name, value)
    await open_school(portal_settings())
    assert school() == second


async def test_the_password_of_the_mail_server_lies_sealed() -> None:
    await open_school(portal_settings())
    server = server_of(school())
    assert server is not None
    assert server.password == MAIL["CREOS_SMTP_PASSWORD"]
    stored = (await School.get()).smtp_password
    assert stored
    assert MAIL["CREOS_SMTP_PASSWORD"] not in stored


async def test_what_another_process_changes_is_read() -> None:
    await open_school(portal_settings())
    await School.all().update(name="École du Tilleul", smtp_host=None)
    assert school().name == GOOD["CREOS_SCHOOL_NAME"]
    await read()
    assert (school().name, server_of(school())) == ("École du Tilleul", None)


async def test_without_a_school_nothing_is_named() -> None:
    await read()
    assert school() == InForce()
