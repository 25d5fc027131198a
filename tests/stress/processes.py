"""Real processes for the tests, started in milliseconds: forked before they open the database."""

from __future__ import annotations

import asyncio
import os
import signal
import time
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path

from tortoise.backends.base.executor import EXECUTOR_CACHE

from creos_ui.database.opening import opened

KILLED = -signal.SIGKILL


def start(url: str, work: Callable[[], Awaitable[None]]) -> int:
    """Fork a process that opens the database at `url` and runs `work`; only outside an event loop. Returns its id."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        EXECUTOR_CACHE.clear()
        asyncio.run(_with_database(url, work))
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)  # nothing of pytest's own ending belongs to the child


async def _with_database(url: str, work: Callable[[], Awaitable[None]]) -> None:
    async with opened(url):
        await work()


def ended(pid: int, *, within: float = 60) -> int:
    """Wait for the process; its exit status, or minus the signal that ended it. One that hangs is killed and fails."""
    deadline = time.monotonic() + within
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise AssertionError("the process hangs")
        time.sleep(0.002)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    assert ended(pid) in (KILLED, 0)


class Notes:
    """Lines that survive the death of the process that wrote them; each is written whole or not at all."""

    def __init__(self, file: Path) -> None:
        self.file = file
        file.touch()

    def write(self, line: str) -> None:
        with self.file.open("ab", buffering=0) as file:
            file.write(f"{line}\n".encode())

    def lines(self) -> list[str]:
        return self.file.read_text().splitlines()
