"""Passwords: argon2id, two at a time in threads of their own, so that hashing never holds up the event loop (R3)."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from creos_ui.errors import PasswordTooShort

T = TypeVar("T")
SHORTEST, LONGEST = 12, 256  # code points after NFKC

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def _give_way() -> None:
    """A school gate's worth of sign-ins at once must not slow down everybody's pages: those threads come last."""
    if sys.platform == "linux":  # where a thread has a priority of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


_threads = ThreadPoolExecutor(2, thread_name_prefix="argon2", initializer=_give_way)  # 2 x 19 MiB at most
# verified where there is no hash to verify, so that it takes as long (R5)
_NOBODYS = _hasher.hash("nobody")


async def hash_password(password: str) -> str:
    """The argon2id hash of a new password. Raises PasswordTooShort unless it has 12 to 256 code points."""
    text = unicodedata.normalize("NFKC", password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise PasswordTooShort
    return await _in_thread(_hasher.hash, _bytes(text))


async def password_fits(password: str, password_hash: str | None) -> bool:
    """True if this is the password; without a hash it takes just as long and is False."""
    text = unicodedata.normalize("NFKC", password)
    fits = await _in_thread(_verify, password_hash or _NOBODYS, _bytes(text))
    return fits and password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """True where the hash was made with other parameters than today's: hash again while the password is at hand."""
    return _hasher.check_needs_rehash(password_hash)


async def rehashed(password: str) -> str:
    """The hash of a password that was accepted before, whatever its length."""
    return await _in_thread(_hasher.hash, _bytes(unicodedata.normalize("NFKC", password)))


def _verify(password_hash: str, password: bytes) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


async def _in_thread(work: Callable[..., T], *args: Any) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads, work, *args)
