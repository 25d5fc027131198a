"""creos-ui run: the portal, served as the environment says."""

from __future__ import annotations

import click

from creos_ui.commands.data_folder import private_folder
from creos_ui.commands.terminal import words
from creos_ui.settings import portal_settings


@click.command("run", help=words("command.run.about"))
def command() -> None:
    settings = portal_settings()
    private_folder(settings.data)
    from creos_ui.app import serve  # NiceGUI takes a second to load: only where it is needed

    serve(settings)
