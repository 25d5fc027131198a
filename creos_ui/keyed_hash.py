"""Hashes of secrets and personal data that are only ever compared: HMAC-SHA256 with the school's own key."""

from __future__ import annotations

import hmac

_key: list[bytes] = []


def use(key: bytes) -> None:
    """Hash with this key from now on: first the school's secret itself, then what services/keys.py has read."""
    _key[:] = [key]


def keyed_hash(purpose: str, *parts: str) -> str:
    """64 hexadecimal digits; the same text has another hash for another purpose."""
    assert _key, "keyed_hash.use(secret) comes first"
    message = "\x1f".join((purpose, *parts)).encode("utf-8", "surrogatepass")
    return hmac.new(_key[0], message, "sha256").hexdigest()
