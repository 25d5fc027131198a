"""Mail to a server elsewhere: over a TLS that proves who answers, or not at all; the password goes nowhere else."""

from __future__ import annotations

import ssl
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from creos_ui.services import keys
from creos_ui.services.mail import sending
from creos_ui.services.mail.server import Server
from creos_ui.services.mail.worker import server_of
from creos_ui.services.school import open_school, school
from creos_ui.settings import portal_settings
from models import Account, MailMessage
from tests.school import School
from tests.services.post import NORA_AT, PORTAL, MovedClock, account_for
from tests.services.signing_in import secret
from tests.smtp import Sink, running_sink
from tests.test_settings import GOOD

__all__ = ["secret"]

USER, PASSWORD = "portail@ecole.example", "Pâté à 7 €: oui"
BOTH = pytest.mark.parametrize("tls", ["starttls", "tls"])
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # aiosmtpd's, about itself


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """The authority, as one that this machine trusts."""
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return authority


@pytest.fixture(autouse=True)
async def receipt(school: School) -> MailMessage:
    """What waits to be sent to Nora."""
    await account_for(school.nora, "peeters.nora", NORA_AT)
    await school.pay(await school.invite(school.lou, price_cents=1_250))
    return await MailMessage.get()


def certificate(authority: trustme.CA, name: str = "127.0.0.1", until: datetime | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, not_after=until).configure_cert(context)
    return context


async def send(sink: Sink, tls: str, password: str = PASSWORD) -> int:
    return await sending.send_due(Server("127.0.0.1", sink.port, tls, USER, password), PORTAL)


async def waiting() -> MailMessage:
    """The message as it waits for its next try; its address is not to blame."""
    message = await MailMessage.get()
    assert message.next_try_at is not None
    assert (message.tries, message.sent_at, message.failed_at) == (1, None, None)
    assert (await Account.get()).email_failed_at is None
    return message


def holds_password(text: str | bytes) -> bool:
    """As it is, or as a sign-in says it (AUTH PLAIN, AUTH LOGIN)."""
    text = text.encode() if isinstance(text, str) else text
    said = (b64encode(whole.encode()) for whole in (PASSWORD, f"\0{USER}\0{PASSWORD}"))
    return any(form in text for form in (PASSWORD.encode(), *said))


@BOTH
async def test_it_is_delivered_once_and_nobody_on_the_way_reads_it(
    school: School, trusted: trustme.CA, tls: str
) -> None:
    await school.pay(await school.invite(school.tim, price_cents=250))  # a second message, by the same connection
    with running_sink(tls=tls, certificate=certificate(trusted), password=PASSWORD) as sink:
        assert [await send(sink, tls), await send(sink, tls)] == [2, 0]
    assert [message["To"] for message in sink.taken] == [NORA_AT, NORA_AT]
    assert list(sink.carried.values()) == [2]
    assert holds_password(sink.over_tls)
    assert {line.split()[0].upper() for line in sink.in_clear.splitlines()} <= {b"EHLO", b"STARTTLS"}


async def test_the_servers_name_is_proven_as_well_as_its_number(trusted: trustme.CA) -> None:
    with running_sink(tls="starttls", certificate=certificate(trusted, "localhost"), password=PASSWORD) as sink:
        assert await sending.send_due(Server("localhost", sink.port, "starttls", USER, PASSWORD), PORTAL) == 1


@BOTH
async def test_with_a_wrong_password_it_waits_for_the_right_one(
    trusted: trustme.CA, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tls: str
) -> None:
    moved = MovedClock(monkeypatch)
    with running_sink(tls=tls, certificate=certificate(trusted), password="another") as sink:
        assert await send(sink, tls) == 0
        message = await waiting()
        assert not sink.taken
        assert "was not taken: 535" in caplog.text
        assert not holds_password(f"{caplog.text} {message.error}")
        sink.password = PASSWORD
        moved.move(seconds=61)
        assert await send(sink, tls) == 1
    assert message.message_id in sink.taken[0]["Message-ID"]


async def test_a_server_that_repeats_the_password_makes_nobody_keep_it(
    trusted: trustme.CA, caplog: pytest.LogCaptureFixture
) -> None:
    with running_sink(tls="starttls", certificate=certificate(trusted), password=PASSWORD) as sink:
        sink.refuse_sign_in = f"500 unrecognised: {b64encode(PASSWORD.encode()).decode()}"
        assert await send(sink, "starttls") == 0
    assert not holds_password(f"{caplog.text} {(await waiting()).error}")


async def test_a_server_that_wants_a_password_we_do_not_have_is_no_dead_address(
    trusted: trustme.CA, caplog: pytest.LogCaptureFixture
) -> None:
    with running_sink(tls="starttls", certificate=certificate(trusted), password=PASSWORD) as sink:
        assert await sending.send_due(Server("127.0.0.1", sink.port, "starttls"), PORTAL) == 0
    assert not sink.taken
    assert (await waiting()).error == "530 5.7.0 Authentication required"
    logged = [record.getMessage() for record in caplog.records if record.name == "creos_ui"]
    assert [words.rpartition(": ")[2] for words in logged] == ["530"]  # its words may name somebody


@BOTH
@pytest.mark.parametrize("fault", ["unknown authority", "another's name", "expired"])
async def test_a_certificate_that_proves_nothing_gets_neither_message_nor_password(
    trusted: trustme.CA, caplog: pytest.LogCaptureFixture, tls: str, fault: str
) -> None:
    shown = {
        "unknown authority": lambda: certificate(trustme.CA()),
        "another's name": lambda: certificate(trusted, "mail.elsewhere.example"),
        "expired": lambda: certificate(trusted, until=datetime(2024, 1, 1, tzinfo=UTC)),
    }[fault]()
    with running_sink(tls=tls, certificate=shown, password=PASSWORD) as sink:
        assert await send(sink, tls) == 0
    assert not sink.taken
    assert not sink.over_tls
    assert {line.split()[0].upper() for line in sink.in_clear.splitlines()} <= {b"EHLO", b"STARTTLS"}
    assert (await waiting()).error == "SSLCertVerificationError"
    assert "was not taken: SSLCertVerificationError" in caplog.text


@BOTH
async def test_a_server_without_tls_gets_neither_message_nor_password(
    caplog: pytest.LogCaptureFixture, tls: str
) -> None:
    with running_sink(password=PASSWORD) as sink:  # it would take both, in clear
        assert await send(sink, tls) == 0
    assert not sink.taken
    assert not holds_password(sink.in_clear)
    assert not [word for word in (b"AUTH", b"MAIL", b"RCPT", NORA_AT.encode()) if word in sink.in_clear]
    reason = {"starttls": "SMTP STARTTLS extension not supported by server.", "tls": "SSLError"}[tls]
    assert (await waiting()).error == reason
    assert f"was not taken: {reason}" in caplog.text


async def test_the_environment_names_the_server_and_nobody_shows_its_password(
    db: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = {"HOST": "mail.ecole.example", "PORT": "465", "TLS": "tls", "USER": USER, "PASSWORD": PASSWORD}
    environment = GOOD | {"CREOS_MAIL_FROM": USER} | {f"CREOS_SMTP_{name}": value for name, value in mail.items()}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = portal_settings()
    await keys.open_keys(settings.secret.get_secret_value())
    await open_school(settings)
    server = server_of(school())
    assert server == Server("mail.ecole.example", 465, "tls", USER, PASSWORD)
    assert not holds_password(f"{settings!r} {school()!r} {server!r}")
