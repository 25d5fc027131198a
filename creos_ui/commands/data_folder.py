"""The data folder and the database in it, as a command opens and closes them."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from creos_ui.commands.ending import Refusal
from creos_ui.database.opening import opened
from creos_ui.settings import DataSettings

T = TypeVar("T")


def private_folder(folder: Path) -> None:
    """Make sure the data folder exists and is ours alone; refuses one others can read (R66)."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(folder.stat().st_mode)
    except OSError:
        raise Refusal("command.folder.unusable", folder=folder) from None
    if mode & 0o077:
        raise Refusal("command.folder.open", folder=folder)


def make_folder(folder: Path) -> None:
    """A data folder of our own making is readable by us alone; one that is there stays as it is."""
    if not folder.is_dir():
        private_folder(folder)


def database_exists(settings: DataSettings) -> bool:
    return settings.database_url is not None or (settings.data / "creos.db").exists()


def with_database(url: str, work: Coroutine[Any, Any, T]) -> T:
    """Run `work` with the database open; it is closed again whatever happens, or the process would not end."""

    async def run() -> T:
        async with opened(url, patient=True):
            return await work

    try:
        return asyncio.run(run())
    finally:
        work.close()  # where the database could not be opened, nobody awaited it
