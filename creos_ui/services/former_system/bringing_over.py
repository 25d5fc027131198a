"""Bring over the former system's list: say what would change, or do it, all of it or nothing.

A list says the same however often it is read: what is already here stays as it is. What it adds: people, activities,
invitations, answers given in the former system, new prices of invitations still open. A payment of the former system
is booked from outside straight to the activities; no wallet moves. A single bad row stops everything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from creos_ui import clock, live
from creos_ui.errors import AlreadyAnswered
from creos_ui.services import outbox
from creos_ui.services.former_system.known import Invited
from creos_ui.services.former_system.people import create_people
from creos_ui.services.former_system.plan import Answer, Plan, plan_of
from creos_ui.services.former_system.report import Report, report_of
from creos_ui.services.former_system.rows import read_listing
from creos_ui.services.invitations import answering, automatic, claiming, documents
from creos_ui.services.money import ledger
from creos_ui.services.money.ledger import Agreed
from creos_ui.services.preview import ChangedMeanwhile, apply_if_same
from creos_ui.tables.reading import read_file
from models import Account, Activity, Invitation, InvitationStatus

ACTOR = "command:import-invitations"
AT_ONCE = 500  # rows in one INSERT
Progress = Callable[[int, int], None]  # so many steps of so many are done


async def preview_list(path: Path) -> Report:
    """What the list at `path` would change. Raises FileUnreadable, or a refusal of a file that is not such a list."""
    listing = read_listing(read_file(path))
    return report_of(listing, await plan_of(listing, path.parent))


async def apply_list(
    path: Path, *, fingerprint: str, documents_folder: Path, progress: Progress | None = None
) -> Report:
    """Write what the preview with this `fingerprint` said would change, in one transaction.

    Raises ChangedMeanwhile where the list or what is here has changed since, or has a bad row; else as preview_list.
    """
    listing = read_listing(read_file(path))
    written: list[Path] = []

    async def write(connection: Any, plan: Plan) -> Report:
        await documents.remove_unrecorded(written)  # of a try the database undid
        report = report_of(listing, plan, applied=True)
        await _write(connection, plan, documents_folder, written, progress)
        return report

    try:
        report = await apply_if_same(fingerprint, lambda: plan_of(listing, path.parent), write)
        await automatic.fulfil_all()  # after the commit: what was published, or became cheaper, may be wished for
    finally:
        await documents.remove_unrecorded(written)
    return report


async def import_list(path: Path, *, documents_folder: Path, progress: Progress | None = None) -> Report:
    """Preview the list and apply it at once, unless a row is bad. Raises as the two."""
    report = await preview_list(path)
    if report.faults:
        return report
    return await apply_list(path, fingerprint=report.fingerprint, documents_folder=documents_folder, progress=progress)


async def _write(connection: Any, plan: Plan, folder: Path, written: list[Path], progress: Progress | None) -> None:
    await create_people(plan.people)
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
    """Create the invitations, open, and learn their ids."""
    await Invitation.bulk_create(
        (
            Invitation(
                activity_id=one.offer.id, pupil_id=one.child.id, debtor_id=one.debtor.id, amount_cents=one.amount_cents
            )
            for one in new
        ),
        batch_size=AT_ONCE,
        using_db=connection,
    )
    wanted = {(one.offer.id, one.child.id, one.debtor.id): one for one in new}
    for offer_id in {one.offer.id for one in new}:
        created = Invitation.filter(activity_id=offer_id).using_db(connection)
        for invitation_id, *key in await created.values_list("id", "activity_id", "pupil_id", "debtor_id"):
            if one := wanted.get((key[0], key[1], key[2])):
                one.id = invitation_id


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
