"""A guardian's calendar as an iCalendar feed (RFC 5545) at an address that is its own key (R25).

The address holds the feed's number and a keyed hash of it: nobody can guess it, it is stored nowhere, and it stops
answering when the feed is revoked. Whoever knows it reads first names and activities, and nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import date, timedelta
from functools import cache
from typing import Any
from unicodedata import category

from icalendar import Calendar, Event, Timezone, vText
from tortoise.queryset import QuerySet

from creos_ui import clock
from creos_ui.database.transactions import atomic, default_connection, one_at_a_time
from creos_ui.keyed_hash import keyed_hash
from creos_ui.services.invitations.calendar import Entry, Kind, State, days_of
from creos_ui.texts import DEFAULT, LANGUAGES, t
from models import Account, CalendarFeed

FOLDER = "/calendar/"
PAST, AHEAD = timedelta(days=366), timedelta(days=732)  # what a feed holds around today
MOST = 1000  # invitations in a feed
_ADDRESS = re.compile(r"([1-9]\d{0,8})-([0-9a-f]{40})\.ics", re.ASCII)
_OUT = (State.DECLINED, State.NOT_GOING)
_STILL_DUE = (State.TO_PAY, State.LATE)


async def feed_of(guardian_id: int) -> str:
    """The path of this guardian's feed, made at its first use."""

    async def work(connection: Any) -> CalendarFeed:
        await one_at_a_time(connection, f"calendar_feed {guardian_id}")
        return await _open_feed(connection, guardian_id) or await _new_feed(connection, guardian_id)

    if known := await _open_feed(default_connection(), guardian_id):
        return _path(known)
    return _path(await atomic(work))


async def renew_feed(guardian_id: int) -> str:
    """Revoke every address this guardian had, at once, and return the path of a new one."""

    async def work(connection: Any) -> CalendarFeed:
        await one_at_a_time(connection, f"calendar_feed {guardian_id}")
        await _open_feeds(connection, guardian_id).update(revoked_at=clock.now())
        return await _new_feed(connection, guardian_id)

    return _path(await atomic(work))


async def guardian_of(name: str) -> int | None:
    """Whose feed the last part of an address names; wrong, revoked and never made are one answer: None."""
    found = _ADDRESS.fullmatch(name)
    if not found or not hmac.compare_digest(found[2], _secret(int(found[1]))):
        return None
    feed = await CalendarFeed.get_or_none(id=int(found[1]), revoked_at=None)
    return feed.guardian_id if feed else None


async def feed_entries(guardian_id: int) -> list[Entry]:
    """What the feed of this guardian holds: nothing declined, and due dates only until they are met."""
    today = clock.today()
    days = await days_of(guardian_id, today - PAST, today + AHEAD, most=MOST)
    return [e for e in days.entries if e.state not in _OUT and (e.kind is Kind.ACTIVITY or e.state in _STILL_DUE)]


async def language_of_feed(guardian_id: int) -> str:
    """The language of the owner's account."""
    account = await Account.get_or_none(guardian_id=guardian_id)
    return account.language if account and account.language in LANGUAGES else DEFAULT


def tag_of(entries: list[Entry], name: str, language: str) -> str:
    """Changes when, and only when, the feed shows something else."""
    shown = [(e.on, e.kind, e.title, e.children, e.activity_id) for e in entries]
    return f'W/"{hashlib.sha256(repr((shown, name, language)).encode()).hexdigest()[:32]}"'


def as_ical(entries: list[Entry], *, guardian_id: int, name: str, host: str, language: str) -> bytes:
    """The entries as one published calendar called `name`: whole days, each event under the same UID for ever.

    Takes up to half a second for a thousand entries: run it in a thread.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//CREOS UI//family calendar//FR")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", vText(_plain(name)))  # text, or the library writes it unescaped
    calendar.add("x-wr-timezone", str(clock.SCHOOL_ZONE))
    calendar.add("refresh-interval", timedelta(hours=6), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    calendar.add_component(_school_zone())
    calendar.subcomponents.extend(
        _event(summary, entries_of, guardian_id=guardian_id, host=host)
        for summary, entries_of in _by_event(entries, language)
    )
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _by_event(entries: list[Entry], language: str) -> list[tuple[str, list[Entry]]]:
    """One event for each activity and kind, whether all of its children are paid for, or some, or none."""
    events: dict[tuple[int, Kind], list[Entry]] = {}
    for entry in entries:
        events.setdefault((entry.activity_id, entry.kind), []).append(entry)
    named = []
    for (_, kind), same in events.items():
        title = t("calendar.due_of", language, title=same[0].title) if kind is Kind.DUE else same[0].title
        children = ", ".join(sorted({child for entry in same for child in entry.children}))
        named.append((_plain(f"{title} – {children}"), same))
    return named


def _event(summary: str, entries: list[Entry], *, guardian_id: int, host: str) -> Event:
    entry = entries[0]
    number = keyed_hash("calendar event", str(guardian_id), str(entry.activity_id), entry.kind)[:32]
    event = Event()
    event.add("uid", f"{number}@{host}")
    event.add("dtstamp", clock.now())
    event.add("dtstart", entry.on)
    event.add("dtend", entry.on + timedelta(days=1))
    event.add("summary", summary)
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    return event


@cache
def _school_zone() -> Timezone:
    """Whole days name no zone; clients that show them beside appointments need this one."""
    return Timezone.from_tzid(str(clock.SCHOOL_ZONE), first_date=date(2020, 1, 1), last_date=date(2038, 1, 1))


def _plain(text: str) -> str:
    """On one line, without control and half characters: RFC 5545 has no way to write them. Emoji stay whole."""
    return re.sub(" +", " ", "".join(" " if category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text)).strip()


def _path(feed: CalendarFeed) -> str:
    return f"{FOLDER}{feed.id}-{_secret(feed.id)}.ics"


def _secret(feed_id: int) -> str:
    return keyed_hash("calendar feed", str(feed_id))[:40]  # 160 bits


def _open_feeds(connection: Any, guardian_id: int) -> QuerySet[CalendarFeed]:
    return CalendarFeed.filter(guardian_id=guardian_id, revoked_at=None).using_db(connection)


async def _open_feed(connection: Any, guardian_id: int) -> CalendarFeed | None:
    return await _open_feeds(connection, guardian_id).order_by("id").first()


async def _new_feed(connection: Any, guardian_id: int) -> CalendarFeed:
    return await CalendarFeed.create(guardian_id=guardian_id, created_at=clock.now(), using_db=connection)
