"""Sessions: their tokens, their ends, and what the sweep finds (R11, R13, R14)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from tortoise.exceptions import OperationalError

from creos_ui import clock
from creos_ui.errors import NotSaved
from creos_ui.services.accounts import sessions
from models import Account, Session
from tests.services.refused import REFUSED, refused
from tests.services.signing_in import Hands, hands, nora, secret

__all__ = ["hands", "nora", "secret"]


async def signed_in(account: Account) -> tuple[str, int]:
    token = await sessions.open_session(account.id, device="Firefox\r\n on a telephone")
    who = await sessions.load(token)
    assert who
    return token, who.session_id


async def test_a_token_leads_to_the_person(nora: Account, hands: Hands) -> None:
    token = await sessions.open_session(nora.id, device="Firefox\r\n" + "x" * 500)
    who = await sessions.load(token)
    assert who
    assert (who.account_id, who.guardian_id, who.name, who.language) == (
        nora.id,
        nora.guardian_id,
        "Peeters Nora",
        "fr",
    )
    assert len(token) >= 43
    row = await Session.get()
    assert token not in str(await Session.all().values())
    assert "\n" not in row.device
    assert len(row.device) == 200


async def test_any_other_token_leads_nowhere(nora: Account, hands: Hands, subtests: pytest.Subtests) -> None:
    await signed_in(nora)
    for token in ("", "x", "x" * 43, "x" * 10_000, "nul\0"):
        with subtests.test(token=token):
            assert await sessions.load(token) is None


async def test_every_sign_in_has_a_token_of_its_own(nora: Account, hands: Hands) -> None:
    assert (await signed_in(nora))[0] != (await signed_in(nora))[0]


async def test_half_an_hour_idle_is_the_end(nora: Account, hands: Hands) -> None:
    token, session_id = await signed_in(nora)
    hands.on(minutes=29, seconds=59)
    assert await sessions.load(token)
    hands.on(minutes=29, seconds=59)
    assert sessions.alive(session_id, active=True)
    hands.on(minutes=30)
    assert not sessions.alive(session_id, active=True)
    assert await sessions.load(token) is None


async def test_twelve_hours_are_the_end_for_the_busiest(nora: Account, hands: Hands) -> None:
    token, session_id = await signed_in(nora)
    for _ in range(12 * 3 - 1):
        hands.on(minutes=20)
        assert sessions.alive(session_id, active=True)
    hands.on(minutes=20)
    assert not sessions.alive(session_id, active=True)
    assert await sessions.load(token) is None


async def test_a_heartbeat_is_no_activity(nora: Account, hands: Hands) -> None:
    token, session_id = await signed_in(nora)
    for _ in range(29):
        hands.on(minutes=1)
        assert sessions.alive(session_id, active=False)
        assert await sessions.load(token, active=False)
    hands.on(minutes=1)
    assert await sessions.load(token, active=False) is None


async def test_the_ends_hold_after_a_restart(nora: Account, hands: Hands) -> None:
    token, _ = await signed_in(nora)
    hands.on(minutes=20)
    assert await sessions.load(token)
    hands.on(seconds=31)
    await sessions.sweep()  # writes the last use down
    sessions.forget_all()
    hands.on(minutes=29)
    assert await sessions.load(token), "49 minutes after signing in, 29 after the last use"
    sessions.forget_all()
    hands.on(minutes=31)
    assert await sessions.load(token) is None


async def test_last_use_is_written_twice_a_minute_at_most(nora: Account, hands: Hands) -> None:
    token, _ = await signed_in(nora)
    opened_at = (await Session.get()).last_used_at
    for _ in range(29):
        hands.on(seconds=1)
        await sessions.load(token)
        await sessions.sweep()
        assert (await Session.get()).last_used_at == opened_at
    hands.on(seconds=1)
    await sessions.load(token)
    await sessions.sweep()
    assert (await Session.get()).last_used_at == hands.at


async def test_all_is_written_as_the_process_ends(nora: Account, hands: Hands) -> None:
    token, _ = await signed_in(nora)
    hands.on(seconds=5)
    await sessions.load(token)
    await sessions.write_all()
    assert (await Session.get()).last_used_at == hands.at


async def test_revoked_is_over_at_once_and_stays_as_a_trace(nora: Account, hands: Hands) -> None:
    token, session_id = await signed_in(nora)
    _, other_id = await signed_in(nora)
    await sessions.revoke(session_id)
    assert not sessions.alive(session_id, active=True)
    assert await sessions.load(token) is None
    assert (await Session.get(id=session_id)).revoked_at == clock.now()
    assert sessions.alive(other_id, active=True)


async def test_all_sessions_of_an_account_end_together(nora: Account, hands: Hands) -> None:
    tokens = [await signed_in(nora) for _ in range(3)]
    assert set(await sessions.revoke_all(nora.id)) == {session_id for _, session_id in tokens}
    assert [await sessions.load(token) for token, _ in tokens] == [None] * 3


async def test_a_request_under_way_does_not_bring_a_revoked_session_back(
    nora: Account, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, session_id = await signed_in(nora)
    reading, go_on = asyncio.Event(), asyncio.Event()
    select = Session.filter

    def slow_filter(**wanted: object) -> object:
        """The row is read, and only then the session revoked."""
        query = select(**wanted).select_related("account__guardian")
        read = query.first

        async def first() -> Session | None:
            row = await read()
            reading.set()
            await go_on.wait()
            return row

        return SimpleNamespace(select_related=lambda *_: SimpleNamespace(first=first))

    with monkeypatch.context() as patched:
        patched.setattr(Session, "filter", slow_filter)
        loading = asyncio.create_task(sessions.load(token))
        await reading.wait()
    await sessions.revoke(session_id)
    go_on.set()
    assert await loading is None
    assert not sessions.alive(session_id, active=False)


async def test_the_sweep_ends_what_is_over_here_or_elsewhere(nora: Account, hands: Hands) -> None:
    _, idle = await signed_in(nora)
    hands.on(minutes=29)
    _, used = await signed_in(nora)
    _, elsewhere = await signed_in(nora)
    assert (await sessions.sweep()).ended == set()
    await Session.filter(id=elsewhere).update(revoked_at=clock.now())  # by another process
    hands.on(minutes=1)
    assert (await sessions.sweep()).ended == {idle, elsewhere}
    assert (await Session.get(id=idle)).revoked_at == clock.now()
    assert not sessions.alive(elsewhere, active=True)
    assert sessions.alive(used, active=True)
    assert (await sessions.sweep()).ended == set()


async def test_who_was_seen_by_another_process_stays_signed_in(nora: Account, hands: Hands) -> None:
    token, session_id = await signed_in(nora)
    for look in ("a sweep", "a request"):
        hands.on(minutes=31)
        await Session.filter(id=session_id).update(last_used_at=hands.at)  # by the other one
        hands.on(seconds=5)
        if look == "a sweep":
            assert (await sessions.sweep()).ended == set()
            assert sessions.alive(session_id, active=False)
        else:
            assert await sessions.load(token, active=False)
    hands.on(minutes=31)
    assert (await sessions.sweep()).ended == {session_id}


async def test_an_older_use_never_overwrites_a_newer_one_of_another_process(nora: Account, hands: Hands) -> None:
    token, session_id = await signed_in(nora)
    hands.on(seconds=5)
    assert await sessions.load(token)  # used here, and not written down yet
    hands.on(seconds=24)
    newer = hands.at
    await Session.filter(id=session_id).update(last_used_at=newer)  # by the other one
    hands.on(seconds=3)
    await sessions.sweep()
    assert (await Session.get(id=session_id)).last_used_at == newer


async def test_an_end_is_named_by_the_look_after_one_that_failed(
    nora: Account, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object) -> None:
        raise OperationalError("database is locked")

    _, idle = await signed_in(nora)
    _, elsewhere = await signed_in(nora)
    hands.on(minutes=31)
    await Session.filter(id=elsewhere).update(revoked_at=hands.at)
    with monkeypatch.context() as patched:
        patched.setattr(sessions, "_write_used", busy)
        with pytest.raises(OperationalError):
            await sessions.sweep()
    assert not sessions.alive(idle, active=True)
    assert (await sessions.sweep()).ended == {idle, elsewhere}


async def test_a_session_whose_row_cannot_say_so_has_not_ended_and_can_be_ended_again(
    nora: Account, hands: Hands, subtests: pytest.Subtests
) -> None:
    _, here = await signed_in(nora)
    ends: list[Callable[[int], Awaitable[object]]] = [
        lambda there: sessions.revoke_of(nora.id, there),
        lambda _: sessions.revoke_others(nora.id, here),
    ]
    for number, end in enumerate(ends):
        with subtests.test(number=number):
            token, there = await signed_in(nora)
            async with refused("session", ["UPDATE"]):
                with pytest.raises(REFUSED):
                    await end(there)
            assert sessions.alive(there, active=False)
            assert there in [one.session_id for one in await sessions.open_sessions(nora.id)]
            await end(there)
            assert not sessions.alive(there, active=False)
            assert (await sessions.sweep()).ended == {there}, "its pages are cut, whatever became of whoever ended it"
            sessions.forget_all()  # a restart
            assert await sessions.load(token) is None


async def test_who_signs_out_while_nothing_can_be_written_is_out_for_good(
    nora: Account, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object, **__: object) -> None:
        raise NotSaved

    token, session_id = await signed_in(nora)
    with monkeypatch.context() as patched:
        patched.setattr(sessions, "update", refused)
        await sessions.sign_out(session_id)
        assert not sessions.alive(session_id, active=False)
        assert await sessions.load(token) is None
        assert (await sessions.sweep()).ended == set(), "its browser is on its way to the door"
    assert (await sessions.sweep()).ended == set()
    sessions.forget_all()  # a restart
    assert await sessions.load(token) is None


async def test_where_nothing_can_be_written_sessions_last_and_end_as_ever(
    nora: Account, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object, **__: object) -> None:
        raise NotSaved

    _, idle = await signed_in(nora)
    token, used = await signed_in(nora)
    with monkeypatch.context() as patched:
        patched.setattr(sessions, "update", refused)
        patched.setattr(sessions, "atomic", refused)
        hands.on(minutes=20)
        assert await sessions.load(token)
        hands.on(minutes=11)
        assert (await sessions.sweep()).ended == {idle}
        assert not sessions.alive(idle, active=True)
        assert sessions.alive(used, active=False)
        await sessions.write_all()
    await sessions.sweep()
    assert (await Session.get(id=used)).last_used_at == hands.at - timedelta(minutes=11)


async def test_the_sweep_names_who_is_about_to_end(nora: Account, hands: Hands) -> None:
    _, session_id = await signed_in(nora)
    hands.on(minutes=27, seconds=59)
    assert (await sessions.sweep()).ending == set()
    hands.on(seconds=1)
    assert (await sessions.sweep()).ending == {session_id}
    assert sessions.alive(session_id, active=True)  # the person clicks
    assert (await sessions.sweep()).ending == set()


async def test_the_language_changes_in_every_session(nora: Account, hands: Hands) -> None:
    token, _ = await signed_in(nora)
    who = await sessions.load(token)
    assert who
    await sessions.choose_language(who, "en")
    again = await sessions.load(token)
    assert again
    assert again.language == "en"
    assert (await Account.get()).language == "en"


async def test_a_quarter_of_an_hour_idle_voids_the_second_factor(nora: Account, hands: Hands) -> None:
    token = await sessions.open_session(nora.id, device="", factor_at=clock.now())
    hands.on(minutes=14, seconds=59)
    who = await sessions.load(token)
    assert who
    assert who.factor_at
    hands.on(minutes=15)
    by_itself = await sessions.load(token, active=False)
    assert by_itself
    assert by_itself.factor_at is None
    assert sessions.alive(who.session_id, active=True), "an event of an open page is an act too"
    again = await sessions.load(token)
    assert again
    assert again.factor_at is None, "and brings nothing back"
    assert (await Session.get()).factor_at is None


async def test_a_restart_brings_no_second_factor_back(nora: Account, hands: Hands) -> None:
    token = await sessions.open_session(nora.id, device="", factor_at=clock.now())
    who = await sessions.load(token)
    assert who
    hands.on(minutes=15)
    assert sessions.alive(who.session_id, active=True)  # an event, and no request after it
    await sessions.sweep()
    sessions.forget_all()
    again = await sessions.load(token)
    assert again
    assert again.factor_at is None


async def test_a_second_factor_given_after_an_idle_time_counts(nora: Account, hands: Hands) -> None:
    token = await sessions.open_session(nora.id, device="")
    hands.on(minutes=20)
    assert await sessions.load(token)
    await Session.all().update(factor_at=clock.now())  # as switching one on does
    await sessions.sweep()
    who = await sessions.load(token)
    assert who
    assert who.factor_at == clock.now()


async def test_ten_hours_void_the_second_factor_of_the_busiest(nora: Account, hands: Hands) -> None:
    token = await sessions.open_session(nora.id, device="", factor_at=clock.now())
    for minutes in [10] * 59 + [9]:
        hands.on(minutes=minutes)
        who = await sessions.load(token)
        assert who
        assert who.factor_at
    hands.on(minutes=1)
    who = await sessions.load(token)
    assert who
    assert who.factor_at is None
    assert (await Session.get()).factor_at is None
