"""A second, strict reader of RFC 5545, to check what the library wrote: lines, folding, properties, nesting, text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_NAME = r"[A-Za-z0-9-]+"
# name *(;param=value) : value — a parameter's value is quoted where it holds : ; or ,
_LINE = re.compile(rf'({_NAME})((?:;{_NAME}=(?:"[^"\x00-\x08\x0a-\x1f\x7f]*"|[^";:,\x00-\x08\x0a-\x1f\x7f]*))*):(.*)')


@dataclass
class Component:
    name: str
    properties: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)

    def values(self, name: str) -> list[str]:
        return [value for key, _, value in self.properties if key == name]

    def value(self, name: str) -> str:
        (value,) = self.values(name)
        return value

    def parameters(self, name: str) -> dict[str, str]:
        (found,) = [parameters for key, parameters, _ in self.properties if key == name]
        return found

    def each(self, name: str) -> list[Component]:
        return [component for component in self.components if component.name == name]


def read(content: bytes) -> Component:
    """The calendar in `content`; AssertionError for anything RFC 5545 does not allow."""
    assert content.endswith(b"\r\n")
    physical = content[:-2].split(b"\r\n")
    for line in physical:
        assert 0 < len(line) <= 75, f"{len(line)} octets: {line!r}"
        line.decode("utf-8")  # no character is cut in two
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line), line
    root = Component("")
    open_ones = [root]
    for logical in re.sub(r"\r\n[ \t]", "", content[:-2].decode("utf-8")).split("\r\n"):
        found = _LINE.fullmatch(logical)
        assert found, logical
        name, value = found[1].upper(), found[3]
        if name == "BEGIN":
            open_ones.append(Component(value))
            open_ones[-2].components.append(open_ones[-1])
        elif name == "END":
            assert open_ones.pop().name == value, logical
        else:
            parameters = dict(part.split("=", 1) for part in found[2].split(";")[1:])
            open_ones[-1].properties.append((name, parameters, value))
    assert open_ones == [root], "every BEGIN has its END"
    (calendar,) = root.components
    assert calendar.name == "VCALENDAR"
    _must(calendar, once=("PRODID", "VERSION"), at_most_once=("METHOD", "CALSCALE"))
    for event in calendar.each("VEVENT"):
        _must(event, once=("UID", "DTSTAMP", "DTSTART", "SUMMARY"), at_most_once=("DTEND", "CLASS", "TRANSP"))
        assert re.fullmatch(r"\d{8}T\d{6}Z", event.value("DTSTAMP"))
        text_of(event.value("SUMMARY"))
    for zone in calendar.each("VTIMEZONE"):
        _must(zone, once=("TZID",), at_most_once=())
        assert zone.each("STANDARD")
        for part in zone.components:
            _must(part, once=("DTSTART", "TZOFFSETFROM", "TZOFFSETTO"), at_most_once=("RRULE",))
    return calendar


def text_of(value: str) -> str:
    """A TEXT value as it was meant; AssertionError for a stray separator or escape."""
    assert re.fullmatch(r"(?:[^\\;,]|\\[\\;,nN])*", value), value
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], value)


def _must(component: Component, *, once: tuple[str, ...], at_most_once: tuple[str, ...]) -> None:
    for name in once:
        assert len(component.values(name)) == 1, (component.name, name)
    for name in at_most_once:
        assert len(component.values(name)) <= 1, (component.name, name)
