"""What was typed at a refused sign-in, kept two minutes in this process's memory: nothing typed is lost, and neither
the address nor a cookie tells who tried (R61).
"""

from __future__ import annotations

import secrets

from creos_ui import clock

KEPT_SECONDS, MOST = 120, 1_000
_kept: dict[str, tuple[float, str]] = {}


def keep(identifier: str) -> str:
    """Remember it under a new random word, which the sign-in page hands back."""
    now = clock.now().timestamp()
    for word in [word for word, (until, _) in _kept.items() if until < now]:
        del _kept[word]
    while len(_kept) >= MOST:  # a flood pushes out its own oldest
        del _kept[next(iter(_kept))]
    word = secrets.token_urlsafe(16)
    _kept[word] = (now + KEPT_SECONDS, identifier[:200])
    return word


def recall(word: str) -> str:
    """What was typed, or nothing if that is long ago."""
    until, identifier = _kept.get(word, (0.0, ""))
    return identifier if until >= clock.now().timestamp() else ""
