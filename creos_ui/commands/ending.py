"""How a command ends when something is wrong: one sentence and an exit status.

A user's mistake is 2, a database that cannot be opened 3, books that could not all be looked at 4, our own mistake a
reference and 1; a traceback goes to DATA/creos.log, with CREOS_DEBUG=1 to the screen too.
"""

from __future__ import annotations

import os
import secrets
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from creos_ui import clock
from creos_ui.commands.terminal import say, words
from creos_ui.database.opening import DatabaseUnusable
from creos_ui.errors import DomainError
from creos_ui.settings import SettingsUnusable

USER_MISTAKE, OUR_MISTAKE, NO_DATABASE, NOT_SEEN, INTERRUPTED = 2, 1, 3, 4, 130


class Refusal(Exception):
    """A sentence for the operator, and the exit status that goes with it."""

    def __init__(self, text_key: str, *, status: int = USER_MISTAKE, **values: Any) -> None:
        super().__init__(words(text_key, **values))
        self.status = status


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
