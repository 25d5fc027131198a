"""What the door and the profile do is done whole or not at all, whichever of its writes the database refuses: "nothing
was changed" is true, and the same link or code is good for another try."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from creos_ui.database.transactions import default_connection, rows
from creos_ui.services.accounts import account, guessing, links, reset, second_factor, sessions
from models import Account, LinkPurpose, SignInAttempt
from tests.services.refused import REFUSED, refused
from tests.services.signing_in import HOME, NORA, PASSWORD, Hands, hands, nora, secret
from tests.services.test_second_factor import SESSION, code_of, switched_on

__all__ = ["hands", "nora", "secret"]
NEW = "Trois cerises volent bas"
FORGOTTEN = ("account", "known_browser", "one_time_link", "mail_message", "session")
FACTOR = ("account", "recovery_code", "mail_message")
KEPT = sorted({*FORGOTTEN, *FACTOR})  # tries to get in are recorded whatever becomes of them


@dataclass
class Home:
    """Nora, signed in on two browsers, with a link in her messages."""

    account: Account
    here: int
    there: int
    link: str
    codes: list[str]  # where her second factor is on

    async def all(self) -> dict[str, list[dict[str, Any]]]:
        connection = default_connection()
        return {table: await rows(connection, f"SELECT * FROM {table} ORDER BY id") for table in KEPT}

    async def forgotten(self) -> list[int]:
        return await reset.set_by_link(self.link, NEW)

    async def new_password(self) -> list[int]:
        return await account.change_password(self.account.id, current=PASSWORD, new=NEW, keep_session_id=self.here)

    async def second_step(self) -> str:
        pending = await second_factor.pending(self.account.id)
        assert pending
        return await second_factor.second_step(pending, self.codes[0], device="Firefox")

    async def switch_on(self) -> list[str]:
        code = code_of(await second_factor.secret_to_set_up(self.account.id, SESSION))
        return await second_factor.switch_on(self.account.id, SESSION, password=PASSWORD, code=code)

    async def switch_off(self) -> None:
        await second_factor.switch_off(self.account.id, password=PASSWORD, code=self.codes[0])

    async def renew(self) -> list[str]:
        return await second_factor.renew_codes(self.account.id, password=PASSWORD, code=self.codes[0])


Act = Callable[[Home], Awaitable[Any]]
# the act, the tables it writes to, whether the second factor is on
ACTS: list[tuple[Act, tuple[str, ...], bool]] = [
    (Home.forgotten, FORGOTTEN, False),
    (Home.new_password, FORGOTTEN, False),
    (Home.second_step, ("recovery_code", "session"), True),
    (Home.switch_on, FACTOR, False),
    (Home.switch_off, FACTOR, True),
    (Home.renew, ("recovery_code", "mail_message"), True),
]


async def signed_in(who: Account) -> int:
    found = await sessions.load(await sessions.open_session(who.id, device="Firefox"))
    assert found
    return found.session_id


async def home_of(who: Account, *, factor: bool) -> Home:
    await Account.filter(id=who.id).update(email="nora@tilleul.example")
    await account.sign_in(NORA, PASSWORD, address=HOME)
    link = await links.mint("forgotten", who.id, LinkPurpose.PASSWORD)
    codes = (await switched_on(who))[1] if factor else []
    return Home(who, await signed_in(who), await signed_in(who), link, codes)


@pytest.mark.parametrize(("act", "tables", "factor"), ACTS, ids=[act.__name__ for act, _, _ in ACTS])
async def test_an_act_whose_writes_are_refused_has_changed_nothing_and_can_be_tried_again(
    nora: Account, hands: Hands, subtests: pytest.Subtests, act: Act, tables: tuple[str, ...], factor: bool
) -> None:
    home = await home_of(nora, factor=factor)
    before = await home.all()
    for table in (*tables, "sign_in_attempt"):
        await SignInAttempt.all().delete()
        await guessing.begin(NORA, address=HOME, browser_hash=None)  # somebody's wrong guess
        writes = ["DELETE"] if table == "sign_in_attempt" else ["INSERT", "UPDATE", "DELETE"]
        with subtests.test(table=table):
            async with refused(table, writes):
                with pytest.raises(REFUSED):
                    await act(home)
            assert await home.all() == before
            assert sessions.alive(home.there, active=False)
    await act(home)
    assert await home.all() != before


@pytest.mark.parametrize("act", [Home.forgotten, Home.new_password], ids=["forgotten", "new_password"])
async def test_the_sessions_a_new_password_ends_do_nothing_more_and_are_named_by_the_next_look(
    nora: Account, hands: Hands, act: Act
) -> None:
    """Also where whoever set it went away before their pages were cut."""
    home = await home_of(nora, factor=False)
    ended = await act(home)
    assert home.there in ended
    assert not any(sessions.alive(one, active=True) for one in ended)
    assert (await sessions.sweep()).ended == set(ended)
    assert (await sessions.sweep()).ended == set()
