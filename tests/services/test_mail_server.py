"""What the mail server's answers mean for a message and for its address, one connection for many messages, and who
comes first."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from creos_ui import clock
from creos_ui.services.accounts import reset
from creos_ui.services.mail import server
from models import Account, MailKind, MailMessage
from tests.databases import connected, fresh_url
from tests.school import School
from tests.services.post import NORA_AT, MovedClock, account_for, moved, nora, put, send, sink
from tests.services.signing_in import secret
from tests.smtp import Sink, link_in, rude_server, running_sink

__all__ = ["moved", "nora", "secret", "sink"]

OMAR_AT = "omar.haddad@example.org"
LINK, RECEIPT = "Définir un nouveau mot de passe", "Paiement bien reçu"


async def put_receipt(account: Account) -> None:
    await put(account, MailKind.RECEIPT, lines=[], paid_on="2024-05-21", balance_cents=5, automatic=False)


async def is_dead(account: Account) -> bool:
    return (await Account.get(id=account.id)).email_failed_at is not None


# what a refusal says


@pytest.mark.parametrize(
    "answer",
    [
        "550 5.1.1 no such mailbox",
        "550 #5.1.1 User unknown",
        "550 5.1.2 no such domain",
        "553 5.1.3 bad address syntax",
        "551 5.1.6 has moved",
        "556 5.1.10 the domain takes no mail",
        "550 No such user here",
        "550 Requested action not taken: utilisateur inconnu",
        "550 Recipient does not exist",
        "550 Unknown user [192.0.2.5]",
    ],
)
async def test_an_address_that_does_not_exist_is_dead(nora: Account, sink: Sink, answer: str) -> None:
    sink.refuse_recipient = answer
    await put_receipt(nora)
    assert await send(sink) == 0
    row = await MailMessage.get()
    assert [row.next_try_at, row.failed_at is not None, row.error] == [None, True, answer]
    assert await is_dead(nora)
    await put_receipt(nora)
    assert await MailMessage.all().count() == 1


@pytest.mark.parametrize(
    "answer",
    [
        "554 5.7.1 relay access denied",
        "550 5.7.1 it looks like spam",
        "550 relay not permitted",
        "550 blocked, see https://blocklist.example/?ip=5.1.1.1",
        "550 Administrative prohibition",
        "530 sign in",
        "550 Greylisted, try again in 5 minutes",
        "550 Mailbox quota exceeded",
        "550 SPF check failed",
        "550 Rate limit exceeded, too many messages",
        "550 Message too large",
        "550 HELO: unknown host",
        "550 reverse DNS not found",
        "550 DMARC: domain unknown",
        "550 no",
        "550 5.1.8 sender's domain unknown",
        "550 5.1.7 bad sender",
        "550 5.1.0 sender rejected",
        "550 5.3.2 not accepting mail now",
        "550 5.2.1 mailbox disabled",
        "552 5.2.2 over quota",
        "552 mailbox full",
        "450 4.1.1 later",
        "450 5.1.1 later",
        "421 busy",
    ],
)
@pytest.mark.parametrize("step", ["recipient", "data"])
async def test_what_is_about_us_or_passes_is_tried_again(
    nora: Account, sink: Sink, moved: MovedClock, step: str, answer: str
) -> None:
    setattr(sink, f"refuse_{step}", answer)
    await put_receipt(nora)
    assert await send(sink) == 0
    assert not await is_dead(nora)
    setattr(sink, f"refuse_{step}", "")
    assert await send(sink) == 0  # not yet
    moved.move(seconds=61)
    assert [await send(sink), len(sink.taken)] == [1, 1]


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("recipient", "552 5.3.4 message too big"),
        ("recipient", "553 not like this"),
        ("data", "552 5.3.4 message too big"),
        ("data", "550 5.1.1 no such mailbox"),
        ("data", "554 5.6.0 bad content"),
    ],
)
async def test_any_other_refusal_is_of_this_message_only(nora: Account, sink: Sink, step: str, answer: str) -> None:
    setattr(sink, f"refuse_{step}", answer)
    await put_receipt(nora)
    assert await send(sink) == 0
    row = await MailMessage.get()
    assert [row.next_try_at, row.failed_at is not None, row.error] == [None, True, answer]
    assert not await is_dead(nora)
    setattr(sink, f"refuse_{step}", "")
    await put_receipt(nora)
    assert await send(sink) == 1


async def test_to_a_dead_address_only_what_protects_the_account_is_written(nora: Account) -> None:
    await Account.filter(id=nora.id).update(email_failed_at=clock.now())
    for kind in MailKind:
        await put(nora, kind)
    written = sorted(message.kind.value for message in await MailMessage.all())
    assert written == ["email_changed", "email_link", "password_changed", "password_link", "second_factor"]


async def test_a_reset_link_goes_to_a_dead_address_and_what_arrives_makes_it_live(nora: Account, sink: Sink) -> None:
    sink.refuse_recipient = "550 5.1.1 no such mailbox"
    await put_receipt(nora)
    for _ in range(2):
        assert await send(sink) == 0
        assert await is_dead(nora)
        await reset.request_link("peeters.nora", address="192.0.2.1")
    sink.refuse_recipient = ""
    assert await send(sink) == 1
    assert link_in(sink.taken[0])
    assert not await is_dead(nora)
    await put_receipt(nora)
    assert await send(sink) == 1


async def test_a_notice_that_reaches_the_address_left_says_nothing_of_the_new_one(nora: Account, sink: Sink) -> None:
    await put(nora, MailKind.EMAIL_CHANGED, stage="left")
    await Account.filter(id=nora.id).update(email="elsewhere@example.org", email_failed_at=clock.now())
    assert await send(sink) == 1
    assert await is_dead(nora)


# one connection


async def test_many_messages_take_one_connection_refused_ones_too(school: School, nora: Account, sink: Sink) -> None:
    omar = await account_for(school.omar, "haddad.omar", OMAR_AT)
    sink.refuse_address[OMAR_AT] = "550 5.1.1 no such mailbox"
    for account in (nora, omar, nora, omar, nora):
        await put_receipt(account)
    assert await send(sink) == 3
    assert [len(sink.to(NORA_AT)), list(sink.carried.values())] == [3, [5]]
    assert await send(sink) == 0


@pytest.mark.parametrize("refusal", ["421 too many messages", "451 4.7.0 too many messages", "421 no more RCPT", ""])
async def test_a_server_that_takes_few_messages_at_a_time_costs_no_message_a_try(
    nora: Account, sink: Sink, refusal: str
) -> None:
    sink.most_per_connection, sink.refuse_more = 2, refusal
    for _ in range(5):
        await put_receipt(nora)
    assert await send(sink) == 5
    assert sorted(sink.carried.values()) == [1, 3, 3]  # the third is begun and taken by the next
    assert await MailMessage.filter(tries=1, error=None).count() == len(sink.taken) == 5


async def test_what_a_server_may_have_taken_is_not_sent_again_at_once(
    nora: Account, sink: Sink, moved: MovedClock
) -> None:
    for _ in range(3):
        await put_receipt(nora)
    sink.hang_up_after = 2
    assert [await send(sink), len(sink.taken)] == [1, 2]
    assert [await send(sink), len(sink.taken)] == [1, 3]
    moved.move(seconds=61)
    assert [await send(sink), len(sink.taken)] == [1, 4]
    assert sink.taken[1]["Message-ID"] == sink.taken[3]["Message-ID"]


async def test_a_server_that_breaks_costs_one_message_its_try(nora: Account) -> None:
    for _ in range(3):
        await put_receipt(nora)
    with rude_server(greets=True) as port:
        assert await send(port) == 0
    assert [message.tries for message in await MailMessage.all().order_by("id")] == [1, 0, 0]


async def test_a_message_that_takes_too_long_is_let_go(
    nora: Account, sink: Sink, moved: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = sink.hold = threading.Event()
    await put_receipt(nora)
    try:
        with monkeypatch.context() as impatient:
            impatient.setattr(server, "LONGEST_SENDING", 0.3)
            assert await send(sink) == 0
        assert (await MailMessage.get()).error == "TimeoutError"
        moved.move(seconds=61)
        assert await send(sink) == 1
    finally:
        go_on.set()


async def test_a_goodbye_without_an_answer_holds_up_nobody(
    nora: Account, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "LONGEST_GOODBYE", 0.05)
    sink.silent_at_the_end = True
    await put_receipt(nora)
    async with asyncio.timeout(5):
        assert await send(sink) == 1


# who comes first


async def test_a_link_waits_for_no_more_than_the_message_in_hand(nora: Account, sink: Sink) -> None:
    for _ in range(3):
        await put_receipt(nora)
    go_on = sink.hold = threading.Event()
    sending = asyncio.create_task(send(sink))
    assert await asyncio.to_thread(sink.held.wait, 10)
    await reset.request_link("peeters.nora", address="192.0.2.1")
    go_on.set()
    assert await sending == 4
    assert [message["Subject"] for message in sink.taken] == [RECEIPT, LINK, RECEIPT, RECEIPT]


async def test_a_clock_that_jumps_while_a_message_is_in_hand_sends_it_to_nobody_twice(
    database_kind: str, tmp_path: Path, moved: MovedClock
) -> None:
    async with fresh_url(database_kind, tmp_path) as url:
        await connected(url)
        nora = await account_for((await School.open()).nora, "peeters.nora", NORA_AT)
        await put(nora)
        with running_sink() as sink:
            go_on = sink.hold = threading.Event()
            first = asyncio.create_task(send(sink))
            assert await asyncio.to_thread(sink.held.wait, 10)
            moved.move(minutes=6)
            second: Any = await send(sink)
            go_on.set()
            assert [await first, second, len(sink.taken)] == [1, 0, 1]
            await put(nora)
            assert await send(sink) == 1
