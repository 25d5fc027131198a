"""The iCalendar feed: its address, what it says, and that two readers understand it."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import icalendar
import pytest

from creos_ui import keyed_hash
from creos_ui.services.invitations.calendar import Entry, Kind, State
from creos_ui.services.invitations.calendar_feeds import as_ical, feed_entries, feed_of, guardian_of, renew_feed, tag_of
from models import Activity, CalendarFeed, Guardian, Guardianship
from tests.ical_lines import read, text_of
from tests.school import School, add_guardian
from tests.services.signing_in import secret

__all__ = ["secret"]


def name_in(path: str) -> str:
    assert path.startswith("/calendar/")
    return path.removeprefix("/calendar/")


async def written(guardian: Guardian, language: str = "fr") -> bytes:
    return as_ical(
        await feed_entries(guardian.id),
        guardian_id=guardian.id,
        name="École du Tilleul – calendrier",
        host="ecole.example",
        language=language,
    )


def summaries(content: bytes) -> list[str]:
    """As both readers find them; they must agree."""
    ours = [text_of(event.value("SUMMARY")) for event in read(content).each("VEVENT")]
    theirs = [str(event["SUMMARY"]) for event in icalendar.Calendar.from_ical(content).walk("VEVENT")]
    assert ours == theirs
    return ours


async def test_the_address_is_made_once_and_known_again(school: School) -> None:
    path = await feed_of(school.nora.id)
    assert await feed_of(school.nora.id) == path
    assert await guardian_of(name_in(path)) == school.nora.id
    assert await CalendarFeed.all().count() == 1
    assert len(path.rpartition("-")[2]) == len(".ics") + 40  # 160 bits
    stored = repr(await CalendarFeed.all().values())
    assert path.rpartition("-")[2].removesuffix(".ics") not in stored


async def test_a_new_address_ends_the_old_one(school: School) -> None:
    old = await feed_of(school.nora.id)
    omars = await feed_of(school.omar.id)
    new = await renew_feed(school.nora.id)
    assert new != old
    assert await guardian_of(name_in(old)) is None
    assert await guardian_of(name_in(new)) == school.nora.id
    assert await feed_of(school.nora.id) == new
    assert await guardian_of(name_in(omars)) == school.omar.id


async def test_five_renewals_at_once_leave_one_address(school: School) -> None:
    for _ in range(4):  # the first opens the connections
        paths = await asyncio.gather(*[renew_feed(school.nora.id) for _ in range(5)])
        alive = [path for path in paths if await guardian_of(name_in(path)) is not None]
        assert alive == [await feed_of(school.nora.id)]


async def test_first_uses_at_once_are_one_address(school: School) -> None:
    await asyncio.gather(*[feed_of(school.omar.id) for _ in range(5)])  # opens the connections
    paths = await asyncio.gather(*[feed_of(school.nora.id) for _ in range(5)])
    assert len(set(paths)) == 1


async def test_an_address_cannot_be_guessed_from_another(school: School) -> None:
    mine, omars = name_in(await feed_of(school.nora.id)), name_in(await feed_of(school.omar.id))
    number, _, secret = mine.removesuffix(".ics").partition("-")
    other = omars.partition("-")[0]
    for guess in (
        f"{other}-{secret}.ics",
        f"{number}-{'0' * 40}.ics",
        f"{number}-{secret.upper()}.ics",
        f"{number}-{secret}0.ics",
        f"{number}-{secret[:-1]}.ics",
        f"0{number}-{secret}.ics",
        f"{number}-{secret}.ics\n",
        f"{number}-{secret}",
        f"99999999999-{secret}.ics",
        f"{number}-.ics",
        "",
        "\x00",
        "é" * 1000,
    ):
        assert await guardian_of(guess) is None, guess
    keyed_hash.use(b"the secret of another school, and as long")
    assert await guardian_of(mine) is None


async def test_the_feed_says_first_names_and_activities_and_nothing_else(school: School) -> None:
    invitation = await school.invite(school.lou, price_cents=3_333, title="Musée")
    await Activity.filter(id=invitation.activity_id).update(starts_on=date(2027, 3, 5), due_on=date(2027, 3, 1))
    content = await written(school.nora)
    calendar = read(content)
    assert [calendar.value(name) for name in ("VERSION", "METHOD")] == ["2.0", "PUBLISH"]
    assert calendar.value("PRODID")
    assert text_of(calendar.value("X-WR-CALNAME")) == "École du Tilleul – calendrier"
    assert [zone.value("TZID") for zone in calendar.each("VTIMEZONE")] == ["Europe/Brussels"]
    due, activity = calendar.each("VEVENT")
    assert text_of(due.value("SUMMARY")) == "Échéance\u00a0: Musée 1 – Lou"
    assert text_of(activity.value("SUMMARY")) == "Musée 1 – Lou"
    assert (due.value("DTSTART"), due.value("DTEND")) == ("20270301", "20270302")
    assert (activity.value("DTSTART"), activity.value("DTEND")) == ("20270305", "20270306")
    assert due.parameters("DTSTART") == activity.parameters("DTSTART") == {"VALUE": "DATE"}
    assert due.value("UID") != activity.value("UID")
    known = {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "CLASS", "TRANSP"}
    assert {name for event in (due, activity) for name, *_ in event.properties} == known
    for canary in ("Peeters", "Nora", "3333", "33,33", "€"):
        assert canary not in content.decode()


async def test_each_event_keeps_its_uid_whatever_is_answered(school: School) -> None:
    def uids(content: bytes) -> dict[str, str]:
        return {text_of(e.value("SUMMARY")): e.value("UID") for e in read(content).each("VEVENT")}

    invitation = await school.invite(school.lou, title="Musée")
    before = uids(await written(school.nora))
    await school.pay(invitation)
    after = uids(await written(school.nora))
    assert after == {"Musée 1 – Lou": before["Musée 1 – Lou"]}
    assert len(set(before.values())) == 2


async def test_what_is_declined_is_left_out_and_what_is_paid_is_no_longer_due(school: School) -> None:
    paid, declined = await school.invite(school.lou, title="Musée"), await school.invite(school.tim, title="Piscine")
    await school.invite(school.tim, title="Ferme", due_in_days=-3)
    assert len(summaries(await written(school.nora))) == 6
    await school.pay(paid)
    await school.decline(declined)
    assert summaries(await written(school.nora)) == [
        "Échéance\u00a0: Ferme 3 – Tim",
        "Ferme 3 – Tim",
        "Musée 1 – Lou",
    ]


async def test_the_other_household_s_activities_without_their_due_dates(school: School) -> None:
    paul = await add_guardian("Zielinski", "Paul", credit_cents=5_000)
    await Guardianship.create(guardian_id=paul.id, pupil_id=school.lou.id)
    await school.invite(school.lou, debtor=paul, title="Musée")
    await school.decline(await school.invite(school.lou, debtor=paul, title="Piscine"), by=paul)
    assert summaries(await written(school.nora)) == ["Musée 1 – Lou"]


ODD = {  # a title, and how it reads in a calendar
    "Musée, cinéma; et après\\midi": "Musée, cinéma; et après\\midi",
    "Deux\nlignes\r\net\tune tabulation": "Deux lignes et une tabulation",
    "BEGIN:VEVENT\r\nEND:VCALENDAR": "BEGIN:VEVENT END:VCALENDAR",
    "🎉 Fête 👩‍👧‍👦 de l’école 🎉" * 6: "🎉 Fête 👩‍👧‍👦 de l’école 🎉" * 6,
    'Des "guillemets" : et ^ des ‘autres’': 'Des "guillemets" : et ^ des ‘autres’',
    "\\n\\, \\; \\\\": "\\n\\, \\; \\\\",
    "Zo\x00ë\x07 \x1b[31m\u2028fin": "Zo ë [31m fin",
    "é" * 200: "é" * 200,
    "عيد الفطر – 新年": "عيد الفطر – 新年",
}


def entry(title: str, on: date, number: int, child: str = "Lou", kind: Kind = Kind.ACTIVITY) -> Entry:
    return Entry(on, kind, title, (child,), State.TO_PAY, 500, number)


@pytest.mark.parametrize(("title", "plain"), ODD.items())
def test_odd_titles_arrive_as_they_are_on_one_line(title: str, plain: str) -> None:
    content = as_ical([entry(title, date(2026, 12, 1), 1)], guardian_id=1, name=title, host="x.example", language="fr")
    assert summaries(content) == [f"{plain} – Lou"]
    assert text_of(read(content).value("X-WR-CALNAME")) == plain


def test_two_hundred_invitations_in_every_language() -> None:
    start, odd = date(2026, 9, 1), list(ODD)
    entries = [
        entry(f"Sortie nº {n}, {odd[n % len(odd)]}", start + timedelta(days=n), n, "Zoë-Aliénor 🐞", kind)
        for n in range(200)
        for kind in Kind
    ]
    for language in ("fr", "en"):
        content = as_ical(entries, guardian_id=7, name="École", host="ecole.example", language=language)
        assert len(summaries(content)) == 400
        uids = [event.value("UID") for event in read(content).each("VEVENT")]
        assert len(set(uids)) == 400
        assert not any(
            uid in as_ical(entries[:2], guardian_id=8, name="É", host="ecole.example", language=language).decode()
            for uid in uids
        ), "another family's events are other events"


async def test_an_empty_calendar_is_one(school: School) -> None:
    assert summaries(await written(school.nora)) == []


def test_the_tag_changes_with_what_is_said_and_only_then() -> None:
    one = [entry("Musée", date(2026, 12, 1), 1)]
    tag = tag_of(one, "École", "fr")
    assert tag == tag_of([entry("Musée", date(2026, 12, 1), 1)], "École", "fr")
    others = [
        tag_of([entry("Musée", date(2026, 12, 2), 1)], "École", "fr"),
        tag_of([entry("Piscine", date(2026, 12, 1), 1)], "École", "fr"),
        tag_of([entry("Musée", date(2026, 12, 1), 1, "Tim")], "École", "fr"),
        tag_of(one, "École", "en"),
        tag_of([], "École", "fr"),
    ]
    assert len({tag, *others}) == 6


@pytest.mark.parametrize(
    "broken",
    [
        b"BEGIN:VCALENDAR\nEND:VCALENDAR\n",
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VEVENT\r\n",
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:" + b"x" * 80 + b"\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nno colon\r\nEND:VCALENDAR\r\n",
    ],
)
def test_the_strict_reader_refuses(broken: bytes) -> None:
    with pytest.raises(AssertionError):
        read(broken)


def test_the_strict_reader_knows_text() -> None:
    assert text_of("a\\, b\\; c\\\\d\\ne") == "a, b; c\\d\ne"
    for stray in ("a, b", "a; b", "a\\b", "a\\\\, b"):
        with pytest.raises(AssertionError):
            text_of(stray)
