"""One month as a table of weeks; a phone shows the same as a list of the days that hold something."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby

from babel.dates import format_date
from markupsafe import Markup
from nicegui.element import Element

from creos_ui import clock
from creos_ui.money import LOCALES
from creos_ui.services.invitations.calendar import Entry, Kind, State, weeks_of
from pages.elements.html import box, fixed, rewrite, text
from pages.reader import Parent

SHOWN = 3  # entries of a day before « + 2 autres »; one alone is not worth hiding
# each state in words, and the tab of the invitations it leads to
STATES = {
    State.TO_PAY: ("calendar.to_pay", "open"),
    State.LATE: ("calendar.late", "open"),
    State.CLOSED: ("calendar.closed", "all"),
    State.PAID: ("calendar.paid", "paid"),
    State.DECLINED: ("calendar.declined", "declined"),
    State.GOING: ("calendar.going", None),
    State.NOT_GOING: ("calendar.not_going", None),
    State.UNANSWERED: ("calendar.unanswered", None),
}
_UNFOLD = """(e) => {
    const more = e.target.closest(".more");
    if (more) more.setAttribute("aria-expanded", more.closest("td").classList.toggle("all"));
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


def month_grid(month: date, entries: dict[date, list[Entry]], me: Parent) -> dict[date, Element]:
    """The table; returns each day's cell, for `fill_day` when something changes."""
    cells: dict[date, Element] = {}
    weeks = weeks_of(month)
    with box("table", "month-grid") as table:
        table.on("click", js_handler=_UNFOLD)
        text("caption", month_name(month, me.language), "quiet-only")
        fixed(_week_days(weeks[1], me), "", tag="thead")
        with box("tbody"):
            for week in weeks:
                with box("tr"):
                    for each in week:
                        cell = box("td", "day" if each else "outside")
                        if each:
                            cells[each] = cell
                            fill_day(cell, each, entries.get(each, []), me)
    return cells


def _week_days(week: Sequence[date | None], me: Parent) -> Markup:
    names = Markup("")
    for day in week:  # the second one of a month is whole
        assert day is not None
        short, full = (format_date(day, pattern, LOCALES[me.language]) for pattern in ("ccc", "cccc"))
        names += Markup('<th scope="col" abbr="{}">{}</th>').format(full, short.rstrip("."))
    return Markup("<tr>{}</tr>").format(names)


def fill_day(cell: Element, day: date, entries: list[Entry], me: Parent) -> None:
    """What a day holds, in place of what its cell held."""
    is_today = day == clock.today()
    cell.classes(add="today" if is_today else "", remove="free" if entries else "")
    if not entries:
        cell.classes("free")
    if is_today:
        cell.props["aria-current"] = "date"
    rewrite(cell, _day(day, entries, me, is_today=is_today))


def _day(day: date, entries: list[Entry], me: Parent, *, is_today: bool) -> Markup:
    name = Markup('<span class="number num">{}</span><span class="in-full">{}</span>').format(
        day.day, _capital(day_name(day, me.language))
    )
    if is_today:
        name += Markup('<span class="today-word">{}</span>').format(me.t("calendar.today"))
    held = Markup('<div class="day-name">{}</div>').format(name)
    if not entries:
        return held
    hidden = len(entries) - SHOWN if len(entries) > SHOWN + 1 else 0
    items = Markup("").join(Markup("<li>{}</li>").format(_entry(entry, me)) for entry in entries)
    held += Markup('<ul class="{}">{}</ul>').format("folded" if hidden else "", items)
    if hidden:
        label = me.t("calendar.more_on", number=hidden, day=day_name(day, me.language))
        held += Markup('<button class="more" type="button" aria-expanded="false" aria-label="{}">{}</button>').format(
            label, me.t("calendar.more", number=hidden)
        )
    return held


def _entry(entry: Entry, me: Parent) -> Markup:
    word, tab = STATES[entry.state]
    due = entry.kind is Kind.DUE
    classes = f"entry {entry.state} {'deadline' if due else ''}"
    words = Markup(
        '<span class="what">{what}</span><span class="quiet-only"> </span><span class="who">{who}</span>'
        '<span class="quiet-only"> </span><span class="badge {state}">{word}</span>'
    ).format(
        what=me.t("calendar.due_of", title=entry.title) if due else entry.title,
        who=_whose(entry, me),
        state=entry.state,
        word=me.t(word),
    )
    if tab:
        return Markup('<a class="{}" href="/invitations?tab={}">{}</a>').format(classes, tab, words)
    return Markup('<div class="{}">{}</div>').format(classes, words)


def _whose(entry: Entry, me: Parent) -> str:
    children = ", ".join(entry.children)
    if entry.kind is Kind.DUE and entry.amount_cents is not None:
        return f"{children} · {me.money(entry.amount_cents)}"
    return children


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
