"""What the profile shows, its switches, its sessions, and what browsers are called."""

from __future__ import annotations

import pytest

from creos_ui.services.accounts import sessions
from creos_ui.services.accounts.devices import Device, device_of
from creos_ui.services.accounts.profile import Child, choose_notice, profile_of
from models import SWITCHES, Account, Pupil, SchoolClass
from tests.school import School, add_pupil
from tests.services.signing_in import Hands, hands, nora, secret

__all__ = ["hands", "nora", "secret"]

CHROMIUM = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0"
CHROME = f"Mozilla/5.0 (Linux; Android 10; K) {CHROMIUM} Mobile Safari/537.36"


async def test_it_shows_this_family_and_no_other(nora: Account, school: School) -> None:
    third = await SchoolClass.create(name="3e primaire A")
    await Pupil.filter(id=school.tim.id).update(school_class_id=third.id)
    profile = await profile_of(nora.id)
    assert (profile.name, profile.identifier, profile.email) == ("Peeters Nora", "peeters.nora", None)
    assert profile.children == [Child("Peeters Lou", None), Child("Peeters Tim", "3e primaire A")]
    assert profile.notices == frozenset(SWITCHES)
    assert not profile.second_factor
    assert not profile.pays_mandatory


async def test_each_switch_moves_one_thing_of_one_person(nora: Account, school: School) -> None:
    omar = await Account.create(identifier="haddad.omar", guardian_id=school.omar.id)
    for kind in SWITCHES:
        await choose_notice(nora.id, kind, False)
        assert (await profile_of(nora.id)).notices == frozenset(SWITCHES) - {kind}
        assert (await profile_of(omar.id)).notices == frozenset(SWITCHES)
        await choose_notice(nora.id, kind, True)
        assert (await profile_of(nora.id)).notices == frozenset(SWITCHES)


async def test_a_child_of_two_households_is_in_both(nora: Account, school: School) -> None:
    await add_pupil("Peeters", "Ada", school.nora, school.omar)
    omar = await Account.create(identifier="haddad.omar", guardian_id=school.omar.id)
    assert "Peeters Ada" in [child.name for child in (await profile_of(nora.id)).children]
    assert [child.name for child in (await profile_of(omar.id)).children] == ["Haddad Mia", "Peeters Ada"]


async def signed_in(account: Account, device: str = CHROME) -> int:
    who = await sessions.load(await sessions.open_session(account.id, device=device))
    assert who
    return who.session_id


async def test_open_sessions_are_those_that_still_act(nora: Account, school: School, hands: Hands) -> None:
    omar = await Account.create(identifier="haddad.omar", guardian_id=school.omar.id)
    await signed_in(omar)
    idle = await signed_in(nora)
    hands.on(minutes=29)
    used, ended, last = await signed_in(nora), await signed_in(nora), await signed_in(nora)
    await sessions.revoke(ended)
    hands.on(minutes=1)
    sessions.alive(used, active=True)
    hands.on(minutes=1)
    assert not sessions.alive(idle, active=False)
    found = await sessions.open_sessions(nora.id)
    assert [session.session_id for session in found] == [used, last]
    assert found[0].device == CHROME
    assert found[0].last_used_at > found[1].last_used_at
    sessions.forget_all()  # a restart: what is written counts
    assert {session.session_id for session in await sessions.open_sessions(nora.id)} == {used, last}


async def test_one_s_own_session_can_be_ended_and_nobody_else_s(nora: Account, school: School, hands: Hands) -> None:
    omar = await Account.create(identifier="haddad.omar", guardian_id=school.omar.id)
    here, there, theirs = await signed_in(nora), await signed_in(nora), await signed_in(omar)
    assert not await sessions.revoke_of(nora.id, theirs)
    assert sessions.alive(theirs, active=True)
    assert not await sessions.revoke_of(nora.id, 999_999)
    assert await sessions.revoke_of(nora.id, there)
    assert not sessions.alive(there, active=True)
    assert not await sessions.revoke_of(nora.id, there), "once is enough"
    assert sessions.alive(here, active=True)


async def test_everywhere_else_leaves_this_one_and_other_people(nora: Account, school: School, hands: Hands) -> None:
    omar = await Account.create(identifier="haddad.omar", guardian_id=school.omar.id)
    here, theirs = await signed_in(nora), await signed_in(omar)
    others = {await signed_in(nora), await signed_in(nora)}
    assert set(await sessions.revoke_others(nora.id, here)) == others
    assert [s.session_id for s in await sessions.open_sessions(nora.id)] == [here]
    assert sessions.alive(theirs, active=True)
    assert await sessions.revoke_others(nora.id, here) == []


SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROMIUM} Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)"


@pytest.mark.parametrize(
    ("words", "browser", "system"),
    [
        (CHROME, "Chrome", "Android"),
        (WINDOWS, "Chrome", "Windows"),
        (f"{WINDOWS} Edg/131.0.0.0", "Edge", "Windows"),
        (f"{WINDOWS} OPR/115.0.0.0", "Opera", "Windows"),
        (CHROME.replace("Chrome/", "SamsungBrowser/27.0 Chrome/"), "Samsung Internet", "Android"),
        (f"{IPHONE} {SAFARI}", "Safari", "iPhone"),
        (f"Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) {SAFARI}", "Safari", "iPad"),
        (f"{IPHONE} {SAFARI.replace('Version/', 'CriOS/')}", "Chrome", "iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox", "Mac"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox", "Linux"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROMIUM} Safari/537.36", "Chrome", "ChromeOS"),
        ("python-httpx/0.28.1", "", ""),
        ("", "", ""),
        ("<script>alert(1)</script>", "", ""),
    ],
)  # fmt: skip
def test_a_browser_has_a_name_people_know(words: str, browser: str, system: str) -> None:
    assert device_of(words) == Device(browser, system)
