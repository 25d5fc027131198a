"""What the commands share: the operator's language, the data folder, and how a command ends when something is wrong.

A user's mistake is one sentence and exit status 2, a database that cannot be opened 3, our own mistake a reference
and 1; a traceback goes to DATA/creos.log, with CREOS_DEBUG=1 to the screen too.
"""

from __future__ import annotations

import os
import secrets
import stat
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from creos_ui import clock
from creos_ui.database.opening import DatabaseUnusable
from creos_ui.errors import DomainError
from creos_ui.settings import SettingsUnusable
from creos_ui.texts import t

USER_MISTAKE, OUR_MISTAKE, NO_DATABASE, INTERRUPTED = 2, 1, 3, 130


class Refusal(Exception):
    """A sentence for the operator, and the exit status that goes with it."""

    def __init__(self, text_key: str, *, status: int = USER_MISTAKE, **values: Any) -> None:
        super().__init__(words(text_key, **values))
        self.status = status


def operators_language() -> str:
    """As the terminal is set; French unless it says English."""
    spoken = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "en" if spoken.casefold().startswith("en") else "fr"


def words(text_key: str, **values: Any) -> str:
    return plain(t(text_key, operators_language(), **values))


def plain(text: str) -> str:
    """With spaces that may break: a terminal breaks lines anywhere, and operators search with a plain space."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def say(line: str) -> None:
    """Tell the operator how far the work is; standard output stays free for results."""
    click.echo(line, err=True)


def private_folder(folder: Path) -> None:
    """Make sure the data folder exists and is ours alone; refuses one others can read (R66)."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(folder.stat().st_mode)
    except OSError:
        raise Refusal("command.folder.unusable", folder=folder) from None
    if mode & 0o077:
        raise Refusal("command.folder.open", folder=folder)


def run_to_the_end(command: Callable[[], Any]) -> NoReturn:
    """Run a click command; whatever goes wrong ends as a sentence and an exit status."""
    try:
        sys.exit(command())
    except click.ClickException as exc:
        exc.show()
        sys.exit(exc.exit_code)
    except (click.Abort, KeyboardInterrupt):
        say(words("command.interrupted"))
        sys.exit(INTERRUPTED)
    except SettingsUnusable as exc:
        say(str(exc))
        sys.exit(USER_MISTAKE)
    except Refusal as exc:
        say(str(exc))
        sys.exit(exc.status)
    except DatabaseUnusable as exc:
        say(str(exc))
        sys.exit(NO_DATABASE)
    except DomainError as exc:
        say(words(exc.text_key, **exc.values))
        sys.exit(USER_MISTAKE)
    except Exception as exc:
        say(_unexpected(exc))
        sys.exit(OUR_MISTAKE)


def _unexpected(exc: Exception) -> str:
    """Our own mistake: the details go to the log, the operator gets a reference to find them by."""
    reference = secrets.token_hex(4)
    details = "".join(traceback.format_exception(exc))
    if os.environ.get("CREOS_DEBUG") == "1":
        say(details)
    log = Path(os.environ.get("CREOS_DATA") or "data") / "creos.log"
    try:
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with open(descriptor, "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{clock.now().isoformat()} {reference}\n{details}\n")
        where = words("command.unexpected.log", log=log)
    except OSError:
        where = words("command.unexpected.debug")
    return words("command.unexpected", reference=reference, where=where)
