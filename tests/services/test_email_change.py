"""R9: a new address needs the password, is told to the old one, and holds only once confirmed from the new one."""

from __future__ import annotations

import asyncio

import pytest

from creos_ui import clock, keyed_hash
from creos_ui.errors import EmailInvalid, LinkNotUsable, PasswordCommon, TooManyTries, WrongPassword
from creos_ui.services.accounts import email_change, guessing, reset, sessions
from creos_ui.services.accounts.account import change_password, sign_in
from creos_ui.services.accounts.email_change import address_of, confirm_email, request_email
from creos_ui.services.mail import sending
from models import Account, MailKind, MailMessage, SignInAttempt
from tests.school import School
from tests.services.post import NORA_AT, PASSWORD, PORTAL, MovedClock, moved, nora, server_of, sink
from tests.services.signing_in import secret
from tests.smtp import Sink, link_in, text_of

__all__ = ["moved", "nora", "secret", "sink"]

NEW_AT = "nora@new.example.org"
NEW = "Trois chats dorment"


async def sent_token(sink: Sink, address: str) -> str:
    await sending.send_due(server_of(sink), PORTAL)
    newest = [message for message in sink.to(address) if "Ce lien" in text_of(message)][-1]
    return link_in(newest).rsplit("/")[-1]


async def email_of(account: Account) -> str | None:
    return (await Account.get(id=account.id)).email


async def test_it_holds_once_confirmed_and_both_are_told(nora: Account, sink: Sink) -> None:
    await request_email(nora.id, password=PASSWORD, new_address=NEW_AT)
    token = await sent_token(sink, NEW_AT)
    assert await email_of(nora) == NORA_AT
    assert [m["Subject"] for m in sink.to(NORA_AT)] == ["Changement d’adresse e-mail demandé"]
    await confirm_email(token)
    assert await email_of(nora) == NEW_AT
    await sending.send_due(server_of(sink), PORTAL)
    assert [m["Subject"] for m in sink.to(NORA_AT)][1:] == ["Votre adresse e-mail a changé"]
    assert [m["Subject"] for m in sink.to(NEW_AT)][1:] == ["Votre adresse e-mail a changé"]
    with pytest.raises(LinkNotUsable):
        await confirm_email(token)


async def test_what_waits_is_not_sent_to_the_address_just_left(school: School, nora: Account, sink: Sink) -> None:
    await request_email(nora.id, password=PASSWORD, new_address=NEW_AT)
    token = await sent_token(sink, NEW_AT)
    await school.pay(await school.invite(school.lou))
    await confirm_email(token)
    await sending.send_due(server_of(sink), PORTAL)
    # an amount and a balance go to the new address; what warns of a theft also to the one that may have been robbed
    assert [m["Subject"] for m in sink.to(NORA_AT)][1:] == ["Votre adresse e-mail a changé"]
    assert [m["Subject"] for m in sink.to(NEW_AT)][1:] == ["Votre adresse e-mail a changé", "Paiement bien reçu"]


async def test_without_the_password_nothing_is_sent(nora: Account) -> None:
    with pytest.raises(WrongPassword):
        await request_email(nora.id, password="Not hers at all", new_address=NEW_AT)
    assert await MailMessage.all().count() == 0


async def test_guessing_the_password_ends_after_ten(nora: Account) -> None:
    for _ in range(10):
        with pytest.raises(WrongPassword):
            await request_email(nora.id, password="Not hers at all", new_address=NEW_AT)
    with pytest.raises(TooManyTries):
        await request_email(nora.id, password=PASSWORD, new_address=NEW_AT)
    await sign_in("peeters.nora", PASSWORD, address="192.0.2.1")  # which does not lock the door


async def test_no_address_is_flooded(nora: Account) -> None:
    for number in range(5):
        await request_email(nora.id, password=PASSWORD, new_address=f"victim{number}@example.org")
    with pytest.raises(TooManyTries):
        await request_email(nora.id, password=PASSWORD, new_address=NEW_AT)


async def test_a_clock_that_ran_ahead_stops_no_change_of_address(nora: Account, moved: MovedClock) -> None:
    moved.move(days=365)
    for number in range(5):
        await request_email(nora.id, password=PASSWORD, new_address=f"nora{number}@example.org")
    with pytest.raises(TooManyTries):
        await request_email(nora.id, password=PASSWORD, new_address="nora@example.net")
    moved.move(days=-365)
    await request_email(nora.id, password=PASSWORD, new_address="nora@example.net")


