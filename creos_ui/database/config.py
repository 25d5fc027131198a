"""Tortoise's configuration for the two databases, always on the repaired engines."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

SQLITE_PRAGMAS = {
    "busy_timeout": 5000,  # milliseconds a writer waits in its thread; who reads has another (safe_sqlite)
    "journal_mode": "WAL",
    "synchronous": "FULL",  # NORMAL may lose the last commits when the power fails
    "foreign_keys": "ON",
    "recursive_triggers": "ON",  # else INSERT OR REPLACE deletes a row without asking its delete trigger
    "journal_size_limit": 67_108_864,
    "cache_size": -65_536,
}


def config(url: str) -> dict[str, Any]:
    """`sqlite:PATH` or `postgres://user:password@host:port/database` to Tortoise's dictionary."""
    if url.startswith("sqlite:"):
        connection = {
            "engine": "creos_ui.database.safe_sqlite",  # the migration executor reads the dialect in the name
            "credentials": {"file_path": url.removeprefix("sqlite:"), **SQLITE_PRAGMAS},
        }
    else:
        parts = urlsplit(url)
        socket_folder = parse_qs(parts.query).get("host", [""])[0]  # libpq's way to name a local socket
        connection = {
            "engine": "creos_ui.database.safe_asyncpg",
            "credentials": {
                "host": socket_folder or parts.hostname or "127.0.0.1",
                "port": parts.port or 5432,
                "user": unquote(parts.username or "postgres"),
                "password": unquote(parts.password or ""),
                "database": parts.path.lstrip("/"),
                "minsize": 1,
                "maxsize": 8,
            },
        }
    return {
        "connections": {"default": connection},
        "apps": {"models": {"models": ["models"], "default_connection": "default", "migrations": "models.migrations"}},
        "use_tz": True,
        "timezone": "UTC",
    }


def sqlite_url(data: Path) -> str:
    """The embedded database of a data folder."""
    return f"sqlite:{data / 'creos.db'}"


def __getattr__(name: str) -> Any:
    """`TORTOISE_ORM`, made when Tortoise's own command line asks for it (pyproject.toml: tool.tortoise)."""
    if name == "TORTOISE_ORM":
        data = Path(os.environ.get("CREOS_DATA", "data"))
        return config(os.environ.get("CREOS_DATABASE_URL") or sqlite_url(data))
    raise AttributeError(name)
