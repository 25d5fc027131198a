"""One imaginary school to try the portal with: the École communale du Tilleul.

Its families are brought over as those of a real school: from a list of the former system, by the import service.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from creos_ui.demo.loading import load_school
from creos_ui.errors import DomainError
from creos_ui.settings import Settings
from creos_ui.texts import t

PASSWORD = "Le tilleul fleurit"  # noqa: S105 - no secret: printed at every start
IDENTIFIERS = ("dubois.jacqueline", "leroy.marc")
_SECRET = "secret"  # noqa: S105 - the name of its file, which also marks a finished demo


class NotADemo(DomainError):
    """The folder holds something else; nothing in it was touched."""

    text_key = "command.demo.not_a_demo"


def prepare(folder: Path, notify: Callable[[str], None], language: str = "fr") -> None:
    """Make sure `folder` holds the demo: if it does it is kept, else the demo is loaded, whole or not at all.

    It is built in another folder and renamed at the end, so that an interrupted start begins again; `notify` gets each
    step as a line. Raises NotADemo if the folder holds something else.
    """
    folder = folder.resolve()
    if (folder / _SECRET).is_file() and (folder / "creos.db").is_file():
        notify(t("command.demo.kept", language, folder=folder))
        return
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotADemo(folder=folder)
    notify(t("command.demo.loading", language, folder=folder))
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # left by an interrupted start
    partial.mkdir(mode=0o700, parents=True)

    def notify_step(text_key: str, **values: Any) -> None:
        notify(f"  {t(text_key, language, **values)}")

    asyncio.run(load_school(partial, PASSWORD, notify_step))
    _write_secret(partial / _SECRET)
    partial.rename(folder)


class DemoSettings(Settings):
    """Sends nothing: /dev/mail shows its messages."""

    @property
    def demo(self) -> bool:
        return True


def settings(folder: Path, port: int) -> Settings:
    """How the demo is served: on this machine only, whatever the environment contains."""
    return DemoSettings(
        data=folder,
        database_url=None,
        secret=SecretStr((folder / _SECRET).read_text("ascii").strip()),
        public_url=f"http://127.0.0.1:{port}",
        host="127.0.0.1",
        port=port,
        school_name="École communale du Tilleul",
        school_contact="secretariat@tilleul.example · 02\u00a0555\u00a001\u00a023",
        payee_name="Commune de Tilleul",
        payee_iban="BE68539007547034",
        smtp_host=None,
        smtp_tls="starttls",
        mail_from="portail@tilleul.example",
        reminder_days="7,2",
    )


def _write_secret(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
