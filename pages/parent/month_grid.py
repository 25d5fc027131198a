"""One month as a table of weeks; a phone shows the same as a list of the days that hold something."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby

from babel.dates import format_date
from nicegui.element import Element

from creos_ui import clock
from creos_ui.money import LOCALES
from creos_ui.services.family_calendar import Entry, Kind, State, weeks_of
from creos_ui.texts import t
from pages.elements import box, text

SHOWN = 3  # entries of a day before « + 2 autres »; one alone is not worth hiding
# each state in words, and the tab of the invitations it leads to
STATES = {
    State.TO_PAY: ("calendar.to_pay", "open"),
    State.LATE: ("calendar.late", "open"),
    State.CLOSED: ("calendar.closed", "open"),
    State.PAID: ("calendar.paid", "paid"),
    State.DECLINED: ("calendar.declined", "declined"),
    State.GOING: ("calendar.going", None),
    State.NOT_GOING: ("calendar.not_going", None),
    State.UNANSWERED: ("calendar.unanswered", None),
}
_UNFOLD = """(e) => {
    const open = e.currentTarget.closest("td").classList.toggle("all");
    e.currentTarget.setAttribute("aria-expanded", open);
}"""


def month_name(month: date, language: str) -> str:
    """« Mai 2024 »."""
    return _capital(format_date(month, "LLLL y", LOCALES[language]))


def day_name(day: date, language: str) -> str:
    """« lundi 27 mai »."""
    pattern = "EEEE d. MMMM" if language == "de" else "EEEE d MMMM"
    return format_date(day, pattern, LOCALES[language])


def by_day(entries: Sequence[Entry]) -> dict[date, list[Entry]]:
    """Entries in order, put to their days."""
    return {day: list(same) for day, same in groupby(entries, key=lambda entry: entry.on)}


def month_grid(month: date, entries: dict[date, list[Entry]], language: str) -> dict[date, Element]:
    """The table; returns each day's cell, for `fill_day` when something changes."""
    cells: dict[date, Element] = {}
    with box("table", "month-grid"):
        text("caption", month_name(month, language), "quiet-only")
        weeks = weeks_of(month)
        with box("thead"), box("tr"):
            for n in range(7):
                day = next(week[n] for week in weeks if week[n])
                assert day is not None
                short = format_date(day, "ccc", LOCALES[language]).rstrip(".")
                text("th", short, scope="col", abbr=format_date(day, "cccc", LOCALES[language]))
        with box("tbody"):
            for week in weeks:
                with box("tr"):
                    for each in week:
                        cell = box("td", "day" if each else "outside")
                        if each:
                            cells[each] = cell
                            fill_day(cell, each, entries.get(each, []), language)
    return cells


def fill_day(cell: Element, day: date, entries: list[Entry], language: str) -> None:
    """What a day holds, in place of what its cell held."""
    is_today = day == clock.today()
    cell.clear()
    cell.classes(add="today" if is_today else "", remove="free" if entries else "")
    if not entries:
        cell.classes("free")
    if is_today:
        cell.props["aria-current"] = "date"
    with cell:
        with box("div", "day-name"):
            text("span", str(day.day), "number num")
            text("span", _capital(day_name(day, language)), "in-full")
            if is_today:
                text("span", t("calendar.today", language), "today-word")
        if entries:
            hidden = len(entries) - SHOWN if len(entries) > SHOWN + 1 else 0
            with box("ul", "folded" if hidden else ""):
                for entry in entries:
                    with box("li"):
                        _entry(entry, language)
            if hidden:
                more = text("button", t("calendar.more", language, number=hidden), "more", type="button")
                more.props["aria-expanded"] = "false"
                more.props["aria-label"] = t("calendar.more_on", language, number=hidden, day=day_name(day, language))
                more.on("click", js_handler=_UNFOLD)


def _entry(entry: Entry, language: str) -> None:
    word, tab = STATES[entry.state]
    due = entry.kind is Kind.DUE
    classes = f"entry {entry.state} {'deadline' if due else ''}"
    with box("a", classes, href=f"/invitations?tab={tab}") if tab else box("div", classes):
        title = t("calendar.due_of", language, title=entry.title) if due else entry.title
        text("span", title, "what")
        text("span", " ", "quiet-only")
        text("span", _whose(entry, language), "who")
        text("span", " ", "quiet-only")
        text("span", t(word, language), f"badge {entry.state}")


def _whose(entry: Entry, language: str) -> str:
    children = ", ".join(entry.children)
    if entry.kind is Kind.DUE and entry.amount_cents is not None:
        return f"{children} · {t('money', language, amount_cents=entry.amount_cents)}"
    return children


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
