"""Fill an empty data folder: lists by the import service, then classes, passwords, credit, and a few real payments."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from creos_ui import clock
from creos_ui.database.config import sqlite_url
from creos_ui.database.opening import opened
from creos_ui.database.transactions import atomic
from creos_ui.demo.families import CLASSES, JACQUELINE, MARC, SEED, Adult, schoolchildren
from creos_ui.demo.former_system import DOCUMENT, DUBOIS, PHOTO, SHOW, lines_of_others, write_list
from creos_ui.demo.museum_pdf import museum_pdf
from creos_ui.services.accounts.passwords import hash_password
from creos_ui.services.former_system.bringing_over import import_list, preview_list
from creos_ui.services.former_system.questions import Decided
from creos_ui.services.invitations import credit
from creos_ui.services.invitations.answering import pay_invitations
from creos_ui.services.money import ledger
from creos_ui.services.money.ledger import Agreed
from models import Account, Activity, Guardian, Invitation, InvitationStatus, Pupil, SchoolClass, folded

ACTOR = "command:demo"
CREDITS = (0, 350, 800, 1_250, 2_000, 2_500, 3_175, 4_200, 6_000, 9_850)
# (days ago, cents); Jacqueline pays for the show, and 42,00 € are left
OWN_CREDITS = {JACQUELINE: [(70, 2_000), (21, 2_200 + SHOW.price_cents)], MARC: [(30, 350)]}
SHOW_PAID = 12  # days ago
PAYERS = 25  # parents who pay something from their wallet


class Notify(Protocol):
    """Called for each step, with the key of its text."""

    def __call__(self, text_key: str, **values: Any) -> None: ...


async def load_school(folder: Path, password: str, notify: Notify) -> None:
    """Load the imaginary school into `folder`, which has no database yet."""
    children = schoolchildren()
    lists = folder / "former-system"  # kept, to try `creos-ui import-invitations` with
    lists.mkdir()
    (lists / DOCUMENT).write_bytes(museum_pdf())
    async with opened(sqlite_url(folder)):
        for name, lines in (
            ("famille-dubois.csv", list(DUBOIS)),
            ("autres-familles.csv", [*lines_of_others(children)]),
        ):
            notify("command.demo.import", rows=len(lines))
            write_list(lists / name, lines)
            # no two people of the imaginary school share a name: whoever is asked about is the one known
            known: set[str] = set()
            while asked := (await preview_list(lists / name, decided=Decided(frozenset(known)))).questions:
                known |= {question.key for question in asked}
            report = await import_list(
                lists / name, documents_folder=folder / "documents", decided=Decided(frozenset(known))
            )
            assert report.applied, report.faults
        notify("command.demo.classes", pupils=len(children))
        await _put_in_classes()
        await Account.all().update(password_hash=await hash_password(password))  # one hash for all: making it is slow
        await _set_addresses()
        await Activity.filter(title=PHOTO.title).update(closes_on=clock.today() - timedelta(days=5))
        notify("command.demo.wallets", guardians=await Guardian.all().count())
        await _fill_wallets()
        notify("command.demo.payments")
        await _pay_some()
        notify(
            "command.demo.loaded",
            pupils=await Pupil.all().count(),
            guardians=await Guardian.all().count(),
            invitations=await Invitation.all().count(),
        )


async def _put_in_classes() -> None:
    for class_no, name in enumerate(CLASSES):
        school_class = await SchoolClass.create(name=name)
        keys = [folded(child.name) for child in schoolchildren() if child.class_no == class_no]
        await Pupil.filter(name_key__in=keys).update(school_class_id=school_class.id)


async def _set_addresses() -> None:
    """jacqueline.dubois@example.be: nobody can own this domain, and the demo sends nothing."""
    for account in await Account.all():
        last, _, first = account.identifier.rpartition(".")
        await Account.filter(id=account.id).update(email=f"{first}.{last}@example.be")


async def _fill_wallets() -> None:
    """The credits of each day in one transaction, the oldest first, as they would come from the bank."""
    chance = random.Random(SEED)  # noqa: S311 - imaginary money
    own = {_key(adult): credits for adult, credits in OWN_CREDITS.items()}
    arrived: dict[int, list[tuple[int, int]]] = {}
    for guardian in await Guardian.all().order_by("id"):
        for days_ago, cents in own.get(guardian.name_key, [(chance.randrange(15, 90), chance.choice(CREDITS))]):
            if cents:
                arrived.setdefault(days_ago, []).append((guardian.id, cents))

    for days_ago, credits in sorted(arrived.items(), reverse=True):

        async def bring(_: Any, credits: list[tuple[int, int]] = credits, days_ago: int = days_ago) -> None:
            for guardian_id, cents in credits:
                key = f"demo-credit-{guardian_id:06d}-{days_ago}"
                await credit.top_up(guardian_id, cents, key=key, actor=ACTOR)

        with _days_ago(days_ago):
            await atomic(bring)


@contextmanager
def _days_ago(days: int) -> Iterator[None]:
    """Set the clock of this process back, so that what happens in the demo's past is dated then."""
    now = clock.now
    clock.now = lambda: now() - timedelta(days=days)
    try:
        yield
    finally:
        clock.now = now


async def _pay_some() -> None:
    """Jacqueline pays for the show; other parents pay one open invitation each, as far as their credit goes."""
    jacqueline = await Guardian.get(name_key=_key(JACQUELINE))
    with _days_ago(SHOW_PAID):
        await _pay(await Invitation.get(debtor_id=jacqueline.id, activity__title=SHOW.title))
    others = Invitation.filter(status=InvitationStatus.OPEN, activity__due_on__gte=clock.today())
    paying = {jacqueline.id, (await Guardian.get(name_key=_key(MARC))).id}
    for invitation in await others.order_by("id"):
        affordable = await ledger.balance_cents(invitation.debtor_id) >= invitation.amount_cents
        if affordable and invitation.debtor_id not in paying and len(paying) < PAYERS:
            paying.add(invitation.debtor_id)
            await _pay(invitation)


async def _pay(invitation: Invitation) -> None:
    account = await Account.get(guardian_id=invitation.debtor_id)
    await pay_invitations(
        [Agreed(invitation.id, invitation.amount_cents)],
        debtor_id=invitation.debtor_id,
        key=f"demo-payment-{invitation.id:06d}",
        actor=f"account:{account.id}",
    )


def _key(adult: Adult) -> str:
    return folded(adult.name)
