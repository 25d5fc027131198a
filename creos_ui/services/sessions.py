"""Sessions: who is signed in, on which browser, since when. (Being written.)"""

from __future__ import annotations

from dataclasses import dataclass

from models import Role


@dataclass(frozen=True)
class SignedIn:
    """The session a request or an event belongs to: `request.state.session` in pages and routes."""

    session_id: int
    account_id: int
    guardian_id: int
    name: str  # Dubois Jacqueline
    language: str | None  # the account's choice; None: as the browser asks
    role: Role

    @property
    def actor(self) -> str:
        """How this person stands in the books."""
        return f"account:{self.account_id}"
