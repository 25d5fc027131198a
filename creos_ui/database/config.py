"""Tortoise's configuration for the two databases, always on the repaired engines."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg

SQLITE_PRAGMAS = {
    "busy_timeout": 5000,  # milliseconds a writer waits in its thread; who reads has another (safe_sqlite)
    "journal_mode": "WAL",
    "synchronous": "FULL",  # NORMAL may lose the last commits when the power fails
    "foreign_keys": "ON",
    "recursive_triggers": "ON",  # else INSERT OR REPLACE deletes a row without asking its delete trigger
    "journal_size_limit": 67_108_864,
    "cache_size": -65_536,
}

# PostgreSQL, where each click has its own connection: none waits for a lock for ever, nor computes for ever
SERVER_SETTINGS = {"lock_timeout": "3s", "statement_timeout": "30s"}
# a migration or a command may take long, and waits longer than a click for what others are doing; but what waits for a
# whole table holds up everyone who comes after it
PATIENT = {"lock_timeout": "60s", "statement_timeout": "0"}

# what may follow the ? of an address of PostgreSQL; a word nobody reads would be a protection nobody has
PARAMETERS = {"host", "sslmode", "sslrootcert"}
SSL_MODES = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}


def config(url: str, *, patient: bool = False) -> dict[str, Any]:
    """`sqlite:PATH` or `postgres://user:password@host:port/database` to Tortoise's dictionary. `patient`: nobody waits
    at a page for it."""
    if url.startswith("sqlite:"):
        connection = {
            "engine": "creos_ui.database.safe_sqlite",  # the migration executor reads the dialect in the name
            "credentials": {"file_path": url.removeprefix("sqlite:"), **SQLITE_PRAGMAS},
        }
    else:
        parts = urlsplit(url)
        asked = dict(parse_qsl(parts.query))
        socket_folder = asked.get("host")  # libpq's way to name a local socket
        connection = {
            "engine": "creos_ui.database.safe_asyncpg",
            "credentials": {
                "host": socket_folder or parts.hostname or "127.0.0.1",
                "port": parts.port or 5432,
                "user": unquote(parts.username or "postgres"),
                "password": unquote(parts.password or ""),
                "database": parts.path.lstrip("/"),
                "ssl": _encryption(asked),
                "server_settings": PATIENT if patient else SERVER_SETTINGS,
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


async def connect(url: str, name: str, **server_settings: str) -> Any:
    """A connection to PostgreSQL beside the pool, called `name` in the server's own list."""
    credentials = config(url)["connections"]["default"]["credentials"]
    wanted = {part: credentials[part] for part in ("host", "port", "user", "password", "database", "ssl")}
    return await asyncpg.connect(**wanted, timeout=10, server_settings={"application_name": name, **server_settings})


def _encryption(asked: dict[str, str]) -> str | ssl.SSLContext | None:
    """libpq's sslmode and sslrootcert, as asyncpg takes them; None: as libpq does without them. With an sslrootcert
    the connection is always encrypted, and the server's certificate checked against it."""
    mode = asked.get("sslmode")
    if "sslrootcert" not in asked:
        return mode
    context = ssl.create_default_context(cafile=asked["sslrootcert"])
    context.check_hostname = mode == "verify-full"
    return context


def sqlite_url(data: Path) -> str:
    """The embedded database of a data folder."""
    return f"sqlite:{data / 'creos.db'}"


def __getattr__(name: str) -> Any:
    """`TORTOISE_ORM`, made when Tortoise's own command line asks for it (pyproject.toml: tool.tortoise)."""
    if name == "TORTOISE_ORM":
        data = Path(os.environ.get("CREOS_DATA", "data"))
        return config(os.environ.get("CREOS_DATABASE_URL") or sqlite_url(data))
    raise AttributeError(name)
