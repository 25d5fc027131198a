"""Which new passwords are taken (R1, R2): 12 to 256 code points of any kind that are not easily guessed.

No composition rule. What is refused is refused with its reason: too short, common, a run of keys or repeats, or little
more than words everybody knows about this person or this school.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from zxcvbn import zxcvbn

from creos_ui.errors import DomainError, PasswordCommon, PasswordPattern, PasswordPersonal, PasswordTooShort
from creos_ui.services.accounts.passwords import LONGEST, SHORTEST
from creos_ui.services.school import school
from models import Account, Guardianship, folded

LONGEST_MEASURED = 40  # a copy is cut, the password never
# the meter tries every letter that signs may stand for, together: brackets and bars are one sign each to it, or 40 of
# them would take a second
_ALIKE = str.maketrans("{[<|", "(((!")
STRONG_ENOUGH = 3  # of 4: about 10^8 guesses against a slow hash
REMAINING = 6  # characters that must be left when the known words are taken out
FEW = 3  # common words; four that do not belong together are many
PRODUCT = ("creos",)
COMMON_WORDS = Path(__file__).with_name("common_words.txt")  # what the meter's English lists do not know
COMMON = [word for line in COMMON_WORDS.read_text("utf-8").splitlines() if line[:1] != "#" for word in line.split()]
_BETWEEN = re.compile(r"^[\W_]+|[\W_]+$|[\s_'.,:;!?&+/-]+")  # what stands at the ends, or parts words
# beside a word or at an end: a year, a date, or 123
_DIGITS = re.compile(r"(?<![^ ])\d{1,8}(?!\d)|(?<!\d)\d{1,8}(?![^ ])")
_SIGNS, _MEANT = re.compile(r"[@$013457]+(?=[a-z])"), str.maketrans("@$013457", "asoieast")  # p@rents, m0tdepasse
_SHORTEST_WORD = 3
_PATTERNS = ("repeat", "sequence", "spatial", "date")
# the meter may take a tenth of a second for a password made to be slow: one at a time, never on the event loop
_thread = ThreadPoolExecutor(1, thread_name_prefix="zxcvbn")
_turns: WeakValueDictionary[int | None, asyncio.Lock] = WeakValueDictionary()


async def weakness(password: str, *, account_id: int | None = None, words: Iterable[str] = ()) -> DomainError | None:
    """Why this password is not taken for this account, or None if it is. `words`: more that is known of the person."""
    text = unicodedata.normalize("NFKC", password)
    if not SHORTEST <= len(text) <= LONGEST:
        return PasswordTooShort()
    known = _parts([*PRODUCT, school().name, school().payee_name, *words, *await _of_account(account_id)])
    if _made_of(text, known):
        return PasswordPersonal()
    if 0 < len(found := _made_of(text, known.union(COMMON))) <= FEW:
        return PasswordPersonal() if max(found, key=len) in known else PasswordCommon()
    guessed = [*sorted(known), *COMMON]
    async with _turns.setdefault(account_id, asyncio.Lock()):  # one account at most once in the queue: all take turns
        measured = await asyncio.get_running_loop().run_in_executor(_thread, _measure, text, guessed)
    return None if measured["score"] >= STRONG_ENOUGH else _reason(measured, known)


async def check(password: str, *, account_id: int | None = None, words: Iterable[str] = ()) -> None:
    """Raises what `weakness` returns."""
    if refusal := await weakness(password, account_id=account_id, words=words):
        raise refusal


def _measure(text: str, known: list[str]) -> dict[str, Any]:
    """As the meter sees it without accents, and without what parts its words too; the weaker of both."""
    forms = [folded(text), _letters_and_digits(text)]
    measured = [_measure_one(form, known) for form in forms if form is forms[0] or len(form) >= SHORTEST]
    return min(measured, key=lambda one: int(one["score"]))


def _measure_one(text: str, known: list[str]) -> dict[str, Any]:
    # a lone surrogate or a NUL is a character like any other to us; the meter need not see it
    shown = text[:LONGEST_MEASURED].translate(_ALIKE).encode("utf-8", "replace").decode()
    measured: dict[str, Any] = zxcvbn(shown, user_inputs=known)
    return measured


def _reason(measured: dict[str, Any], known: set[str]) -> DomainError:
    """The part of the password that a guesser would be surest of."""
    matches = [match for match in measured["sequence"] if match["pattern"] != "bruteforce"]
    if not matches:
        return PasswordCommon()
    longest = max(matches, key=lambda match: len(match["token"]))
    if longest["pattern"] in _PATTERNS:
        return PasswordPattern()
    return PasswordPersonal() if folded(longest["matched_word"]) in known else PasswordCommon()


def _made_of(text: str, words: Iterable[str]) -> list[str]:
    """Those of the words that are in it, and what is left, where that is hardly anything; else nothing."""
    signs_for_letters = _SIGNS.sub(lambda found: found[0].translate(_MEANT), folded(text))
    for form in (text, signs_for_letters):
        left, found = _BETWEEN.sub("", folded(form)), []
        for word in sorted(words, key=len, reverse=True):
            found += [word] * left.count(word)
            left = left.replace(word, " ")
        left = _DIGITS.sub("", left).replace(" ", "")
        if found and len(left) < REMAINING:
            return [*found, left] if len(left) >= _SHORTEST_WORD else found
    return []


def _letters_and_digits(text: str) -> str:
    return re.sub(r"[\W_]", "", folded(text))


def _parts(texts: Iterable[str]) -> set[str]:
    """jacqueline, dubois and jacquelinedubois of « Dubois Jacqueline »; articles are nobody's."""
    found: set[str] = set()
    for one in texts:
        words = [word for word in re.split(r"[\W_]+", folded(one)) if word]
        found |= {word for word in (*words, "".join(words)) if len(word) >= _SHORTEST_WORD}
    return found - {"les", "des", "une", "het", "van", "der", "die", "das", "und", "the", "and"}


async def _of_account(account_id: int | None) -> list[str]:
    account = await Account.get_or_none(id=account_id).select_related("guardian") if account_id else None
    if account is None:
        return []
    children = await Guardianship.filter(guardian_id=account.guardian_id or 0).select_related("pupil")
    names = [account.name]
    names += [name for row in children for name in (row.pupil.first_name, row.pupil.last_name)]
    return [account.identifier, (account.email or "").partition("@")[0], *names]
