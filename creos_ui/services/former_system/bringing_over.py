"""Bring over the former system's list: say what would change, or do it, all of it or nothing.

A list says the same however often it is read: what is already here stays as it is. What it adds: people, activities,
invitations, answers given in the former system, new prices of invitations still open, new titles and days of what
somebody said was moved. A payment of the former system is booked from outside straight to the activities; no wallet
moves. A single bad row, or a question nobody has answered, stops everything; what was answered is remembered.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from creos_ui import clock, live
from creos_ui.database.transactions import rows
from creos_ui.database.values import in_parts
from creos_ui.errors import AlreadyAnswered
from creos_ui.services import outbox
from creos_ui.services.former_system.known import Invited, Offer
from creos_ui.services.former_system.plan import Answer, Plan, plan_of
from creos_ui.services.former_system.questions import UNDECIDED, AnswerUnknown, Decided, remember
from creos_ui.services.former_system.register import create_people
from creos_ui.services.former_system.report import Report, report_of
from creos_ui.services.former_system.rows import Listing, read_listing
from creos_ui.services.invitations import answering, automatic, claiming, documents
from creos_ui.services.money import ledger
from creos_ui.services.money.ledger import Agreed
from creos_ui.services.preview import ChangedMeanwhile, apply_if_same
from creos_ui.tables.reading import read_file
from models import Account, Activity, Invitation, InvitationStatus

ACTOR = "command:import-invitations"
# whose pages show an activity: who owes it, and the guardians of the children
_CONCERNED = """
    SELECT debtor_id AS id FROM invitation WHERE activity_id = $1
    UNION SELECT m.guardian_id FROM guardianship m JOIN invitation i ON i.pupil_id = m.pupil_id WHERE i.activity_id = $1
