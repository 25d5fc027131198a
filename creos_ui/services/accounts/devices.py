"""What a browser is called by people: « Chrome » on « Android », out of the browser's own words about itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

# the first that matches: nearly all of them claim to be Safari, and many to be Chrome
_BROWSERS = (
    ("Edge", r"\b(?:Edg|EdgA|EdgiOS)/"),
    ("Opera", r"\b(?:OPR|OPT)/"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Firefox", r"\b(?:Firefox|FxiOS)/"),
    ("Chrome", r"\b(?:Chrome|CriOS|HeadlessChrome)/"),
    ("Safari", r"\bVersion/[\d.]+ .*\bSafari/"),
)
_SYSTEMS = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("Windows", r"\bWindows\b"),
    ("Mac", r"\bMacintosh\b"),
    ("Linux", r"\bLinux\b"),
)


@dataclass(frozen=True)
class Device:
    """Either part is "" where the browser does not say."""

    browser: str
    system: str


def device_of(user_agent: str) -> Device:
    """Never the browser's own words: those are anybody's to choose."""
    return Device(_first(_BROWSERS, user_agent[:400]), _first(_SYSTEMS, user_agent[:400]))


def _first(names: tuple[tuple[str, str], ...], words: str) -> str:
    return next((name for name, pattern in names if re.search(pattern, words)), "")
