"""Who may read an activity's document: its debtors, and the guardians of the children invited to it (R21)."""

from __future__ import annotations

from tortoise.expressions import Q

from models import Document


async def document_for(guardian_id: int, token: str) -> Document | None:
    """The document behind a token, if this guardian may read it; not there and not theirs are one answer."""
    theirs = Q(activities__invitations__debtor_id=guardian_id) | Q(
        activities__invitations__pupil__guardianships__guardian_id=guardian_id
    )
    return await Document.filter(Q(token=token) & theirs).first()