"""
Progress = Callable[[int, int], None]  # so many steps of so many are done


async def preview_list(path: Path, *, decided: Decided = UNDECIDED) -> Report:
    """What the list at `path` would change, with the questions `decided` so far. Raises FileUnreadable, a refusal of a
    file that is not such a list, or AnswerUnknown."""
    listing = await _listing(path)
    return report_of(listing, await plan_of(listing, path.parent, decided))


async def apply_list(
    path: Path,
    *,
    fingerprint: str,
    documents_folder: Path,
    decided: Decided = UNDECIDED,
    progress: Progress | None = None,
) -> Report:
    """Write what the preview with this `fingerprint` and the same `decided` said would change, in one transaction.

    Raises ChangedMeanwhile where the list or what is here has changed since, or has a bad row or an open question; else
    as preview_list.
    """
    listing = await _listing(path)
    written: list[Path] = []

    async def write(connection: Any, plan: Plan) -> Report:
        await documents.settle(written)  # of a try the database undid
        report = report_of(listing, plan, applied=True)
        await _write(connection, plan, documents_folder, written, progress)
        return report

    try:
        report = await apply_if_same(fingerprint, lambda: plan_of(listing, path.parent, decided), write)
        await automatic.fulfil_all()  # after the commit: what was published, or became cheaper, may be wished for
    except AnswerUnknown:  # the question was shown, and is gone since
        raise ChangedMeanwhile from None
    finally:
        await documents.settle(written)
    return report


async def import_list(
    path: Path, *, documents_folder: Path, decided: Decided = UNDECIDED, progress: Progress | None = None
) -> Report:
    """Preview the list and apply it at once, unless a row is bad or a question open. Raises as the two."""
    report = await preview_list(path, decided=decided)
    if report.faults:
        return report
    return await apply_list(
        path,
        fingerprint=report.fingerprint,
        documents_folder=documents_folder,
        decided=Decided(said=report.said),
        progress=progress,
    )


async def _listing(path: Path) -> Listing:
    """A large file takes a second to read: in a thread, the loop is free meanwhile."""
    return await asyncio.to_thread(lambda: read_listing(read_file(path)))


async def _write(connection: Any, plan: Plan, folder: Path, written: list[Path], progress: Progress | None) -> None:
    await remember(plan.questions.said, connection)
    await create_people(plan.people)
    for offer in plan.moved:
        await _move(connection, offer)
    for offer in plan.new_offers:
        activity = await Activity.create(
            title=offer.title,
            title_key=offer.occasion[0],
            starts_on=offer.starts_on,
            due_on=offer.due_on,
            mandatory=offer.mandatory,
        )
        offer.id = activity.id
    for offer, name, content in plan.new_documents:
        document = await documents.store_document(folder, name, content, written)
        await Activity.filter(id=offer.id).update(document_id=document.id)
    await _invite(connection, plan.new_invitations)
    known = {invited.id for invited, _ in plan.prices} | {answer.invited.id for answer in plan.answers}
    await claiming.lock(connection, [one for one in known if one])
    for invited, amount_cents in plan.prices:
        assert invited.id
        try:
            await answering.set_amount(invited.id, amount_cents)
        except AlreadyAnswered:
            raise ChangedMeanwhile from None
    touched = [*plan.new_invitations, *(answer.invited for answer in plan.answers)]
    live.announce({invited.debtor.id for invited in touched if invited.debtor.id})
    for done, answer in enumerate(plan.answers):
        await _carry_over(connection, answer)
        if progress:
            progress(done + 1, len(plan.answers))
    await _write_to_debtors(connection, plan)


async def _move(connection: Any, offer: Offer) -> None:
    """Give the activity its new title and days. Its invitations, answers and payments stay with it; calendars,
    reminders and letters not yet sent read both from there."""
    assert offer.id
    await Activity.filter(id=offer.id).update(
        title=offer.title, title_key=offer.occasion[0], starts_on=offer.starts_on, due_on=offer.due_on
    )
    live.announce(int(row["id"]) for row in await rows(connection, _CONCERNED, offer.id))


async def _write_to_debtors(connection: Any, plan: Plan) -> None:
    """Write to each debtor who has an e-mail address of what is new and open; one just brought over has no address."""
    answered = {answer.invited.id for answer in plan.answers}
    waiting: dict[int, list[int]] = defaultdict(list)
    for invited in plan.new_invitations:
        if invited.id not in answered:
            assert invited.id
            assert invited.debtor.id
            waiting[invited.debtor.id].append(invited.id)
    reached = Account.filter(email__isnull=False).order_by("guardian_id")
    for row in await reached.values("guardian_id"):
        if ids := waiting.get(row["guardian_id"]):
            await outbox.invited(connection, row["guardian_id"], sorted(ids))


async def _invite(connection: Any, new: Sequence[Invited]) -> None:
    """Create the invitations, open, and learn their ids: the numbers after the last one there was."""
    ((last_id,),) = [row.values() for row in await rows(connection, "SELECT max(id) AS last_id FROM invitation")]
    for some in in_parts(new):
        wanted = {(one.offer.id, one.child.id, one.debtor.id): one for one in some}
        columns = ("activity_id", "pupil_id", "debtor_id")
        created = [
            Invitation(amount_cents=one.amount_cents, **dict(zip(columns, key, strict=True)))
            for key, one in wanted.items()
        ]
        await Invitation.bulk_create(created, using_db=connection)
        since = Invitation.filter(id__gt=last_id or 0).order_by("id").using_db(connection)
        for last_id, *key in await since.values_list("id", *columns):
            if one := wanted.get((key[0], key[1], key[2])):
                one.id = last_id


async def _carry_over(connection: Any, answer: Answer) -> None:
    """Mark the invitation answered, as it was in the former system, and book what was paid there."""
    invited = answer.invited
    assert invited.id
    at = clock.noon_of(answer.on)
    agreed = Agreed(invited.id, invited.amount_cents, invited.answer_no)
    claimed = await claiming.claim_former_answer(
        connection, agreed, answer.status, at=at, actor=ACTOR, automatic=answer.automatic
    )
    if claimed is None:
        raise ChangedMeanwhile
    if answer.status == InvitationStatus.PAID:
        await ledger.carry_over(connection, claimed, key=f"carried-{invited.id:012d}", actor=ACTOR)
