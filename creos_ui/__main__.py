"""The command line, creos-ui: demo, run, check, create-account, import-invitations."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import tempfile
from collections.abc import Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import ValidationError

from creos_ui import demo as demo_school
from creos_ui.commands import (
    NO_DATABASE,
    OUR_MISTAKE,
    USER_MISTAKE,
    Refusal,
    operators_language,
    plain,
    private_folder,
    run_to_the_end,
    say,
    words,
)
from creos_ui.database.config import sqlite_url
from creos_ui.database.opening import opened
from creos_ui.errors import DomainError
from creos_ui.services.accounts import password_policy
from creos_ui.services.accounts.account import create_account
from creos_ui.services.accounts.email_change import address_of
from creos_ui.services.former_system.bringing_over import import_list, preview_list
from creos_ui.services.former_system.report import (
    Report,
    refusal_for_machines,
    report_for_machines,
    report_in_words,
)
from creos_ui.services.money.books import Finding, check_books
from creos_ui.settings import DataSettings, Settings, data_settings, portal_settings
from creos_ui.texts import LANGUAGES
from models import Account, Role, folded

T = TypeVar("T")
SHOWN_EVERY = 1_000  # steps of long work


@click.group(help=words("command.about"))
def cli() -> None:
    pass


@cli.command("demo", help=words("command.demo.about"))
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8080, envvar="CREOS_PORT", help=words("command.demo.port")
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-data"),
    envvar="CREOS_DATA",
    help=words("command.demo.data"),
)
def demo_command(port: int, data: Path) -> None:
    os.environ["CREOS_DATA"] = str(data)  # where an unexpected fault is logged
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise Refusal("command.demo.port_taken", port=port) from None
    demo_school.prepare(data, say, operators_language())
    settings = demo_school.settings(data, port)
    click.echo(
        words(
            "command.demo.ready",
            address=settings.public_url,
            identifiers=", ".join(demo_school.IDENTIFIERS),
            password=demo_school.PASSWORD,
        )
    )
    _serve(settings)


@cli.command("run", help=words("command.run.about"))
def run_command() -> None:
    settings = portal_settings()
    private_folder(settings.data)
    _serve(settings)


@cli.command("check", help=words("command.check.about"))
@click.option("--json", "as_json", is_flag=True, help=words("command.check.json"))
def check_command(as_json: bool) -> None:
    settings = data_settings()
    if not _database_exists(settings):
        raise Refusal("command.database.missing", status=NO_DATABASE, folder=settings.data)
    findings = _with_database(settings.database, check_books())
    remarks = _settings_remarks(settings)
    broken = [finding for finding in findings if not finding.ok]
    if as_json:
        rules = [asdict(finding) for finding in findings]
        first = broken[0].name if broken else None
        _print_json({"ok": not broken, "first_broken": first, "rules": rules, "settings": remarks})
    else:
        _tell_findings(findings, broken, remarks)
    if broken:
        sys.exit(OUR_MISTAKE)


@cli.command("create-account", help=words("command.account.about"))
@click.argument("identifier")
@click.option("--last-name", help=words("command.account.last_name"))
@click.option("--first-name", help=words("command.account.first_name"))
@click.option(
    "--role", type=click.Choice([role.value for role in Role]), default="parent", help=words("command.account.role")
)
@click.option("--language", type=click.Choice(LANGUAGES), help=words("command.account.language"))
@click.option("--email", help=words("command.account.email"))
@click.option("--password-stdin", is_flag=True, help=words("command.account.password_stdin"))
def account_command(
    identifier: str,
    last_name: str | None,
    first_name: str | None,
    role: str,
    language: str | None,
    email: str | None,
    password_stdin: bool,
) -> None:
    settings = data_settings()
    address = address_of(email) if email else None
    password_policy.use(os.environ.get("CREOS_SCHOOL_NAME", ""), os.environ.get("CREOS_PAYEE_NAME", ""))
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else _asked_password()
    _make_folder(settings)

    async def work() -> Account:
        named = bool((last_name or "").strip() and (first_name or "").strip())
        if not named and not await Account.exists(identifier=folded(identifier)):
            raise Refusal("command.account.names", identifier=identifier)
        return await create_account(
            identifier=identifier,
            last_name=(last_name or "").strip(),
            first_name=(first_name or "").strip(),
            password=password,
            role=Role(role),
            language=language,
            email=address,
        )

    account = _with_database(settings.database, work())
    click.echo(words("command.account.created", identifier=account.identifier))


@cli.command("import-invitations", help=words("command.import.about"))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--apply", is_flag=True, help=words("command.import.apply"))
@click.option("--json", "as_json", is_flag=True, help=words("command.import.json"))
def import_command(file: Path, apply: bool, as_json: bool) -> None:
    settings = data_settings()
    if apply:
        _make_folder(settings)
    language = operators_language()
    try:
        report = _read_list(settings, file, apply)
    except DomainError as refusal:
        if not as_json:
            raise
        _print_json(refusal_for_machines(refusal, language))
        sys.exit(USER_MISTAKE)
    if as_json:
        _print_json(report_for_machines(report, language))
    else:
        click.echo(plain("\n".join(report_in_words(report, language))), err=bool(report.faults))
    if report.faults:
        sys.exit(USER_MISTAKE)


def _read_list(settings: DataSettings, file: Path, apply: bool) -> Report:
    if apply:
        work = import_list(file, documents_folder=settings.documents, progress=_progress)
        return _with_database(settings.database, work)
    if _database_exists(settings):
        return _with_database(settings.database, preview_list(file))
    with tempfile.TemporaryDirectory() as nowhere:  # a preview leaves nothing behind, not even an empty database
        return _with_database(sqlite_url(Path(nowhere)), preview_list(file))


def _with_database(url: str, work: Coroutine[Any, Any, T]) -> T:
    """Run `work` with the database open; it is closed again whatever happens, or the process would not end."""

    async def run() -> T:
        async with opened(url):
            return await work

    try:
        return asyncio.run(run())
    finally:
        work.close()  # where the database could not be opened, nobody awaited it


def _serve(settings: Settings) -> None:
    from creos_ui.app import serve  # NiceGUI takes a second to load: only where it is needed

    serve(settings)


def _database_exists(settings: DataSettings) -> bool:
    return settings.database_url is not None or (settings.data / "creos.db").exists()


def _make_folder(settings: DataSettings) -> None:
    """A data folder of our own making is readable by us alone."""
    if not settings.data.is_dir():
        private_folder(settings.data)


def _asked_password() -> str:
    password = click.prompt(words("command.account.password"), hide_input=True, err=True)
    if password != click.prompt(words("command.account.again"), hide_input=True, err=True):
        raise Refusal("command.account.differ")
    return str(password)


def _settings_remarks(data: DataSettings) -> list[str]:
    """What keeps `run` from starting, or messages from going out, as sentences; values are never shown (R66)."""
    remarks = []
    try:
        if not Settings().smtp_host:  # type: ignore[call-arg]  # the environment fills it
            remarks.append(words("command.check.no_smtp"))
    except ValidationError as exc:
        for fault in exc.errors(include_input=False, include_url=False):
            name = f"CREOS_{fault['loc'][0]}".upper()
            missing = fault["type"] == "missing"
            remarks.append(f"{name} {'is not set' if missing else fault['msg'].removeprefix('Value error, ')}.")
    if data.data.is_dir():
        try:
            private_folder(data.data)
        except Refusal as refusal:
            remarks.append(str(refusal))
    return remarks


def _tell_findings(findings: list[Finding], broken: list[Finding], remarks: list[str]) -> None:
    for finding in findings:
        key = "command.check.ok" if finding.ok else "command.check.broken"
        click.echo(words(key, name=finding.name, broken=finding.broken, example=finding.example))
    name = broken[0].name if broken else ""
    click.echo(words("command.check.first_broken" if broken else "command.check.all_well", name=name))
    if remarks:
        click.echo("\n".join([words("command.check.settings"), *(f"  {remark}" for remark in remarks)]), err=True)


def _progress(done: int, total: int) -> None:
    """One line that counts on a terminal, plain lines elsewhere; nothing for short work."""
    if total >= SHOWN_EVERY and (done % SHOWN_EVERY == 0 or done == total):
        terminal = sys.stderr.isatty()
        line = words("command.import.progress", done=done, total=total)
        click.echo(f"\r{line}" if terminal else line, nl=not terminal or done == total, err=True)


def _print_json(value: dict[str, Any]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def main() -> None:
    """The entry point."""
    run_to_the_end(lambda: cli.main(standalone_mode=False))


if __name__ == "__main__":
    main()
