"""R5: asking for a link does the same for a text that nobody's identifier or address can be."""

from __future__ import annotations

import asyncio
from typing import Any

from creos_ui.services.accounts import links, reset
from models import Account, LinkPurpose, MailMessage, OneTimeLink, ResetRequest
from tests.services.signing_in import nora, secret

__all__ = ["nora", "secret"]


async def test_whatever_is_typed_is_counted_and_brings_no_refusal(db: Any) -> None:
    """Longer than the column, or longer still once it is folded; for PostgreSQL NUL is no text at all."""
    texts = (
        "",
        "nobody",
        "x" * 101,
        "ß" * reset.LONGEST,
        "é" * 5_000,
        "a@" + "B" * 5_000,
        "a\x00b",
        "\ud83d",
        "' OR 1=1 --",
    )
    for number, typed in enumerate(texts):
        await reset.request_link(typed, address=f"192.0.2.{number}")
    assert await ResetRequest.all().count() == len(texts)
    assert not await MailMessage.exists()


async def test_links_made_at_once_leave_one_that_works(nora: Account) -> None:
    """Two messages sent at the same moment by two processes: the newest kills the older, whichever that is."""
    tokens = await asyncio.gather(*[links.mint(f"message-{n}", nora.id, LinkPurpose.PASSWORD) for n in range(3)])
    assert sum([await links.look(token, LinkPurpose.PASSWORD) is not None for token in tokens]) == 1
    assert await OneTimeLink.filter(used_at=None).count() == 1
