"""The frame of the pages everybody has, such as Mon profil: a parent's has the wallet beside the name."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from creos_ui.services.money import ledger
from pages.frame import frame
from pages.office.office_frame import menu_of
from pages.parent.parent_frame import parent_frame
from pages.reader import Parent, Person


async def own_frame(title: str, me: Person, *, path: str) -> AbstractContextManager[Any]:
    if isinstance(me, Parent):
        return parent_frame(title, me, path=path, balance_cents=await ledger.balance_cents(me.guardian_id))
    return frame(title, me, path=path, menu=menu_of(me), beside_name=lambda: None)
