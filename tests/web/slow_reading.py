"""Loaded into the portal by test_invitations_page.py, before its pages: some of what they read takes its time."""

from __future__ import annotations

import asyncio

from creos_ui.services.invitations import listing

SECONDS = {listing.Tab.ALL: 0.2, listing.Tab.DECLINED: 0.4}
_invitations_of, _page_of_invitations = listing.invitations_of, listing.page_of_invitations


async def _slow_invitations_of(debtor_id: int, ids: list[int]) -> list[listing.Line]:
    await asyncio.sleep(0.2)
    return await _invitations_of(debtor_id, ids)


async def _slow_page_of_invitations(debtor_id: int, wanted: listing.Wanted) -> listing.Page:
    await asyncio.sleep(SECONDS.get(wanted.tab, 0))
    return await _page_of_invitations(debtor_id, wanted)


listing.invitations_of, listing.page_of_invitations = _slow_invitations_of, _slow_page_of_invitations
