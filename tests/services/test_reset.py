"""R5: asking for a link does the same for a text that nobody's identifier or address can be."""

from __future__ import annotations

from typing import Any

from creos_ui.services.accounts import reset
from models import MailMessage, ResetRequest
from tests.services.signing_in import secret

__all__ = ["secret"]


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
