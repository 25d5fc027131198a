"""creos-ui create-account: a new account, or the first password of one brought over."""

from __future__ import annotations

import sys

import click

from creos_ui.commands.data_folder import make_folder, with_database
from creos_ui.commands.ending import Refusal
from creos_ui.commands.terminal import words
from creos_ui.services.accounts.account import create_account
from creos_ui.services.accounts.email_change import address_of
from creos_ui.services.school import read
from creos_ui.settings import data_settings
from creos_ui.texts import LANGUAGES
from models import Account, Role, folded

PARENT = "parent"  # no role of the office
ROLES = [PARENT, *[role.value for role in Role]]


@click.command("create-account", help=words("command.account.about"))
@click.argument("identifier")
@click.option("--last-name", default="", help=words("command.account.last_name"))
@click.option("--first-name", default="", help=words("command.account.first_name"))
@click.option("--role", type=click.Choice(ROLES), default=PARENT, help=words("command.account.role"))
@click.option("--language", type=click.Choice(LANGUAGES), help=words("command.account.language"))
@click.option("--email", help=words("command.account.email"))
@click.option("--password-stdin", is_flag=True, help=words("command.account.password_stdin"))
def command(
    identifier: str,
    last_name: str,
    first_name: str,
    role: str,
    language: str | None,
    email: str | None,
    password_stdin: bool,
) -> None:
    settings = data_settings()
    last_name, first_name = last_name.strip(), first_name.strip()
    address = address_of(email) if email else None
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else _asked_password()
    make_folder(settings.data)

    async def work() -> Account:
        await read()  # nobody's password is made of the school's own words
        if not (last_name and first_name) and not await Account.exists(identifier=folded(identifier)):
            raise Refusal("command.account.names", identifier=identifier)
        return await create_account(
            identifier=identifier,
            last_name=last_name,
            first_name=first_name,
            password=password,
            role=None if role == PARENT else Role(role),
            language=language,
            email=address,
        )

    account = with_database(settings.database, work())
    click.echo(words("command.account.created", identifier=account.identifier))


def _asked_password() -> str:
    password = click.prompt(words("command.account.password"), hide_input=True, err=True)
    if password != click.prompt(words("command.account.again"), hide_input=True, err=True):
        raise Refusal("command.account.differ")
    return str(password)
