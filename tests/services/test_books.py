"""The check of the books: silent on a sound school, and it names every fault it was written for."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from creos_ui.database.config import SERVER_SETTINGS, sqlite_url
from creos_ui.database.opening import TRIGGERS, opened
from creos_ui.services.money.books import check_books
from models import Guardian, Invitation, Transfer
from tests.database.unguarded import table_of, unguarded
from tests.databases import connected, fresh_url, postgres_database
from tests.school import School

NAMES = [
    "guards",
    "postings_sum_to_zero",
    "wallet_is_its_postings",
    "no_negative_balance",
    "paid_at_most_once",
    "paid_means_paid_for",
    "transfer_fits_its_kind",
    "answer_numbers",
    "refund_undoes_a_payment",
    "mandatory_never_declined",
    "one_wallet_each",
]
FILE_NAMES = ["integrity_check", "foreign_key_check"]


async def broken() -> dict[str, str]:
    """Which rules are broken now, with their examples."""
    return {finding.name: finding.example for finding in await check_books() if not finding.ok}


async def busy_day(school: School) -> None:
    """Something of everything a parent can do today."""
    await school.pay(await school.invite(school.lou), await school.invite(school.tim, price_cents=700))
    await school.decline(await school.invite(school.lou))
    await school.invite(school.mia, mandatory=True)
    changed = await school.invite(school.lou)
    for answer in (school.pay, school.decline, school.pay, school.decline):
        await answer(await Invitation.get(id=changed.id))


async def test_the_books_of_a_sound_school_hold(school: School, database_kind: str) -> None:
    await busy_day(school)
    findings = await check_books()
    assert [finding.name for finding in findings] == NAMES + (FILE_NAMES if database_kind == "sqlite" else [])
    assert [finding for finding in findings if not finding.ok] == []


async def test_the_books_of_an_empty_school_hold(db: Any) -> None:
    assert await broken() == {}


async def vanished_account(school: School, hand: Any) -> dict[str, str]:
    """Omar's wallet is gone, his 5,00 € with it: the bank's side of his top-up stands alone."""
    (wallet,) = await hand.execute_query_dict(f"SELECT id FROM ledger_account WHERE guardian_id = {school.omar.id}")
    await hand.execute_query(f"DELETE FROM ledger_account WHERE id = {wallet['id']}")
    credit = await Transfer.get(target_id=wallet["id"])
    return {
        "postings_sum_to_zero": "off by cents: -500",
        "transfer_fits_its_kind": f"transfer {credit.id}",
        "one_wallet_each": f"guardian {school.omar.id}",
    }


async def generous_balance(school: School, hand: Any) -> dict[str, str]:
    (wallet,) = await hand.execute_query_dict(f"SELECT id FROM ledger_account WHERE guardian_id = {school.nora.id}")
    await hand.execute_query(f"UPDATE ledger_account SET balance_cents = 2001 WHERE id = {wallet['id']}")
    return {"wallet_is_its_postings": f"ledger account {wallet['id']}"}


async def balance_of_the_bank(school: School, hand: Any) -> dict[str, str]:
    (bank,) = await hand.execute_query_dict("SELECT id FROM ledger_account WHERE name = 'bank'")
    await hand.execute_query("UPDATE ledger_account SET balance_cents = 1 WHERE name = 'bank'")
    return {"wallet_is_its_postings": f"ledger account {bank['id']}"}


async def overdrawn_wallet(school: School, hand: Any) -> dict[str, str]:
    """A withdrawal of 30,00 € from 20,00 €, booked on both sides: only the floor is broken."""
    (wallet,) = await hand.execute_query_dict(f"SELECT id FROM ledger_account WHERE guardian_id = {school.nora.id}")
    await transfer(hand, "withdrawal", "bank", school.nora, amount=3_000, flip=True)
    await hand.execute_query(f"UPDATE ledger_account SET balance_cents = -1000 WHERE id = {wallet['id']}")
    return {"no_negative_balance": f"ledger account {wallet['id']}"}


async def paid_twice(school: School, hand: Any) -> dict[str, str]:
    """Two payments, two answer numbers, and the balance agrees: only the invitation tells."""
    invitation = await school.invite(school.lou)
    await answer(hand, invitation.id, "paid", 2)
    for number in (1, 2):
        await transfer(hand, "payment", school.nora, "activities", amount=500, invitation=invitation.id, number=number)
    await hand.execute_query("UPDATE ledger_account SET balance_cents = 1000 WHERE balance_cents = 2000")
    which = f"invitation {invitation.id}"
    return {"paid_at_most_once": which, "paid_means_paid_for": which}


async def paid_without_money(school: School, hand: Any) -> dict[str, str]:
    invitation = await school.invite(school.lou)
    await answer(hand, invitation.id, "paid", 1)
    return {"paid_means_paid_for": f"invitation {invitation.id}"}


async def money_taken_for_an_open_one(school: School, hand: Any) -> dict[str, str]:
    invitation = await school.invite(school.lou)
    await answer(hand, invitation.id, "open", 1)
    await transfer(hand, "payment", school.nora, "activities", amount=500, invitation=invitation.id, number=1)
    await hand.execute_query("UPDATE ledger_account SET balance_cents = 1500 WHERE balance_cents = 2000")
    return {"paid_means_paid_for": f"invitation {invitation.id}"}


async def paid_a_cent_too_little(school: School, hand: Any) -> dict[str, str]:
    invitation = await school.invite(school.lou)
    await answer(hand, invitation.id, "paid", 1)
    await transfer(hand, "payment", school.nora, "activities", amount=499, invitation=invitation.id, number=1)
    await hand.execute_query("UPDATE ledger_account SET balance_cents = 1501 WHERE balance_cents = 2000")
    which = f"invitation {invitation.id}"
    return {"paid_at_most_once": which, "paid_means_paid_for": which}


async def wrong_direction(school: School, hand: Any) -> dict[str, str]:
    """A top-up that took money out."""
    number = await transfer(hand, "top_up", "bank", school.nora, amount=100, flip=True)
    await hand.execute_query("UPDATE ledger_account SET balance_cents = 1900 WHERE balance_cents = 2000")
    return {"transfer_fits_its_kind": f"transfer {number}"}


async def unknown_kind(school: School, hand: Any) -> dict[str, str]:
    number = await transfer(hand, "gift", "bank", "activities", amount=100)
    return {"transfer_fits_its_kind": f"transfer {number}"}


async def payment_for_nothing(school: School, hand: Any) -> dict[str, str]:
    number = await transfer(hand, "payment", school.nora, "activities", amount=100)
    await hand.execute_query("UPDATE ledger_account SET balance_cents = 1900 WHERE balance_cents = 2000")
    return {"transfer_fits_its_kind": f"transfer {number}"}


async def somebody_elses_wallet(school: School, hand: Any) -> dict[str, str]:
    """Omar pays for Lou."""
    invitation = await school.invite(school.lou)
    await answer(hand, invitation.id, "paid", 1)
    number = await transfer(hand, "payment", school.omar, "activities", amount=500, invitation=invitation.id, number=1)
    await hand.execute_query("UPDATE ledger_account SET balance_cents = 0 WHERE balance_cents = 500")
    return {"transfer_fits_its_kind": f"transfer {number}"}


async def answer_from_the_future(school: School, hand: Any) -> dict[str, str]:
    invitation = await school.invite(school.lou)
    await answer(hand, invitation.id, "paid", 1)
    number = await transfer(hand, "payment", school.nora, "activities", amount=500, invitation=invitation.id, number=2)
    await hand.execute_query("UPDATE ledger_account SET balance_cents = 1500 WHERE balance_cents = 2000")
    return {"answer_numbers": f"transfer {number}"}


async def refund_of_an_older_answer(school: School, hand: Any) -> dict[str, str]:
    """Paid at 1, refunded at 3: in cents it adds up, but what happened at 2 nobody knows."""
    invitation = await school.invite(school.lou)
    await answer(hand, invitation.id, "declined", 3)
    await transfer(hand, "payment", school.nora, "activities", amount=500, invitation=invitation.id, number=1)
    number = await transfer(hand, "refund", "activities", school.nora, amount=500, invitation=invitation.id, number=3)
    return {"refund_undoes_a_payment": f"transfer {number}"}


async def declined_mandatory(school: School, hand: Any) -> dict[str, str]:
    invitation = await school.invite(school.lou, mandatory=True)
    await answer(hand, invitation.id, "declined", 1)
    return {"mandatory_never_declined": f"invitation {invitation.id}"}


async def guardian_without_wallet(school: School, hand: Any) -> dict[str, str]:
    guardian = await Guardian.create(last_name="Sans", first_name="Bourse", name_key="sans bourse")
    return {"one_wallet_each": f"guardian {guardian.id}"}


FAULTS = [
    vanished_account,
    generous_balance,
    balance_of_the_bank,
    overdrawn_wallet,
    paid_twice,
    paid_without_money,
    money_taken_for_an_open_one,
    paid_a_cent_too_little,
    wrong_direction,
    unknown_kind,
    payment_for_nothing,
    somebody_elses_wallet,
    answer_from_the_future,
    refund_of_an_older_answer,
    declined_mandatory,
    guardian_without_wallet,
]
SEEN_BY_SQLITE = {
    vanished_account: "foreign_key_check",
    balance_of_the_bank: "integrity_check",
    overdrawn_wallet: "integrity_check",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_a_planted_fault_is_named_and_nothing_else(
    school: School, db: Any, database_kind: str, fault: Callable[[School, Any], Awaitable[dict[str, str]]]
) -> None:
    async with unguarded(db) as hand:
        expected = await fault(school, hand)
    found = await broken()
    in_the_file = {name for name in FILE_NAMES if found.pop(name, None)}
    assert found == expected
    assert in_the_file == ({SEEN_BY_SQLITE[fault]} if database_kind == "sqlite" and fault in SEEN_BY_SQLITE else set())


async def test_a_second_transfer_for_the_same_answer_is_named(school: School, db: Any) -> None:
    """Only without the index transfer_once can it be there: both are named."""
    invitation = await school.invite(school.lou)
    await school.pay(invitation)
    async with unguarded(db) as hand:
        twin = await transfer(
            hand, "payment", school.nora, "activities", amount=500, invitation=invitation.id, number=1
        )
    found = await broken()
    assert (found["guards"], found["answer_numbers"]) == ("transfer_once", f"transfer {twin}")
    assert found["paid_at_most_once"] == f"invitation {invitation.id}"


async def test_each_missing_guard_is_named(db: Any, database_kind: str, subtests: pytest.Subtests) -> None:
    for guard in (*sorted(TRIGGERS), "ledger_drift", "transfer_once"):
        kind = {"ledger_drift": "VIEW", "transfer_once": "INDEX"}.get(guard, "TRIGGER")
        on = f" ON {table_of(guard)}" if (kind, database_kind) == ("TRIGGER", "postgres") else ""
        with subtests.test(guard):
            try:
                async with in_transaction("default") as connection:
                    await connection.execute_query(f"DROP {kind} {guard}{on}")
                    assert await broken() == {"guards": guard}
                    raise BringItBack
            except BringItBack:
                assert await broken() == {}


class BringItBack(Exception):
    """Rolls back."""


async def test_every_missing_guard_is_counted(db: Any) -> None:
    await db.execute_query("DROP VIEW ledger_drift")
    await db.execute_query("DROP INDEX transfer_once")
    assert (await check_books())[0].broken == 2


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
async def test_a_trigger_switched_off_is_as_good_as_missing(db: Any) -> None:
    await db.execute_query("ALTER TABLE transfer DISABLE TRIGGER transfer_no_delete")
    assert await broken() == {"guards": "transfer_no_delete"}


async def test_a_table_that_is_gone_does_not_hold(db: Any) -> None:
    async with unguarded(db) as hand:
        await hand.execute_query("ALTER TABLE guardian RENAME TO elsewhere")
    assert (await broken())["one_wallet_each"] == "cannot be read"


@pytest.mark.postgres
@pytest.mark.parametrize("limit", ["lock_timeout", "statement_timeout"])
async def test_what_others_hold_for_too_long_is_not_called_broken(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SERVER_SETTINGS:
        monkeypatch.setitem(SERVER_SETTINGS, name, "300ms" if name == limit else "0")
    async with postgres_database() as url:
        await connected(url)
        await busy_day(await School.open())
        holder = await asyncpg.connect(url)
        await holder.execute("BEGIN; LOCK TABLE guardian IN ACCESS EXCLUSIVE MODE")
        findings = await check_books()
        await holder.close()
        assert [finding.name for finding in findings if not finding.seen] == ["one_wallet_each"]
        assert [finding for finding in findings if finding.broken] == []
        assert [finding.name for finding in findings if not finding.ok] == ["one_wallet_each"]


async def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    async with fresh_url("sqlite", tmp_path) as url, opened(url):
        await busy_day(await School.open())
    file = tmp_path / "creos.db"
    with sqlite3.connect(file) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'transfer_once'").fetchone()
        (size,) = raw.execute("PRAGMA page_size").fetchone()
    raw.close()
    content = bytearray(file.read_bytes())
    content[page * size - 40 : page * size] = bytes(40)  # the last entries of the index
    file.write_bytes(content)

    async with opened(sqlite_url(tmp_path)):
        assert get_connection("default")
        assert "integrity_check" in await broken()


async def transfer(
    hand: Any,
    kind: str,
    source: Guardian | str,
    target: Guardian | str,
    *,
    amount: int,
    invitation: int | None = None,
    number: int | None = None,
    flip: bool = False,
) -> int:
    """A row in the transfer table, past every rule; returns its id. Parties: a guardian's wallet or a named account."""
    parties = (target, source) if flip else (source, target)
    is_ = [f"name = '{party}'" if isinstance(party, str) else f"guardian_id = {party.id}" for party in parties]
    one, other = [f"(SELECT id FROM ledger_account WHERE {test})" for test in is_]
    found = await hand.execute_query_dict(
        f"""INSERT INTO transfer (key, kind, source_id, target_id, amount_cents, invitation_id, answer_no, actor, at)
        VALUES ('planted-{kind}-{number or 0}', '{kind}', {one}, {other}, {amount}, {invitation or "NULL"},
                {number or "NULL"}, 'test', '2026-01-01 00:00:00+00:00') RETURNING id"""
    )
    return int(found[0]["id"])


async def answer(hand: Any, invitation: int, status: str, number: int) -> None:
    await hand.execute_query(f"UPDATE invitation SET status = '{status}', answer_no = {number} WHERE id = {invitation}")
