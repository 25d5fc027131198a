"""The language in which a request is answered."""

from __future__ import annotations

import re

from starlette.requests import HTTPConnection

from creos_ui.texts import DEFAULT, LANGUAGES
from creos_ui.web import cookies

ONLY_CHOSEN = "en"
LONGEST = 1_000  # characters read of an Accept-Language; browsers send fewer than 200
_QUALITY = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)


def language_of(request: HTTPConnection) -> str:
    """The account's choice, else what was chosen on this browser, else what the browser asks for, else French.

    A browser may ask for nl, de or fr. English must be chosen: many browsers in Belgium are set to English and nobody
    changed it, and the official portal that their owners know is French.
    """
    session = getattr(request.state, "session", None)
    if session is not None and session.language in LANGUAGES:
        return str(session.language)
    chosen = cookies.read(request.headers.get("cookie", ""), cookies.LANGUAGE)
    return chosen if chosen in LANGUAGES else asked_for(request.headers.get("accept-language", ""))


def asked_for(header: str) -> str:
    """Of our languages except English the one an Accept-Language header prefers; French if it names none of them."""
    best, language = 0.0, DEFAULT
    for entry in header[:LONGEST].split(","):
        name, *parameters = (part.strip() for part in entry.split(";"))
        code = name.partition("-")[0].lower()
        if code not in LANGUAGES or code == ONLY_CHOSEN:
            continue
        quality = _quality(parameters)
        if quality > best:  # the first of equal ones
            best, language = quality, code
    return language


def _quality(parameters: list[str]) -> float:
    """0 to 1; anything that HTTP would not write as a quality is 0."""
    if not parameters:
        return 1.0
    found = _QUALITY.fullmatch(parameters[0])
    return float(found[1]) if found and len(parameters) == 1 else 0.0
