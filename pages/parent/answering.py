"""What a click on an invitation does: ask the parent, give the answer to the services, say in words what was done.

The rows are not drawn again here: an answer is announced, and the open pages read it like any other change.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from creos_ui.errors import AlreadyAnswered, AnsweringClosed, DomainError, NotEnoughCredit
from creos_ui.services.invitations import automatic
from creos_ui.services.invitations.answering import decline_invitation, pay_invitations
from creos_ui.services.invitations.listing import Line, invitations_of
from creos_ui.services.money import ledger
from creos_ui.web.finishing import to_the_end
from pages.elements.notices import notify_done, notify_refusal
from pages.parent.parent_frame import WalletPill
from pages.parent.payment_dialogs import confirm_decline, confirm_payment, show_missing_credit
from pages.reader import Parent


class Answering:
    """One parent's answers. Every id comes from a browser: only their own are found, and the services check again."""

    def __init__(self, me: Parent, pill: WalletPill) -> None:
        self.me, self.pill = me, pill

    async def pay(self, ids: list[Any]) -> None:
        key = secrets.token_urlsafe(24)  # one intention, one payment, however often the click arrives
        with self._refusals_shown():
            lines = await self._theirs(ids, lambda line: line.can_be_paid)
            total = sum(line.amount_cents for line in lines)
            balance_cents = await ledger.balance_cents(self.me.guardian_id)
            if total > balance_cents:
                await self._short(lines, total - balance_cents)
            elif await confirm_payment(lines, balance_cents, self.me):
                await self._pay(lines, key)

    async def _pay(self, lines: list[Line], key: str) -> None:
        agreed = [line.agreed for line in lines]
        try:
            await to_the_end(pay_invitations(agreed, debtor_id=self.me.guardian_id, key=key, actor=self.me.actor))
        except NotEnoughCredit as refusal:  # the balance went elsewhere while the dialog was open
            self.pill.look()
            await self._short(lines, refusal.missing_cents)
            return
        if len(lines) == 1:
            notify_done(self.me.t("done.paid", title=lines[0].title, child=lines[0].pupil_first_name))
        else:
            notify_done(self.me.t("done.paid_many", number=len(lines)))

    async def _short(self, lines: list[Line], missing_cents: int) -> None:
        wallet = await ledger.wallet_of(self.me.guardian_id)
        wished = await show_missing_credit(lines, missing_cents, wallet.id, self.me)
        changed = [line.agreed for line in lines if line.wish != wished]
        if wished is None or not changed:
            return
        await to_the_end(automatic.wish_all(changed, self.me.guardian_id, wished))
        if wished:
            notify_done(self.me.t("wish.noted"))

    async def decline(self, invitation_id: Any) -> None:
        with self._refusals_shown():
            # a mandatory or closed one gets as far as the service, which says why not
            (line,) = await self._theirs([invitation_id], lambda line: line.status == "open" or line.declinable)
            balance_cents = await ledger.balance_cents(self.me.guardian_id)
            if not await confirm_decline(line, balance_cents, self.me):
                return
            await to_the_end(
                decline_invitation(
                    line.id, debtor_id=self.me.guardian_id, answer_no=line.answer_no, actor=self.me.actor
                )
            )
            key = "change.done" if line.paid_on else "done.declined"
            values = {"title": line.title, "child": line.pupil_first_name, "amount_cents": line.amount_cents}
            notify_done(self.me.t(key, **values))

    async def unwish(self, invitation_id: Any) -> None:
        """No longer pay this one by itself."""
        with self._refusals_shown():
            (line,) = await self._theirs([invitation_id], lambda _: True)
            await to_the_end(automatic.wish_all([line.agreed], self.me.guardian_id, False))
            notify_done(self.me.t("wish.taken_back", title=line.title))

    async def _theirs(self, ids: list[Any], can: Callable[[Line], bool]) -> list[Line]:
        """These invitations as they are now; raises AnsweringClosed or AlreadyAnswered where one of them cannot."""
        found = await invitations_of(self.me.guardian_id, [i for i in ids if type(i) is int])
        lines = [line for line in found if can(line)]
        if not lines or len(lines) < len(ids):
            raise AnsweringClosed if any(line.too_late for line in found) else AlreadyAnswered
        return lines

    @contextmanager
    def _refusals_shown(self) -> Iterator[None]:
        """Say why an answer is refused, and have the page look again: nothing changed, so nothing was announced."""
        try:
            yield
        except DomainError as refusal:
            notify_refusal(refusal, self.me)
            self.pill.look()
