"""One imaginary school to try the portal with: the École communale du Tilleul.

Its families come in as a real school's would: through a list of the former system, read by the import service.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from creos_ui.commands import Refusal
from creos_ui.demo.loading import load_school
from creos_ui.settings import Settings
from creos_ui.texts import t

PASSWORD = "Le tilleul fleurit"  # noqa: S105 - printed at every start, for everybody
IDENTIFIERS = ("dubois.jacqueline", "leroy.marc")
_SECRET = "secret"  # noqa: S105 - the file's name; also the mark of a finished demo


def prepare(folder: Path, say: Callable[[str], None], language: str = "fr") -> None:
    """Make sure `folder` holds the demo: kept where it does, else loaded anew, whole or not at all.

    It is built beside and renamed at the end, so that an interrupted start begins again. Raises Refusal where the
    folder holds something else.
    """
    folder = folder.resolve()
    if (folder / _SECRET).is_file() and (folder / "creos.db").is_file():
        say(t("command.demo.kept", language, folder=folder))
        return
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refusal("command.demo.not_a_demo", folder=folder)
    say(t("command.demo.loading", language, folder=folder))
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # of a start that was interrupted
    partial.mkdir(mode=0o700, parents=True)
    asyncio.run(load_school(partial, PASSWORD, lambda text_key, **values: say(f"  {t(text_key, language, **values)}")))
    _write_secret(partial / _SECRET)
    partial.rename(folder)


class DemoSettings(Settings):
    """Sends nothing: its messages are shown on a page of its own."""

    @property
    def demo(self) -> bool:
        return True


def settings(folder: Path, port: int) -> Settings:
    """How the demo is served: on this machine only, whatever the environment says."""
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
