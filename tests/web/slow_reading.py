"""Loaded into the portal by test_invitations_page.py, before its pages: some of what they read takes its time."""

from __future__ import annotations

import asyncio

from creos_ui.services.invitations import listing

_invitations_of = listing.invitations_of


async def _slow_invitations_of(debtor_id: int, ids: list[int]) -> list[listing.Line]:
    await asyncio.sleep(0.2)
    return await _invitations_of(debtor_id, ids)


listing.invitations_of = _slow_invitations_of
