"""A Chromium for the browser tests: the system's, else Playwright's own download, else the distribution's package.

`python -m tests.chromium` gets one and prints its path; `executable()` finds the one that is there.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DOWNLOAD_SECONDS, PACKAGE_SECONDS = 120, 300
NONE = (
    "No Chromium for the browser tests: install the package chromium (Debian: apt-get install chromium), "
    "or name one with CREOS_CHROMIUM=/path/to/chrome."
)


def executable() -> str | None:
    """The path of a Chromium that starts; None where there is none."""
    return next((path for path in _candidates() if _starts(path)), None)


def provide() -> str | None:
    """As `executable`, but gets one where there is none."""
    for get in (None, _download, _install):
        if get:
            get()
        if found := executable():
            return found
    return None


def _candidates() -> Iterator[str]:
    if named := os.environ.get("CREOS_CHROMIUM"):
        yield named
        return
    yield from (path for path in map(shutil.which, NAMES) if path)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if os.path.exists(path):
        yield path


def _starts(path: str) -> bool:
    """A distribution's stub, or a download that lacks its libraries, does not count."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _download() -> None:
    _run([sys.executable, "-m", "playwright", "install", "chromium"], DOWNLOAD_SECONDS)


def _install() -> None:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _run(["apt-get", "update", "-q"], PACKAGE_SECONDS)
        _run(["apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium"], PACKAGE_SECONDS)


def _run(command: list[str], seconds: int) -> None:
    """Its success shows in what is there afterwards. Past the time limit its children end with it."""
    print(f"Getting a Chromium: {' '.join(command[-4:])}", file=sys.stderr, flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        process = subprocess.Popen(command, stdout=sys.stderr, env=quiet, start_new_session=True)
    except OSError as exc:
        print(exc, file=sys.stderr)
        return
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        print(f"not done after {seconds} s", file=sys.stderr)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


if __name__ == "__main__":
    path = provide()
    if path is None:
        sys.exit(NONE)
    print(path)
