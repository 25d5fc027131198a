"""The school's mail server: one connection for many messages, and what its answers mean for a message and its address.

An address is dead when the answer to RCPT says that it does not exist. A refusal of the size, the content or the form
of the address ends this message and says nothing of the address. Whatever else it is (policy, spam, a full mailbox, the
sender, a 4xx, or words nobody understands) may pass, and is tried again.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import aiosmtplib

SMTP_TIMEOUT = 20.0  # seconds for each answer of the server
LONGEST_SENDING = 90.0  # seconds for one message in all
LONGEST_GOODBYE = 2.0  # seconds: a new link may wait meanwhile

# RFC 3463: no such mailbox, domain, form of address; moved; a domain without mail. 1.0, 1.7 and 1.8 are of the sender
_DEAD = {"1.1", "1.2", "1.3", "1.6", "1.10"}
_TOO_LONG, _CONTENT = "3.4", "6."
_FORM = {551, 553}  # without such a code: not here, not written like this
_STATUS = re.compile(r"(?<![\d.])5\.(\d{1,3}\.\d{1,3})(?!\.?\d)")  # no part of an IP address
# a server without such codes says 550 of unknown mailboxes, full ones, and of those who may not send: its words decide
_UNKNOWN = re.compile(
    r"unknown|no such|no (?:mailbox|user|account)|(?:not|n.t) (?:exist|found|known)|invalid (?:recipient|user|mailbox)"
    r"|inconnu|n.existe pas|onbekend|bestaat niet|unbekannt|existiert nicht",
    re.IGNORECASE,
)
_OF_US = re.compile(
    r"relay|auth|sender|spam|bl[oa]ck|policy|prohibit|denied|verif|domain|host|client|helo|dns|spf|dkim|dmarc",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Server:
    """The school's SMTP server. `tls`: starttls, tls or none (none for the loopback only)."""

    host: str
    port: int
    tls: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


class Refused(Exception):
    """Why a message was not taken. `dead`: its address does not exist; `for_good`: no other try would help."""

    def __init__(self, reason: str, *, dead: bool = False, for_good: bool = False) -> None:
        super().__init__(reason)
        self.dead, self.for_good = dead, for_good


class Connection:
    """To the server: opened for the first message, kept for those that follow, closed by any fault of its own."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client: _Client | None = None

    @property
    def is_open(self) -> bool:
        return self._client is not None and self._client.is_connected

    async def deliver(self, letter: EmailMessage) -> None:
        """Hand the message to the server. Raises Refused."""
        try:
            async with asyncio.timeout(LONGEST_SENDING):
                await self._hand_over(letter)
        except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPDataError) as exc:  # the next message may follow
            raise _refusal(exc) from exc
        except (aiosmtplib.SMTPException, OSError, ValueError) as exc:
            self._close()
            raise _refusal(exc) from exc
        except BaseException:
            self._close()
            raise

    async def _hand_over(self, letter: EmailMessage) -> None:
        client, kept = self._client, self.is_open
        if client is None or not kept:
            client = await self._open()
        client.text_begun = False
        try:
            await client.send_message(letter)
        except aiosmtplib.SMTPException as exc:
            # a kept connection may have ended, or take no more messages, which is no fault of this one
            if not kept or client.text_begun or _is_of_the_address(exc):
                raise
            self._close()
            await self._hand_over(letter)

    async def _open(self) -> _Client:
        """Always another client: one that lost its connection may hold its own lock."""
        server = self._server
        self._client = _Client(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.tls == "tls",
            start_tls=server.tls == "starttls",
            timeout=SMTP_TIMEOUT,
        )
        await self._client.connect()
        return self._client

    async def hang_up(self) -> None:
        if self._client and self.is_open:
            with suppress(aiosmtplib.SMTPException, OSError):
                await self._client.quit(timeout=LONGEST_GOODBYE)
        self._close()

    def _close(self) -> None:
        if self._client:
            self._client.close()


class _Client(aiosmtplib.SMTP):
    text_begun = False  # from then on the server may have the message, whatever it answers

    async def data(self, *args: Any, **kwargs: Any) -> Any:
        self.text_begun = True
        return await super().data(*args, **kwargs)


def _is_of_the_address(exc: aiosmtplib.SMTPException) -> bool:
    """421 is of the connection, at whatever step it comes."""
    return isinstance(exc, aiosmtplib.SMTPRecipientsRefused) and exc.recipients[0].code != 421


def _refusal(exc: Exception) -> Refused:
    match exc:
        case aiosmtplib.SMTPRecipientsRefused():
            return _of_answer(exc.recipients[0], to_address=True)
        case aiosmtplib.SMTPDataError():
            return _of_answer(exc, to_address=False)
        case aiosmtplib.SMTPAuthenticationError():  # its words may repeat the password
            return Refused(str(exc.code))
        case aiosmtplib.SMTPResponseException():  # greeting, sender: our own side
            return Refused(f"{exc.code} {exc.message}")
        case aiosmtplib.SMTPException() | OSError():
            # the bare class comes with the library's words (no STARTTLS); else the cause names it best: a certificate
            if type(exc) is aiosmtplib.SMTPException:
                return Refused(str(exc))
            return Refused(type(exc.__cause__ if isinstance(exc.__cause__, Exception) else exc).__name__)
    return Refused("cannot be written as a message", for_good=True)  # its address, or a header


def _of_answer(answer: aiosmtplib.SMTPResponseException, *, to_address: bool) -> Refused:
    code, words = int(answer.code), str(answer.message)
    found = _STATUS.search(words)
    if found:
        dead, ends = found[1] in _DEAD, found[1] == _TOO_LONG or found[1].startswith(_CONTENT)
    else:
        dead = code == 550 and bool(_UNKNOWN.search(words)) and not _OF_US.search(words)
        ends = code in _FORM
    lasting = 500 <= code < 600
    return Refused(f"{code} {words}", dead=lasting and dead and to_address, for_good=lasting and (dead or ends))
