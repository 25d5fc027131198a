"""The command line, creos-ui: which commands there are."""

from __future__ import annotations

import click

from creos_ui.commands import change_secret, check, create_account, demo, import_invitations, run
from creos_ui.commands.ending import run_to_the_end
from creos_ui.commands.terminal import words

COMMANDS = demo, run, check, create_account, import_invitations, change_secret

cli = click.Group(help=words("command.about"), commands=[module.command for module in COMMANDS])


def main() -> None:
    """The entry point."""
    run_to_the_end(lambda: cli.main(standalone_mode=False))


if __name__ == "__main__":
    main()
