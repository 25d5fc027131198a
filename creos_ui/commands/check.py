"""creos-ui check: every rule of the books, and the settings."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from typing import Any

import click
from pydantic import ValidationError

from creos_ui.commands.data_folder import database_exists, private_folder, with_database
from creos_ui.commands.ending import NO_DATABASE, NOT_SEEN, OUR_MISTAKE, Refusal
from creos_ui.commands.terminal import say, show_json, words
from creos_ui.services import audit, keys
from creos_ui.services.money.books import Finding, check_books
from creos_ui.settings import DataSettings, Settings, data_settings
from models import AuditHead

CHAIN = "audit_chain"


@click.command("check", help=words("command.check.about"))
@click.option("--json", "as_json", is_flag=True, help=words("command.check.json"))
def command(as_json: bool) -> None:
    settings = data_settings()
    if not database_exists(settings):
        raise Refusal("command.database.missing", status=NO_DATABASE, folder=settings.data)
    findings, end = with_database(settings.database, _look())
    remarks = _settings_remarks(settings)
    broken = [finding for finding in findings if finding.broken]
    unseen = [finding.name for finding in findings if not finding.seen]
    if as_json:
        rules = [asdict(finding) for finding in findings]
        first = broken[0].name if broken else None
        ok = not broken and not unseen
        show_json(
            {"ok": ok, "first_broken": first, "not_seen": unseen, "rules": rules, "audit": end, "settings": remarks}
        )
    else:
        _show(findings, remarks)
        if end["lines"] > 0:
            click.echo(words("command.check.audit_end", lines=end["lines"], hash=end["last_hash"][:16]))
    if broken:
        sys.exit(OUR_MISTAKE)
    if unseen:
        sys.exit(NOT_SEEN)


async def _look() -> tuple[list[Finding], dict[str, Any]]:
    """Every rule of the books, the chain of the audit, and where it ends: what to compare with later (O8)."""
    findings = await check_books()
    head = await AuditHead.get_or_none(id=audit.HEAD) or AuditHead(id=audit.HEAD, number=-1, hash=audit.NOTHING)
    return [*findings, await _chain(head)], {"lines": head.number, "last_hash": head.hash}


async def _chain(head: AuditHead) -> Finding:
    if head.number == 0:
        return Finding(CHAIN)
    try:
        await keys.open_keys(os.environ.get("CREOS_SECRET", ""))
    except keys.SecretUnfit as exc:  # not set, or another database's
        return Finding(CHAIN, seen=False, example=str(exc))
    verdict = await audit.verify(note=False)
    return Finding(CHAIN, 1, f"{verdict.broken_line}, {verdict.why}") if verdict.why else Finding(CHAIN)


def _settings_remarks(data: DataSettings) -> list[str]:
    """What keeps `run` from starting, or messages from going out, as sentences; values are never shown (R66)."""
    remarks = []
    try:
        if not Settings.model_validate({}).smtp_host:  # the environment fills it
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


def _show(findings: list[Finding], remarks: list[str]) -> None:
    for finding in findings:
        seen = "command.check.ok" if finding.seen else "command.check.not_seen"
        key = "command.check.broken" if finding.broken else seen
        click.echo(words(key, name=finding.name, broken=finding.broken, example=finding.example))
    if broken := [finding.name for finding in findings if finding.broken]:
        click.echo(words("command.check.first_broken", name=broken[0]))
    else:
        all_seen = all(finding.seen for finding in findings)
        click.echo(words("command.check.all_well" if all_seen else "command.check.not_all_seen"))
    if remarks:
        say("\n".join([words("command.check.settings"), *(f"  {remark}" for remark in remarks)]))
