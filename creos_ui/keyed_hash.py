"""Hashes of secrets and of personal data that are only ever compared: HMAC-SHA256 under the school's own secret."""

from __future__ import annotations

import hmac

_key: list[bytes] = []


def use(secret: str) -> None:
    """Take the school's secret (settings.secret); once, before anything is hashed."""
    _key[:] = [secret.encode()]


def keyed_hash(purpose: str, *parts: str) -> str:
    """64 hexadecimal digits; the same text for another purpose hashes otherwise."""
    assert _key, "keyed_hash.use(secret) comes first"
    message = "\x1f".join((purpose, *parts)).encode("utf-8", "surrogatepass")
    return hmac.new(_key[0], message, "sha256").hexdigest()
