"""People of the office in a running portal, and their second factor, set up as they would themselves."""

from __future__ import annotations

import re
import time
from datetime import date
from typing import Any

import httpx
import pyotp

from creos_ui import clock
from models import Account, AccountRole, Role
from tests.portal import PASSWORD, Portal


def add_staff(portal: Portal, identifier: str, *roles: Role, until_day: date | None = None) -> int:
    """An account with these roles and the usual password; returns its id."""

    async def work() -> int:
        from creos_ui.services.accounts.passwords import hash_password

        values: dict[str, Any] = {"last_name": identifier.title(), "first_name": "Ada", "language": "fr"}
        hashed = await hash_password(PASSWORD)
        account = await Account.create(identifier=identifier, password_hash=hashed, **values)
        for role in roles:
            now = clock.now()
            await AccountRole.create(account_id=account.id, role=role, given_at=now, until_day=until_day)
        return account.id

    return portal.elsewhere(work)


def set_up_factor(client: httpx.Client, **fields: str) -> tuple[list[str], httpx.Response]:
    """Switch the second factor on in this session; returns the recovery codes, and the answer that led to them."""
    page = client.get("/profile/second-factor").text
    found = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", page)
    assert found, page
    code = pyotp.TOTP(found[0].replace(" ", "")).at(int(time.time()))
    answer = client.post("/profile/second-factor/on", data={"password": PASSWORD, "code": code, **fields})
    shown = client.get(answer.headers["location"]).text
    codes = list(dict.fromkeys(re.findall(r"\b[a-hjkmnp-tv-z2-9]{5}-[a-hjkmnp-tv-z2-9]{5}\b", shown)))
    assert len(codes) == 10, answer.headers["location"]
    return codes, answer


def office_session(portal: Portal, identifier: str) -> httpx.Client:
    """Signed in for the first time, with the second factor given."""
    client = portal.sign_in(identifier)
    set_up_factor(client)
    return client