async def test_requests_at_the_same_time_are_counted_one_after_the_other(
    nora: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = asyncio.Barrier(8)

    async def confirmed(_account_id: int, _password: str) -> None:
        await together.wait()

    monkeypatch.setattr(email_change, "confirm_password", confirmed)
    requests = [request_email(nora.id, password=PASSWORD, new_address=f"victim{n}@example.org") for n in range(8)]
    answers = await asyncio.gather(*requests, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["NoneType"] * 5 + ["TooManyTries"] * 3
    assert await MailMessage.filter(kind=MailKind.EMAIL_LINK).count() == 5
    assert await MailMessage.filter(kind=MailKind.EMAIL_LINK, next_try_at__isnull=False).count() == 1


async def test_the_newest_request_is_the_one_that_counts(nora: Account, sink: Sink) -> None:
    await request_email(nora.id, password=PASSWORD, new_address=NEW_AT)
    older = await sent_token(sink, NEW_AT)
    await request_email(nora.id, password=PASSWORD, new_address="other@example.org")
    newer = await sent_token(sink, "other@example.org")
    with pytest.raises(LinkNotUsable):
        await confirm_email(older)
    await confirm_email(newer)
    assert await email_of(nora) == "other@example.org"


async def test_after_a_day_it_is_over(nora: Account, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = MovedClock(monkeypatch)
    await request_email(nora.id, password=PASSWORD, new_address=NEW_AT)
    token = await sent_token(sink, NEW_AT)
    moved.move(hours=24, seconds=1)
    with pytest.raises(LinkNotUsable):
        await confirm_email(token)


async def test_a_link_is_for_its_own_purpose_only(nora: Account, sink: Sink) -> None:
    await reset.request_link("peeters.nora", address="192.0.2.1")
    password_token = await sent_token(sink, NORA_AT)
    with pytest.raises(LinkNotUsable):
        await confirm_email(password_token)
    await request_email(nora.id, password=PASSWORD, new_address=NEW_AT)
    email_token = await sent_token(sink, NEW_AT)
    with pytest.raises(LinkNotUsable):
        await reset.set_by_link(email_token, NEW)


async def test_what_was_sent_to_the_old_address_opens_nothing_any_more(nora: Account, sink: Sink) -> None:
    await reset.request_link("peeters.nora", address="192.0.2.1")
    password_token = await sent_token(sink, NORA_AT)
    await request_email(nora.id, password=PASSWORD, new_address=NEW_AT)
    await confirm_email(await sent_token(sink, NEW_AT))
    with pytest.raises(LinkNotUsable):
        await reset.set_by_link(password_token, NEW)


async def test_a_new_password_stops_a_change_of_address_under_way(nora: Account, sink: Sink) -> None:
    await request_email(nora.id, password=PASSWORD, new_address=NEW_AT)
    token = await sent_token(sink, NEW_AT)
    await reset.request_link("peeters.nora", address="192.0.2.1")
    await reset.set_by_link(await sent_token(sink, NORA_AT), NEW)
    with pytest.raises(LinkNotUsable):
        await confirm_email(token)


def test_what_is_no_address_is_refused(subtests: pytest.Subtests) -> None:
    for text in (
        *("", "nora", "nora@", "@example.org", "a b@example.org", "a@b", "é@example.org", "<a@example.org>"),
        *("nora@example.org\r\nBcc: x@y.be", "x" * 300 + "@example.org", "a@example.org, b@example.org"),
        *("a@[127.0.0.1]", "a@localhost"),
    ):
        with subtests.test(text=text), pytest.raises(EmailInvalid):
            address_of(text)


def test_an_address_is_kept_in_one_form() -> None:
    assert address_of(" Nora.Peeters@EXAMPLE.org ") == "Nora.Peeters@example.org"
    assert address_of("nora@école.example.org") == "nora@xn--cole-9oa.example.org"


async def test_ones_own_change_of_password_ends_the_other_sessions_and_is_told(nora: Account, sink: Sink) -> None:
    here, elsewhere = [await sessions.open_session(nora.id, device="") for _ in range(2)]
    mine, other = await sessions.load(here), await sessions.load(elsewhere)
    assert mine
    assert other
    with pytest.raises(WrongPassword):
        await change_password(nora.id, current="Not hers at all", new=NEW, keep_session_id=mine.session_id)
    with pytest.raises(PasswordCommon):
        await change_password(nora.id, current=PASSWORD, new="motdepasse123", keep_session_id=mine.session_id)
    assert await sessions.load(elsewhere)
    ended = await change_password(nora.id, current=PASSWORD, new=NEW, keep_session_id=mine.session_id)
    assert ended == [other.session_id]
    assert await sessions.load(here)
    assert await sessions.load(elsewhere) is None
    await sign_in("peeters.nora", NEW, address="192.0.2.1")
    await sending.send_due(server_of(sink), PORTAL)
    assert [m["Subject"] for m in sink.to(NORA_AT)] == ["Votre mot de passe a changé"]


async def test_a_reset_opens_an_account_locked_by_a_hundred_failures(nora: Account, sink: Sink) -> None:
    hashed = keyed_hash.keyed_hash("identifier", "peeters.nora")
    for _ in range(guessing.IN_A_ROW):
        await SignInAttempt.create(at=clock.now(), identifier_hash=hashed, address_hash="a" * 64, succeeded=False)
    await reset.request_link("peeters.nora", address="192.0.2.1")
    await reset.set_by_link(await sent_token(sink, NORA_AT), NEW)
    await sign_in("peeters.nora", NEW, address="192.0.2.1")


async def test_two_who_use_one_link_at_once_set_one_password(nora: Account, sink: Sink) -> None:
    await reset.request_link("peeters.nora", address="192.0.2.1")
    token = await sent_token(sink, NORA_AT)
    words = [f"{word} chats dorment" for word in ("Trois", "Quatre", "Cinq", "Sept")]
    answers = await asyncio.gather(*(reset.set_by_link(token, word) for word in words), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["LinkNotUsable"] * 3 + ["list"]
