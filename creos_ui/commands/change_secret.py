"""creos-ui change-secret: the keys under a new CREOS_SECRET; after a leak, new keys."""

from __future__ import annotations

from dataclasses import asdict

import click

from creos_ui.commands.data_folder import database_exists, with_database
from creos_ui.commands.ending import NO_DATABASE, Refusal
from creos_ui.commands.terminal import words
from creos_ui.services.keys import SecretUnfit
from creos_ui.services.secret_change import change_secret, replace_keys, what_would_end
from creos_ui.settings import secret_settings


@click.command("change-secret", help=words("command.secret.about"))
@click.option("--leaked", is_flag=True, help=words("command.secret.leaked"))
@click.option("--yes", is_flag=True, help=words("command.secret.yes"))
def command(leaked: bool, yes: bool) -> None:
    settings = secret_settings()
    old, new = settings.secret.get_secret_value(), settings.new_secret.get_secret_value()
    if old == new:
        raise Refusal("command.secret.same")
    if not database_exists(settings):
        raise Refusal("command.database.missing", status=NO_DATABASE, folder=settings.data)
    try:
        if not leaked:
            with_database(settings.database, change_secret(old, new))
            click.echo(words("command.secret.changed"))
            return
        ending = with_database(settings.database, what_would_end(old))
        click.echo(words("command.secret.would_end", **asdict(ending)))
        if not yes and not click.confirm(words("command.secret.sure"), err=True):
            raise Refusal("command.secret.kept")
        ended = with_database(settings.database, replace_keys(old, new))
        click.echo(words("command.secret.replaced", **asdict(ended)))
    except SecretUnfit:
        raise Refusal("command.secret.unfit", status=NO_DATABASE) from None
