"""A real SMTP server for the tests (aiosmtpd), that takes messages or is rude about it; over TLS, if it is to be."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import re
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult


@dataclass
class Sink:
    """What has arrived; the `refuse_...` answer instead of taking, while they are not empty. With a `hold`, the next
    message is `held` at its end until that is set."""

    port: int = 0
    password: str = ""
    taken: list[EmailMessage] = field(default_factory=list)
    in_clear: bytes = b""  # all that anybody on the way could have read
    over_tls: bytes = b""
    refuse_sign_in: str = ""
    refuse_recipient: str = ""
    refuse_data: str = ""
    refuse_address: dict[str, str] = field(default_factory=dict)
    most_per_connection: int = 1_000
    refuse_more: str = ""  # to RCPT, if it says so, else to MAIL; "": it hangs up
    hang_up_after: int = 0  # the so many-th message, which it has taken
    silent_at_the_end: bool = False
    hold: threading.Event | None = None
    held: threading.Event = field(default_factory=threading.Event)
    carried: Counter[Any] = field(default_factory=Counter)  # by connection: the messages begun

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        self.carried[session.peer] += 1
        if self.carried[session.peer] > self.most_per_connection and "RCPT" not in self.refuse_more:
            if not self.refuse_more:
                server.transport.abort()
            return self.refuse_more
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.carried[session.peer] > self.most_per_connection:
            return self.refuse_more
        if refusal := self.refuse_recipient or self.refuse_address.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.silent_at_the_end:
            await asyncio.sleep(60)
        return "221 Bye"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        hold, self.hold = self.hold, None
        if hold:
            self.held.set()
            await asyncio.to_thread(hold.wait, 30)
        if self.refuse_data:
            return self.refuse_data
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        assert message["To"].addresses[0].addr_spec in envelope.rcpt_tos
        self.taken.append(message)
        if self.hang_up_after == len(self.taken):
            server.transport.abort()
        return "250 taken"

    def sign_in(self, server: Any, session: Any, envelope: Any, mechanism: str, tried: Any) -> AuthResult:
        right = not self.refuse_sign_in and tried.password == self.password.encode()
        return AuthResult(success=right, handled=False, message=self.refuse_sign_in or None)

    def settings(self) -> dict[str, str]:
        """What makes a portal send here."""
        return {
            "CREOS_SMTP_HOST": "127.0.0.1",
            "CREOS_SMTP_PORT": str(self.port),
            "CREOS_SMTP_TLS": "none",
            "CREOS_MAIL_FROM": "portail@tilleul.example",
        }

    def to(self, address: str) -> list[EmailMessage]:
        return [message for message in list(self.taken) if message["To"].addresses[0].addr_spec == address]

    def wait_for(self, address: str, count: int = 1, seconds: float = 15) -> list[EmailMessage]:
        """The messages to this address, once there are so many."""
        deadline = time.monotonic() + seconds
        while len(found := self.to(address)) < count:
            assert time.monotonic() < deadline, [(m["To"], m["Subject"]) for m in self.taken]
            time.sleep(0.05)
        return found


@contextlib.contextmanager
def running_sink(*, tls: str = "none", certificate: ssl.SSLContext | None = None, password: str = "") -> Iterator[Sink]:
    """`tls` as in CREOS_SMTP_TLS: nothing is taken without. With a `password`, nothing is taken from anyone who has not
    given it."""
    sink = Sink(password=password)
    demands: dict[str, Any] = {}
    if tls == "starttls":
        demands |= {"tls_context": certificate, "require_starttls": True}
    if tls == "tls":
        demands |= {"ssl_context": certificate}
    if password:  # aiosmtpd sees the TLS of STARTTLS only
        demands |= {"auth_required": True, "auth_require_tls": tls == "starttls", "authenticator": sink.sign_in}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        sink.port = int(probe.getsockname()[1])
    controller = _Controller(sink, hostname="127.0.0.1", port=sink.port, **demands)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Listening(self.handler, **self.SMTP_kwargs)


class _Listening(SMTP):
    def data_received(self, data: bytes) -> None:
        sink: Sink = self.event_handler
        assert self.transport
        if self.transport.get_extra_info("sslcontext"):
            sink.over_tls += data
        else:
            sink.in_clear += data
        super().data_received(data)


@contextlib.contextmanager
def rude_server(*, greets: bool) -> Iterator[int]:
    """A server that never says a word, or one that hangs up in the middle of the message; yields its port."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        open_ones = []
        while not over.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            open_ones.append(connection)  # kept: a closed one would be an answer
            if greets:
                with connection, contextlib.suppress(OSError):
                    _hang_up_in_the_middle(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        over.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def _hang_up_in_the_middle(connection: socket.socket) -> None:
    connection.sendall(b"220 rude\r\n")
    for line in connection.makefile("rb"):
        if line.upper().startswith(b"DATA"):
            connection.sendall(b"354 go on\r\n")
            connection.recv(100)
            return
        connection.sendall(b"250 OK\r\n")


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html_of(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def link_in(message: EmailMessage) -> str:
    """The address of the message's one button; the same in both parts."""
    found = re.search(r"https?://\S+/(?:reset|confirm-email)/\S+", text_of(message))
    assert found, text_of(message)
    assert f'href="{found[0]}"' in html_of(message)
    return found[0]
