"""The people here: read for those whom a list may mean, and written with what it adds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from creos_ui.database.values import in_parts
from creos_ui.services.former_system.people import People
from creos_ui.services.former_system.person import Child, Debtor
from creos_ui.services.former_system.rows import Row
from creos_ui.services.money import ledger
from creos_ui.services.preview import ChangedMeanwhile
from models import Account, Guardian, Guardianship, Invitation, Pupil


async def known_people(all_rows: Sequence[Row]) -> People:
    """Those known here under an identifier or a name of the list, with the families they are of."""
    guardians, pupils = set[int](), set[int]()
    for some in in_parts({row.identifier for row in all_rows if row.identifier}):
        accounts = Account.filter(identifier__in=some, guardian_id__isnull=False)
        guardians |= {row["guardian_id"] for row in await accounts.values("guardian_id")}
    for some in in_parts({row.debtor_key for row in all_rows}):
        guardians |= {row["id"] for row in await Guardian.filter(name_key__in=some).values("id")}
    for some in in_parts({row.pupil_key for row in all_rows}):
        pupils |= {row["id"] for row in await Pupil.filter(name_key__in=some).values("id")}
    families = set[tuple[int, int]]()
    for some_ids in in_parts(guardians):
        families |= set(await Guardianship.filter(guardian_id__in=some_ids).values_list("guardian_id", "pupil_id"))
    for some_ids in in_parts(pupils):
        families |= set(await Guardianship.filter(pupil_id__in=some_ids).values_list("guardian_id", "pupil_id"))
    debtors = await _debtors(guardians | {guardian_id for guardian_id, _ in families})
    children = await _children(pupils | {pupil_id for _, pupil_id in families})
    for guardian_id, pupil_id in sorted(families):
        children[pupil_id].carers.add(debtors[guardian_id])
        debtors[guardian_id].children.append(children[pupil_id])
    for debtor in debtors.values():
        debtor.parent_of = ", ".join(sorted(child.name for child in debtor.children))
    listed = {row.pupil_key for row in all_rows}
    await _find_occasions([child for child in children.values() if child.name_key not in listed], all_rows)
    for child in children.values():
        child.child_of = ", ".join(sorted(carer.name for carer in child.carers))
    return People(debtors.values(), children.values())


async def _find_occasions(children: Iterable[Child], all_rows: Sequence[Row]) -> None:
    """What they are invited to, of what begins on the days of the list."""
    unnamed = {child.id: child for child in children}
    days = {row.starts_on for row in all_rows}
    for some in in_parts(sorted(id for id in unnamed if id)):
        invitations = Invitation.filter(pupil_id__in=some, activity__starts_on__range=(min(days), max(days)))
        columns = ("pupil_id", "activity__title_key", "activity__starts_on", "activity__due_on")
        for pupil_id, *occasion in await invitations.values_list(*columns):
            unnamed[pupil_id].occasions.add((occasion[0], occasion[1], occasion[2]))


async def _debtors(ids: Iterable[int]) -> dict[int, Debtor]:
    columns = ("id", "last_name", "first_name", "account__identifier", "account__password_hash")
    found: dict[int, Debtor] = {}
    for some in in_parts(sorted(ids)):
        for row in await Guardian.filter(id__in=some).order_by("id").values(*columns):
            identifier = row["account__identifier"]
            found[row["id"]] = Debtor(
                row["last_name"],
                row["first_name"],
                identifier,
                row["id"],
                has_account=identifier is not None,
                has_password=row["account__password_hash"] is not None,
            )
    return found


async def _children(ids: Iterable[int]) -> dict[int, Child]:
    found: dict[int, Child] = {}
    for some in in_parts(sorted(ids)):
        for row in await Pupil.filter(id__in=some).order_by("id").values("id", "last_name", "first_name"):
            found[row["id"]] = Child(row["last_name"], row["first_name"], row["id"])
    return found


async def create_people(people: People) -> None:
    """Write the newcomers, each guardian with wallet and an account without password, and who has another name or
    identifier now. Inside a transaction; raises ChangedMeanwhile."""
    for one in people.new_names:
        table = Guardian if isinstance(one, Debtor) else Pupil
        await table.filter(id=one.id).update(last_name=one.last_name, first_name=one.first_name, name_key=one.name_key)
    for debtor in people.new_identifiers:
        nobody_signed_in = Account.filter(guardian_id=debtor.id, password_hash=None)
        if not await nobody_signed_in.update(identifier=debtor.identifier):
            raise ChangedMeanwhile
    for debtor in people.new_debtors:
        guardian = await Guardian.create(
            last_name=debtor.last_name, first_name=debtor.first_name, name_key=debtor.name_key
        )
        debtor.id = guardian.id
        await ledger.open_wallet(guardian.id)
    for debtor in people.new_accounts:
        await Account.create(identifier=debtor.identifier, guardian_id=debtor.id)
    for child in people.new_children:
        pupil = await Pupil.create(last_name=child.last_name, first_name=child.first_name, name_key=child.name_key)
        child.id = pupil.id
    for debtor, child in people.new_carers:
        await Guardianship.create(guardian_id=debtor.id, pupil_id=child.id)
