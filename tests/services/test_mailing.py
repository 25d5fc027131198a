"""R53: each message is sent once, with one Message-ID, whatever the server does, and no row holds a secret."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import timedelta
from typing import Any

import pytest

from creos_ui import clock
from creos_ui.database.transactions import atomic
from creos_ui.services import outbox
from creos_ui.services.invitations import credit
from creos_ui.services.mail import sending, server
from creos_ui.services.mail.letter import Portal
from creos_ui.services.mail.rendering import Rendered, render
from models import Account, MailKind, MailMessage, OneTimeLink
from tests.school import School, new_key
from tests.services.post import NORA_AT, PORTAL, MovedClock, account_for, moved, nora, put, send, sink
from tests.services.signing_in import secret
from tests.smtp import Sink, html_of, link_in, rude_server, text_of

__all__ = ["moved", "nora", "secret", "sink"]


async def facts_of_every_kind(school: School) -> dict[MailKind, list[dict[str, Any]]]:
    """What there may be to say, by kind: of an invitation that costs more than there is."""
    invitation = await school.invite(school.lou, price_cents=9_000)
    return {
        MailKind.PASSWORD_LINK: [{}],
        MailKind.PASSWORD_CHANGED: [{"at": clock.now().isoformat()}],
        MailKind.EMAIL_LINK: [{"address": "new@example.org"}],
        MailKind.EMAIL_CHANGED: [{"stage": stage} for stage in ("asked", "left", "confirmed")],
        MailKind.SECOND_FACTOR: [{"change": change} for change in ("on", "off", "codes")],
        MailKind.INVITATIONS: [{"invitations": [invitation.id]}],
        MailKind.REMINDER: [{"invitations": [invitation.id]}],
        MailKind.LOW_CREDIT: [{"invitations": [invitation.id]}],
        MailKind.RECEIPT: [
            {"lines": [[invitation.id, 5]], "paid_on": "2024-05-21", "balance_cents": 5, "automatic": False}
        ],
    }


# the outbox


async def test_a_message_is_written_by_the_transaction_that_causes_it_or_not_at_all(nora: Account) -> None:
    async def fails(connection: Any) -> None:
        await outbox.put(connection, nora.id, MailKind.PASSWORD_CHANGED, {"at": clock.now().isoformat()})
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await atomic(fails)
    assert await MailMessage.all().count() == 0


async def test_only_what_is_no_security_notice_can_be_switched_off(school: School) -> None:
    off = dict.fromkeys(("mail_invitation", "mail_reminder", "mail_receipt", "mail_low_credit"), False)
    account = await account_for(school.nora, "peeters.nora", NORA_AT, **off)
    for kind in MailKind:
        await put(account, kind)
    written = [message.kind.value for message in await MailMessage.all()]
    assert sorted(written) == ["email_changed", "email_link", "password_changed", "password_link", "second_factor"]


async def test_nothing_is_written_for_who_has_no_address(school: School) -> None:
    nowhere = await account_for(school.nora, "peeters.nora", None)
    for kind in MailKind:
        await put(nowhere, kind)
    assert [message.kind.value for message in await MailMessage.all()] == []


# what a paid invitation says


async def test_a_receipt_says_what_was_paid_and_what_is_left(school: School, nora: Account, sink: Sink) -> None:
    museum = await school.invite(school.lou, price_cents=1_250, title="Musée du jouet")
    key = new_key()
    await school.pay(museum, key=key)
    await school.pay(museum, key=key)  # the same intention: no second receipt
    assert await send(sink) == 1
    (message,) = sink.taken
    assert message["Subject"] == "Paiement bien reçu"
    assert message["From"] == "École du Tilleul <portail@ecole.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    for part in (text_of(message), html_of(message)):
        for words in ("Bonjour Nora,", "Lou", "Musée du jouet 1", "12,50\xa0€", "7,50\xa0€"):
            assert words in part
        assert "https://ecole.example/invitations" in part
        assert "https://ecole.example/profile" in part
        assert "parce que les reçus sont activés" in part
    assert await send(sink) == 0


async def test_a_selection_is_one_receipt_with_its_total(school: School, nora: Account, sink: Sink) -> None:
    both = [await school.invite(child, price_cents=300) for child in (school.lou, school.tim)]
    await school.pay(*both)
    assert await send(sink) == 1
    text = text_of(sink.taken[0])
    assert [text.count("3,00\xa0€"), text.count("6,00\xa0€"), text.count("14,00\xa0€")] == [2, 1, 1]


async def test_no_receipt_without_a_payment(school: School, nora: Account) -> None:
    dear = await school.invite(school.lou, price_cents=5_000)
    with pytest.raises(Exception, match="not_enough_credit"):
        await school.pay(dear)
    assert await MailMessage.all().count() == 0


async def test_what_a_top_up_pays_automatically_is_told_once(
    school: School, nora: Account, sink: Sink, moved: MovedClock
) -> None:
    from creos_ui.services.invitations import automatic

    dear = [await school.invite(child, price_cents=1_500) for child in (school.lou, school.tim)]
    await school.wish(*dear)
    await credit.top_up(school.nora.id, 1_500, key=new_key(), actor="test")
    await automatic.fulfil(school.nora.id)
    assert await send(sink) == 0
    moved.move(seconds=61)
    assert await send(sink) == 1
    text = text_of(sink.taken[0])
    assert text.count("15,00\xa0€") == 2
    assert "30,00\xa0€" in text
    assert "5,00\xa0€" in text
    assert "automatiquement" in text


async def test_invitations_published_together_become_one_message(
    school: School, nora: Account, sink: Sink, moved: MovedClock
) -> None:
    published = [await school.invite(child, title=title) for child, title in ((school.lou, "A"), (school.tim, "B"))]
    for invitation in published:

        async def work(connection: Any, number: int = invitation.id) -> None:
            await outbox.invited(connection, school.nora.id, [number])

        await atomic(work)
    assert await send(sink) == 0  # they wait a minute for each other
    moved.move(seconds=61)
    assert await send(sink) == 1
    assert sink.taken[0]["Subject"] == "2 nouvelles invitations"
    assert "A 1 · Lou" in text_of(sink.taken[0])
    assert "B 2 · Tim" in text_of(sink.taken[0])
    assert [await MailMessage.all().count(), await send(sink)] == [1, 0]


async def test_what_was_answered_meanwhile_is_not_announced(
    school: School, nora: Account, sink: Sink, moved: MovedClock
) -> None:
    invitation = await school.invite(school.lou)

    async def work(connection: Any) -> None:
        await outbox.invited(connection, school.nora.id, [invitation.id])

    await atomic(work)
    await school.decline(invitation)
    moved.move(seconds=61)
    assert await send(sink) == 0
    assert (await MailMessage.get()).next_try_at is None


# rude servers


@pytest.mark.parametrize("greets", [False, True])
async def test_a_server_that_is_silent_or_hangs_up_gets_it_later(
    nora: Account, sink: Sink, moved: MovedClock, greets: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "SMTP_TIMEOUT", 0.4)
    await put(nora)
    with rude_server(greets=greets) as port:
        assert await send(port) == 0
    moved.move(seconds=61)
    assert await send(sink) == 1
    assert [len(sink.taken), (await MailMessage.get()).tries] == [1, 2]


async def test_a_server_that_took_it_and_hung_up_gets_the_very_same_message_again(
    nora: Account, sink: Sink, moved: MovedClock
) -> None:
    sink.hang_up_after = 1
    await put(nora)
    assert await send(sink) == 0
    moved.move(seconds=61)
    assert await send(sink) == 1
    first, second = sink.taken
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]
    assert link_in(first) == link_in(second)  # whichever the reader opens, it works
    assert await OneTimeLink.filter(used_at=None).count() == 1


async def test_a_crash_between_claim_and_sending_neither_loses_nor_changes_it(
    nora: Account, sink: Sink, moved: MovedClock
) -> None:
    await put(nora)
    claimed = await sending.claim()  # and then the process is killed
    assert claimed is not None
    assert await send(sink) == 0
    moved.move(seconds=301)
    assert await send(sink) == 1
    assert claimed.message_id in sink.taken[0]["Message-ID"]


async def test_two_processes_send_twenty_messages_once_each(school: School, nora: Account, sink: Sink) -> None:
    for _ in range(20):
        await put(nora, MailKind.PASSWORD_CHANGED, at=clock.now().isoformat())
    assert sum(await asyncio.gather(*(send(sink) for _ in range(4)))) == 20
    assert len({message["Message-ID"] for message in sink.taken}) == len(sink.taken) == 20


async def test_tries_grow_apart_and_end(nora: Account, moved: MovedClock) -> None:
    await put(nora, MailKind.PASSWORD_CHANGED, at=clock.now().isoformat())
    with rude_server(greets=True) as port:
        waits: list[int] = []
        while (row := await MailMessage.get()).next_try_at is not None:
            assert len(waits) < 80
            before = clock.now()
            moved.ahead += max(row.next_try_at - before, type(moved.ahead)(0))
            await send(port)
            row = await MailMessage.get()
            if row.next_try_at:
                waits.append(round((row.next_try_at - clock.now()).total_seconds() / 60))
    assert waits[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert 45 < len(waits) < 60  # two days
    assert row.failed_at is not None


# what waited long


@pytest.mark.parametrize("kind", MailKind)
async def test_what_waited_too_long_is_not_sent(
    school: School, nora: Account, sink: Sink, moved: MovedClock, kind: MailKind
) -> None:
    limit = sending.SOONER.get(kind, sending.GIVEN_UP_AFTER)
    facts = await facts_of_every_kind(school)
    for ahead, sent in ((limit - timedelta(minutes=1), 1), (limit + timedelta(minutes=1), 0), (timedelta(days=200), 0)):
        await put(nora, kind, **facts[kind][0])
        moved.ahead += ahead
        assert await send(sink) == sent
        message = await MailMessage.all().order_by("-id").first()
        assert message
        assert message.next_try_at is None
        assert [message.error, message.failed_at is None] == ([None, True] if sent else ["too late", False])


async def test_what_is_new_does_not_go_down_with_what_is_old(
    school: School, nora: Account, sink: Sink, moved: MovedClock
) -> None:
    for title in ("Old", "New"):
        invitation = await school.invite(school.lou, title=title)

        async def work(connection: Any, number: int = invitation.id) -> None:
            await outbox.invited(connection, school.nora.id, [number])

        await atomic(work)
        moved.move(days=200 if title == "Old" else 0, seconds=61)
    assert await send(sink) == 1
    assert "New 2 · Lou" in text_of(sink.taken[0])
    assert "Old" not in text_of(sink.taken[0])


async def test_what_was_tried_keeps_its_reason_when_it_is_given_up(
    nora: Account, sink: Sink, moved: MovedClock
) -> None:
    sink.refuse_recipient = "450 later"
    await put(nora)
    assert await send(sink) == 0
    moved.move(minutes=61)
    assert await send(sink) == 0
    message = await MailMessage.get()
    assert [message.error, message.tries, message.next_try_at] == ["450 later", 1, None]


# headers and hostile words


async def test_names_cannot_become_headers_or_markup(school: School, sink: Sink) -> None:
    school.nora.first_name = "Nora\r\nBcc: all@example.org <script>alert(1)</script>"
    await school.nora.save()
    account = await account_for(school.nora, "peeters.nora", NORA_AT)
    title = "Sortie\r\nBcc: x@example.org\r\n\r\n<img src=x onerror=alert(1)>{{ 7*7 }}"
    await school.pay(await school.invite(school.lou, title=title))
    await put(account)
    assert await send(sink) == 2
    for message in sink.taken:
        assert message["Bcc"] is None
        assert "<script>" not in html_of(message)
        assert "<img" not in html_of(message)
        assert "49" not in text_of(message).replace("{{ 7*7 }}", "").split("échéance")[0].split("http")[0]


async def test_a_line_break_in_a_header_is_refused_by_the_message_itself(nora: Account) -> None:
    await put(nora)
    row = await MailMessage.get()
    words = Rendered("subject", "text", "<p>html</p>")
    with pytest.raises(ValueError, match=r"address|[Hh]eader|CR|linefeed|carriage"):
        sending.envelope(row, Rendered("subject\r\nBcc: x@example.org", "text", ""), PORTAL)
    row.address = "nora@example.org\r\nBcc: x@example.org"
    with pytest.raises(ValueError, match=r"address|[Hh]eader|CR|linefeed|carriage"):
        sending.envelope(row, words, PORTAL)
    with pytest.raises(ValueError, match=r"address|[Hh]eader|CR|linefeed|carriage"):
        sending.envelope(row, words, Portal("École\r\nBcc: x@y.be", PORTAL.url, PORTAL.sender, ""))


async def test_no_table_holds_a_token(nora: Account, sink: Sink) -> None:
    await put(nora)
    await send(sink)
    token = link_in(sink.taken[0]).rsplit("/", 1)[1]
    assert len(token) == 64
    held = [dict(row) for model in (MailMessage, OneTimeLink) for row in await model.all().values()]
    assert token not in json.dumps(held, default=str)


async def test_a_message_that_was_sent_can_be_looked_at_and_its_link_stays(
    nora: Account, sink: Sink, moved: MovedClock
) -> None:
    await put(nora)
    await send(sink)
    links, message = await OneTimeLink.all().values(), await MailMessage.get()
    for _ in range(2):
        moved.move(minutes=5)
        rendered = await render(message, PORTAL)
        assert rendered
        assert link_in(sink.taken[0]) in rendered.text
    assert await OneTimeLink.all().values() == links


async def test_a_message_speaks_its_readers_language(nora: Account, sink: Sink, subtests: pytest.Subtests) -> None:
    for language, title in (
        ("nl", "Een nieuw wachtwoord instellen"),
        ("de", "Ein neues Passwort festlegen"),
        ("en", "Set a new password"),
        (None, "Définir un nouveau mot de passe"),
    ):
        with subtests.test(language):
            await Account.filter(id=nora.id).update(language=language)
            await put(nora)
            assert await send(sink) == 1
            assert sink.taken[-1]["Subject"] == title
            assert f'lang="{ {"en": "en-GB", None: "fr"}.get(language, language) }"' in html_of(sink.taken[-1])


async def test_every_kind_is_written_in_every_language(school: School, nora: Account, sink: Sink) -> None:
    facts = await facts_of_every_kind(school)
    assert facts.keys() == set(MailKind)
    for language in ("fr", "nl", "de", "en"):
        await Account.filter(id=nora.id).update(language=language)
        for kind, several in facts.items():
            for one in several:
                await put(nora, kind, **one)
        await MailMessage.filter(sent_at=None).update(next_try_at=clock.now())
        sink.taken.clear()
        assert await send(sink) == sum(len(several) for several in facts.values())
        for message in sink.taken:
            for part in (text_of(message), html_of(message)):
                assert "{" not in part.replace("{{", "")
                assert "ecole.example" in part or "02 555 01 23" in part
            spaced = re.search(r"\s:\s", text_of(message))
            assert bool(spaced) == (language == "fr"), text_of(message)
