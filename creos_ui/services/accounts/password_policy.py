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
from typing import Any
from weakref import WeakValueDictionary

from zxcvbn import zxcvbn

from creos_ui.errors import DomainError, PasswordCommon, PasswordPattern, PasswordPersonal, PasswordTooShort
from creos_ui.services.accounts.passwords import LONGEST, SHORTEST
from models import Account, Guardianship, folded

LONGEST_MEASURED = 40  # a copy is cut, the password never
# the meter tries every letter that signs may stand for, together: brackets and bars are one sign each to it, or 40 of
# them would take a second
_ALIKE = str.maketrans("{[<|", "(((!")
STRONG_ENOUGH = 3  # of 4: about 10^8 guesses against a slow hash
REMAINING = 6  # letters and digits that must be left when the known words are taken out
PRODUCT = ("creos", "portail", "parents")
# what the meter's English lists do not know, or not well enough
COMMON = """
    motdepasse bonjour bienvenue soleil chouchou doudou loulou bisous jetaime azerty qwerty azertyuiop qsdfghjklm
    anderlecht standard bruxelles brussel belgique belgie belgien liege charleroi namur wachtwoord welkom geheim
    zonnetje schatje passwort willkommen geheimnis schatzi hallo ecole school schule maman papa maison
"""
_SHORTEST_WORD = 3
_PATTERNS = ("repeat", "sequence", "spatial", "date")
_school: list[str] = []
# the meter may take a tenth of a second for a password made to be slow: one at a time, never on the event loop
_thread = ThreadPoolExecutor(1, thread_name_prefix="zxcvbn")
_turns: WeakValueDictionary[int | None, asyncio.Lock] = WeakValueDictionary()


def use(*words: str) -> None:
    """The school's own words (its name, its municipality): nobody's password is made of them."""
    _school[:] = [word for word in words if word]


async def weakness(password: str, *, account_id: int | None = None, words: Iterable[str] = ()) -> DomainError | None:
    """Why this password is not taken for this account, or None if it is. `words`: more that is known of the person."""
    text = unicodedata.normalize("NFKC", password)
    if not SHORTEST <= len(text) <= LONGEST:
        return PasswordTooShort()
    known = _parts([*PRODUCT, *_school, *words, *await _of_account(account_id)])
    if _is_made_of(text, known):
        return PasswordPersonal()
    guessed = [*sorted(known), *COMMON.split()]
    async with _turns.setdefault(account_id, asyncio.Lock()):  # one account at most once in the queue: all take turns
        measured = await asyncio.get_running_loop().run_in_executor(_thread, _measure, text, guessed)
    return None if measured["score"] >= STRONG_ENOUGH else _reason(measured, known)


async def check(password: str, *, account_id: int | None = None, words: Iterable[str] = ()) -> None:
    """Raises what `weakness` returns."""
    if refusal := await weakness(password, account_id=account_id, words=words):
        raise refusal


def _measure(text: str, known: list[str]) -> dict[str, Any]:
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


def _is_made_of(text: str, known: set[str]) -> bool:
    """True where known words are in it and hardly any other letter or digit is."""
    whole = left = re.sub(r"[\W_]", "", folded(text))
    for word in sorted(known, key=len, reverse=True):
        left = left.replace(word, "")
    return left != whole and len(left) < REMAINING


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
    children = await Guardianship.filter(guardian_id=account.guardian_id).select_related("pupil")
    names = [account.guardian.last_name, account.guardian.first_name]
    names += [name for row in children for name in (row.pupil.first_name, row.pupil.last_name)]
    return [account.identifier, (account.email or "").partition("@")[0], *names]
