"""How good a new password is, said while it is typed."""

from __future__ import annotations

from typing import Any

from nicegui.element import Element

from creos_ui.services.accounts import password_policy
from creos_ui.services.accounts.passwords import SHORTEST
from pages.elements import scripts
from pages.elements.fields import LONGEST_PASSWORD
from pages.elements.html import text
from pages.reader import Reader


def strength_meter(field: Element, reader: Reader, *, account_id: int, rule: str) -> None:
    """Under a new password: the rule, then while it is typed whether it would be taken, or why not.

    The server is asked over the page's own socket, for it knows the names in this account, which the browser must not.
    The socket is as encrypted as the POST; nothing of it is kept or logged. One text at a time is weighed; of those
    that arrive meanwhile the newest.
    """
    words = text("p", rule, "field-hint strength", id="strength", role="status")
    field.props["aria-describedby"] = "strength"

    newest: str | None = None  # waits to be weighed
    weighing = False

    async def weigh(event: Any) -> None:
        nonlocal newest, weighing
        newest = event.args[:LONGEST_PASSWORD] if isinstance(event.args, str) else ""
        if weighing:
            return
        weighing = True
        try:
            while newest is not None:
                typed, newest = newest, None
                refused = await password_policy.weakness(typed, account_id=account_id)
        finally:
            weighing = False
        words.set_text(reader.t(refused.text_key if refused else "reset.strong"))
        words.classes(remove="weak strong", add="weak" if refused else "strong")

    field.on("input", weigh, js_handler=scripts.new_password(SHORTEST, LONGEST_PASSWORD))
