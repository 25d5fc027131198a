"""A database of before the office: its accounts, roles and links are the same afterwards, also where it was stopped in
the middle; and what the audit's own triggers refuse (O8)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tortoise import Tortoise
from tortoise.exceptions import IntegrityError
from tortoise.migrations.api import migrate

from creos_ui.database.config import config
from creos_ui.database.opening import opened
from creos_ui.services.money.books import check_books
from creos_ui.services.roles import roles_of
from models import Account, LinkPurpose, OneTimeLink, Role
from tests.databases import connected

NOW = "'2026-01-01 00:00:00+00:00'"
BEFORE = "models.0004_due_and_notices"
FILLED = [
    *(
        f"INSERT INTO guardian (last_name, first_name, name_key) VALUES ('{last}', 'X', '{last.lower()} x')"
        for last in ("Dubois", "Lambert")
    ),
    *(
        f"""INSERT INTO ledger_account (kind, name, guardian_id, balance_cents)
            SELECT 'wallet', NULL, id, 0 FROM guardian WHERE last_name = '{last}'"""
        for last in ("Dubois", "Lambert")
    ),
    *(
        f"""INSERT INTO account (identifier, password_hash, role, guardian_id, created_at, totp_secret, email)
            SELECT '{last.lower()}.x', 'hash', '{role}', id, {NOW}, {factor}, 'x@ecole.example'
            FROM guardian WHERE last_name = '{last}'"""
        for last, role, factor in (("Dubois", "parent", "'GEZDGNBV'"), ("Lambert", "administrator", "NULL"))
    ),
    f"""INSERT INTO one_time_link (token_hash, account_id, purpose, created_at, expires_at)
        SELECT 'abc', id, 'password', {NOW}, {NOW} FROM account WHERE identifier = 'dubois.x'""",
]


@pytest.mark.parametrize("stopped_at", ["models.0005_office", None])
def test_accounts_roles_and_links_are_brought_over(empty_url: str, stopped_at: str | None) -> None:
    asyncio.run(_brought_over(empty_url, stopped_at))


async def _brought_over(url: str, stopped_at: str | None) -> None:
    await _migrate(url, BEFORE)
    db = await connected(url)
    for statement in FILLED:
        await db.execute_query(statement)
    await Tortoise.close_connections()
    if stopped_at:
        await _migrate(url, stopped_at)
    async with opened(url):
        dubois = await Account.get(identifier="dubois.x").select_related("guardian")
        lambert = await Account.get(identifier="lambert.x")
        assert (dubois.name, dubois.password_hash, dubois.totp_secret) == ("Dubois X", "hash", "GEZDGNBV")
        assert (dubois.email, dubois.mail_receipt, dubois.closed_at) == ("x@ecole.example", True, None)
        assert (await roles_of(dubois.id), await roles_of(lambert.id)) == (frozenset(), frozenset({Role.ADMINISTRATOR}))
        assert await OneTimeLink.filter(account_id=dubois.id, purpose=LinkPurpose.PASSWORD).count() == 1
        assert [finding for finding in await check_books() if not finding.ok] == []

        staff = await Account.create(identifier="petit.marc", last_name="Petit", first_name="Marc")
        assert staff.id > max(dubois.id, lambert.id)
        assert (await Account.get(id=staff.id).select_related("guardian")).name == "Petit Marc"
        with pytest.raises(IntegrityError):  # a guardian still has one account
            await Account.create(identifier="again", guardian_id=dubois.guardian_id)


async def test_what_is_in_the_audit_stays(db: Any, database_kind: str) -> None:
    await db.execute_query(f"INSERT INTO portal_key (purpose, number, sealed, made_at) VALUES ('audit', 1, 'x', {NOW})")
    await db.execute_query(
        f"""INSERT INTO audit_line (id, at, actor, act, kind, subject, facts, previous_hash, hash, key_id)
            SELECT 1, {NOW}, 'portal', 'x', 'x', '', '{{}}', 'a', 'b', id FROM portal_key"""
    )
    await db.execute_query("INSERT INTO audit_side (line_id, salt, words, search_key) VALUES (1, 's', 'w', 'k')")
    refused = [
        "UPDATE audit_line SET act = 'y'",
        "DELETE FROM audit_line",
        "UPDATE audit_side SET words = 'other'",
        "UPDATE audit_side SET words = NULL",
        f"UPDATE audit_side SET words = 'other', salt = NULL, search_key = NULL, erased_at = {NOW}",
        "DELETE FROM audit_side",
        "DELETE FROM audit_head",
    ]
    if database_kind == "postgres":
        refused += [f"TRUNCATE {table} CASCADE" for table in ("audit_line", "audit_side", "audit_head")]
    erase = f"UPDATE audit_side SET words = NULL, salt = NULL, search_key = NULL, erased_at = {NOW}"

    for statement in refused:
        with pytest.raises(IntegrityError):
            await db.execute_query(statement)
    await db.execute_query(erase)
    with pytest.raises(IntegrityError):  # once
        await db.execute_query(erase)
    await db.execute_query("UPDATE audit_head SET number = 2, hash = 'c'")
    with pytest.raises(IntegrityError):
        await db.execute_query("UPDATE audit_head SET number = 1")


async def _migrate(url: str, target: str) -> None:
    try:
        await migrate(config=config(url, patient=True), target=target)
    finally:
        await Tortoise.close_connections()
