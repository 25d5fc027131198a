"""The rulebook of bringing over the former system's list."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from creos_ui import clock
from creos_ui.database.transactions import rows
from creos_ui.services.former_system import bringing_over
from creos_ui.services.former_system.register import create_people
from creos_ui.services.former_system.report import Changes
from creos_ui.services.invitations import documents
from creos_ui.services.invitations.answering import set_amount
from creos_ui.services.money import ledger
from creos_ui.services.preview import ChangedMeanwhile, apply_if_same
from creos_ui.tables.reading import FileUnreadable
from models import Account, Activity, Document, Guardian, Invitation, MailMessage, Pupil, Transfer
from tests.postgres import WAITING
from tests.school import School, add_guardian, add_pupil
from tests.services.desk import PDF, Desk, books_hold, everything, faults_of, line, remarks_of


async def the_invitation() -> Invitation:
    assert await books_hold()
    return await Invitation.get().select_related("activity", "pupil", "debtor")


PAID = line(title="Piscine", paid="20/06/2024", automatic="oui", mandatory="oui", identifier="dubois.jacqueline")
DECLINED = line(title="Handball", child="Muller Nolan", declined="21/06/2024", identifier="dubois.jacqueline")


async def test_people_activities_invitations_and_answers_come_in(db: Any, desk: Desk) -> None:
    report = await desk.apply(line(), PAID, DECLINED)
    assert report.applied
    assert report.changes == Changes(
        guardians=1, accounts=1, pupils=2, guardianships=2, activities=3, invitations=3, paid=1, declined=1
    )
    jacqueline = await Guardian.get()
    assert (jacqueline.last_name, jacqueline.first_name) == ("Dubois", "Jacqueline")
    account = await Account.get()
    assert (account.identifier, account.password_hash, account.guardian_id) == (
        "dubois.jacqueline",
        None,
        jacqueline.id,
    )
    assert {pupil.name for pupil in await Pupil.all()} == {"Muller Camille", "Muller Nolan"}
    stand = {i.activity.title: i for i in await Invitation.all().select_related("activity")}
    assert {title: (i.status, i.answer_no, i.automatic, i.amount_cents) for title, i in stand.items()} == {
        "Musée du jouet": ("open", 0, False, 500),
        "Piscine": ("paid", 1, True, 500),
        "Handball": ("declined", 1, False, 500),
    }
    assert stand["Piscine"].answered_at == clock.noon_of(date(2024, 6, 20))
    assert stand["Piscine"].activity.mandatory
    assert await books_hold()


async def test_a_payment_of_the_former_system_leaves_the_wallet_alone(db: Any, desk: Desk) -> None:
    await desk.apply(PAID)
    assert await ledger.balance_cents((await Guardian.get()).id) == 0
    transfer = await Transfer.get().select_related("source", "target")
    assert (transfer.kind, transfer.source.name, transfer.target.name) == (
        "carried_over",
        "former_system",
        "activities",
    )
    assert (transfer.amount_cents, transfer.actor) == (500, "command:import-invitations")
    assert await books_hold()


async def test_without_apply_nothing_is_written(db: Any, desk: Desk) -> None:
    before = await everything()
    (desk.folder / "programme.pdf").write_bytes(PDF)
    report = await desk.preview(line(document="programme.pdf"), PAID, DECLINED)
    assert (report.applied, report.changes.invitations, report.changes.documents) == (False, 3, 1)
    assert await everything() == before
    assert not desk.documents.exists()


async def test_the_same_list_again_changes_nothing(db: Any, desk: Desk) -> None:
    (desk.folder / "programme.pdf").write_bytes(PDF)
    lines = (line(document="programme.pdf"), PAID, DECLINED, line(title="Cross", identifier="dubois.jacqueline"))
    await desk.apply(*lines)
    before, files = await everything(), desk.files()
    report = await desk.apply(*lines)
    assert (report.applied, report.changes, report.unchanged, report.faults) == (False, Changes(), 4, [])
    assert (await everything(), desk.files()) == (before, files)


async def test_one_bad_row_and_nothing_is_written(db: Any, desk: Desk, subtests: pytest.Subtests) -> None:
    before = await everything()
    for bad in (line(title="Cross", amount="3,00E+05"), line(title="Cross", document="none.pdf")):
        with subtests.test(bad):
            report = await desk.apply(line(), PAID, bad)
            assert [fault.line for fault in report.faults] == [4]
            assert not report.applied
            assert await everything() == before


async def test_a_failure_half_way_leaves_nothing_behind(db: Any, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await everything()
    (desk.folder / "programme.pdf").write_bytes(PDF)

    async def broken(*_: Any, **__: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(ledger, "carry_over", broken)
    with pytest.raises(OSError, match="disk is full"):
        await desk.apply(line(document="programme.pdf"), PAID)
    assert await everything() == before
    assert desk.files() == []


async def test_a_parent_who_answers_while_the_list_is_written_stops_it(
    db: Any, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.apply(line())
    (desk.folder / "programme.pdf").write_bytes(PDF)

    async def and_a_parent_declines(people: Any) -> None:
        await create_people(people)
        await Invitation.all().update(status="declined", answer_no=1)

    monkeypatch.setattr(bringing_over, "create_people", and_a_parent_declines)
    with pytest.raises(ChangedMeanwhile):
        await desk.apply(line(paid="20/06/2024", document="programme.pdf"))
    assert (await the_invitation()).status == "open"
    assert desk.files() == []


# a preview, and minutes later « Importer »


async def test_what_was_shown_is_applied(db: Any, desk: Desk) -> None:
    (desk.folder / "programme.pdf").write_bytes(PDF)
    seen = await desk.preview(line(document="programme.pdf"), PAID, DECLINED)
    done = await desk.apply_seen(seen)
    assert done == replace(seen, applied=True)
    assert await Invitation.all().count() == 3
    assert await books_hold()


async def test_the_same_list_and_the_same_school_have_one_fingerprint(db: Any, desk: Desk) -> None:
    (desk.folder / "programme.pdf").write_bytes(PDF)
    first = await desk.preview(line(document="programme.pdf"), PAID, DECLINED)
    again = await desk.preview(line(document="programme.pdf"), PAID, DECLINED)
    other = await desk.preview(line(document="programme.pdf"), PAID)
    assert first.fingerprint == again.fingerprint != other.fingerprint


async def _the_list_changes(desk: Desk) -> None:
    desk.write(*SEEN, line(title="Cross"))


async def _the_list_gets_a_bad_row(desk: Desk) -> None:
    desk.write(*SEEN, line(title="Cross", amount="cinq"))


async def _a_document_changes(desk: Desk) -> None:
    (desk.folder / "programme.pdf").write_bytes(PDF + b"% corrected")


async def _a_document_goes(desk: Desk) -> None:
    (desk.folder / "programme.pdf").unlink()


async def _a_parent_answers(desk: Desk) -> None:
    await Invitation.filter(activity__title="Théâtre").update(status="declined", answer_no=1)


async def _a_price_is_set_here(desk: Desk) -> None:
    await set_amount((await Invitation.get(activity__title="Patinoire")).id, 650)


async def _a_child_of_that_name_comes(desk: Desk) -> None:
    await add_pupil("Muller", "Nolan", await Guardian.get())


async def _a_parent_of_that_name_comes(desk: Desk) -> None:
    await add_guardian("Peeters", "Luc")


async def _the_activity_is_made_here(desk: Desk) -> None:
    day, due = date(2024, 6, 19), date(2024, 6, 24)
    await Activity.create(title="Piscine", title_key="piscine", starts_on=day, due_on=due, mandatory=True)


# what each of the above could change: an answer and a price for what is here, and something new of every kind
HERE = (line(title="Théâtre"), line(title="Patinoire"))
SEEN = (
    line(title="Théâtre", paid="20/06/2024"),
    line(title="Patinoire", amount="7,00 €"),
    line(document="programme.pdf", debtor="Peeters Luc", child="Peeters Emma"),
    PAID,
    DECLINED,
)


@pytest.mark.parametrize(
    "change",
    [
        _the_list_changes,
        _the_list_gets_a_bad_row,
        _a_document_changes,
        _a_document_goes,
        _a_parent_answers,
        _a_price_is_set_here,
        _a_child_of_that_name_comes,
        _a_parent_of_that_name_comes,
        _the_activity_is_made_here,
    ],
)
async def test_what_changed_since_the_preview_is_shown_again_and_not_written(
    db: Any, desk: Desk, change: Callable[[Desk], Awaitable[None]]
) -> None:
    (desk.folder / "programme.pdf").write_bytes(PDF)
    await desk.apply(*HERE)
    seen = await desk.preview(*SEEN)
    assert seen.changes == Changes(
        guardians=1,
        accounts=1,
        pupils=2,
        guardianships=2,
        activities=3,
        documents=1,
        invitations=3,
        prices=1,
        paid=2,
        declined=1,
    )
    await change(desk)
    before = await everything()
    with pytest.raises(ChangedMeanwhile):
        await desk.apply_seen(seen)
    assert await everything() == before
    assert not desk.documents.exists()


async def test_what_would_be_replaced_and_the_rule_it_is_under_belong_to_the_preview(
    school: School, desk: Desk, subtests: pytest.Subtests
) -> None:
    """A document that another replaced meanwhile; an activity that became mandatory, where the list does not say so."""
    (desk.folder / "programme.pdf").write_bytes(PDF)
    documents = [
        await Document.create(token=mark * 43, file_name="of-here.pdf", sha256=mark * 64, byte_count=1) for mark in "ab"
    ]
    heads = "Date de début;Bénéficiaire;Débiteur;Description de l’invitation à payer;Montant;Échéance;Date de paiement"
    for change in ({"document_id": documents[1].id}, {"mandatory": True}):
        known = await Activity.get(id=(await school.invite(school.lou)).activity_id)
        await Activity.filter(id=known.id).update(document_id=documents[0].id)
        row = f"{known.starts_on:%d/%m/%Y};Peeters Tim;Peeters Nora;{known.title};5,00;{known.due_on:%d/%m/%Y};;;"
        path = desk.folder / "short.csv"
        path.write_text(f"{heads};Date de refus;Document\n{row}programme.pdf\n", "utf-8")
        seen = await bringing_over.preview_list(path)
        assert (seen.changes.invitations, seen.changes.documents) == (1, 1)
        await Activity.filter(id=known.id).update(**change)
        with subtests.test(**change), pytest.raises(ChangedMeanwhile):
            await bringing_over.apply_list(path, fingerprint=seen.fingerprint, documents_folder=desk.documents)
        assert await Invitation.filter(activity_id=known.id).count() == 1


async def test_what_the_list_leaves_alone_may_change_meanwhile(school: School, desk: Desk) -> None:
    own = line(child="Peeters Lou", debtor="Peeters Nora", mandatory="oui")
    await desk.apply(own)
    seen = await desk.preview(own, line(mandatory="oui"))
    await school.pay(await Invitation.get())
    done = await desk.apply_seen(seen)
    assert (done.applied, done.answered_here) == (True, 1)
    assert await school.balance_cents(school.nora) == 1_500


async def test_a_list_with_a_bad_row_is_not_applied_by_its_own_fingerprint_either(db: Any, desk: Desk) -> None:
    seen = await desk.preview(line(), line(title="Cross", amount="cinq"))
    with pytest.raises(ChangedMeanwhile):
        await desk.apply_seen(seen)
    assert await Guardian.all().count() == 0


async def test_what_was_applied_is_not_applied_twice(db: Any, desk: Desk) -> None:
    seen = await desk.preview(line())
    await desk.apply_seen(seen)
    before = await everything()
    with pytest.raises(ChangedMeanwhile):
        await desk.apply_seen(seen)
    assert await everything() == before


def they_meet(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever writes first does so when each of so many has planned, or waits for their turn to."""
    planned = 0

    async def everybody_is_there(connection: Any) -> None:
        # on SQLite they have nowhere to meet: transactions follow each other
        while connection.capabilities.dialect == "postgres":
            (waiting,) = await rows(connection, WAITING)
            if planned + waiting["n"] >= count:
                return

    async def watched(fingerprint: str, plan_again: Callable[[], Awaitable[Any]], write: Callable[..., Any]) -> Any:
        async def plan_and_say_so() -> Any:
            nonlocal planned
            plan = await plan_again()
            planned += 1
            return plan

        async def write_once_all_are_there(connection: Any, plan: Any) -> Any:
            await everybody_is_there(connection)
            return await write(connection, plan)

        return await apply_if_same(fingerprint, plan_and_say_so, write_once_all_are_there)

    monkeypatch.setattr(bringing_over, "apply_if_same", watched)


async def test_of_several_at_once_one_is_applied(db: Any, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    children = ("Muller Camille", "Muller Nolan", "Muller Zoé")
    await desk.settle(*[line(child=child, title="Piscine", starts="25/06/2024") for child in children])
    seen = await desk.preview(*[line(child=child) for child in children])
    they_meet(3, monkeypatch)
    ended = await asyncio.gather(*(desk.apply_seen(seen) for _ in range(3)), return_exceptions=True)
    assert (await Invitation.all().count(), await Pupil.all().count(), await Activity.all().count()) == (6, 3, 2)
    assert sorted(type(one).__name__ for one in ended) == ["ChangedMeanwhile", "ChangedMeanwhile", "Report"]


async def test_a_newer_list_brings_the_answer(db: Any, desk: Desk) -> None:
    await desk.apply(line())
    report = await desk.apply(line(paid="20/06/2024"))
    assert report.changes == Changes(paid=1)
    assert (await the_invitation()).status == "paid"


async def test_a_newer_list_brings_the_price_of_an_open_invitation_and_its_answer(db: Any, desk: Desk) -> None:
    await desk.apply(line())
    report = await desk.apply(line(amount="6,00 €"))
    assert (report.changes, (await the_invitation()).amount_cents) == (Changes(prices=1), 600)
    report = await desk.apply(line(amount="7,00 €", paid="20/06/2024"))
    assert report.changes == Changes(prices=1, paid=1)
    assert ((await the_invitation()).amount_cents, (await Transfer.get()).amount_cents) == (700, 700)


async def test_an_answer_given_here_stands_against_an_older_list(db: Any, desk: Desk) -> None:
    await desk.apply(line(declined="20/06/2024"))
    report = await desk.apply(line())
    assert (report.changes, report.answered_here, report.faults) == (Changes(), 1, [])
    assert (await the_invitation()).status == "declined"


async def test_an_invitation_opened_again_here_is_not_answered_by_an_old_list(db: Any, desk: Desk) -> None:
    await desk.apply(line(declined="20/06/2024"))
    await Invitation.all().update(status="open", answer_no=2)
    report = await desk.apply(line(declined="20/06/2024"))
    assert (report.changes, report.answered_here) == (Changes(), 1)
    assert (await the_invitation()).status == "open"


async def test_a_list_that_contradicts_what_is_here_is_refused(db: Any, desk: Desk) -> None:
    await desk.apply(line(mandatory="oui"))
    before = await everything()
    report = await desk.apply(line(title="Nouveau", starts="20/06/2024"), line(mandatory="oui", declined="20/06/2024"))
    assert faults_of(report) == [(3, "Date de refus", "declined_mandatory")]
    assert await everything() == before


ANSWERED_HERE: list[tuple[dict[str, str], dict[str, str], list[tuple[str, str]], int]] = [
    ({"paid": "20/06/2024"}, {}, [], 1),
    ({"paid": "20/06/2024"}, {"declined": "20/06/2024"}, [("Date de refus", "already_paid")], 0),
    ({"paid": "20/06/2024"}, {"paid": "21/06/2024"}, [("Date de paiement", "already_paid")], 0),
    ({"declined": "20/06/2024"}, {"paid": "20/06/2024"}, [("Date de paiement", "already_declined")], 0),
    ({"declined": "20/06/2024"}, {"declined": "21/06/2024"}, [("Date de refus", "already_declined")], 0),
    ({"paid": "20/06/2024"}, {"paid": "20/06/2024", "amount": "6,00 €"}, [("Montant", "amount_of_answered")], 0),
    ({"paid": "20/06/2024"}, {"amount": "6,00 €"}, [("Montant", "amount_of_answered")], 1),
    (
        {"declined": "20/06/2024"},
        {"paid": "20/06/2024", "amount": "6,00 €"},
        [("Montant", "amount_of_answered"), ("Date de paiement", "already_declined")],
        0,
    ),
]


async def test_what_was_answered_here_stays_with_a_remark_and_the_rest_of_the_list_comes_in(
    db: Any, desk: Desk, subtests: pytest.Subtests
) -> None:
    for number, (first, then, remarks, answered_here) in enumerate(ANSWERED_HERE):
        with subtests.test(str(first), then=then):
            one = {"child": f"Muller Nolan{number}", "debtor": f"Dubois Anne{number}", "title": f"Sortie {number}"}
            await desk.apply(line(**one, **first))
            before = await Invitation.get(activity__title=one["title"]).values(), await Transfer.all().values()
            new = {**one, "title": "Nouveau", "due": f"{number + 1:02}/08/2024"}
            report = await desk.apply(line(**new), line(**one, **then))
            assert report.changes == Changes(activities=1, invitations=1)
            assert (remarks_of(report), report.answered_here) == ([(3, *remark) for remark in remarks], answered_here)
            after = await Invitation.get(activity__title=one["title"]).values(), await Transfer.all().values()
            assert after == before
    assert await books_hold()


async def test_one_change_of_mind_here_does_not_block_the_list(school: School, desk: Desk) -> None:
    """Declined in the former system, paid here since: the same list, and a newer one, still come in."""
    soon = f"{clock.today() + timedelta(days=9):%d/%m/%Y}"
    own = line(child="Peeters Lou", debtor="Peeters Nora", starts=soon, due=soon, declined="20/06/2024")
    await desk.apply(own)
    await school.pay(await Invitation.get())
    report = await desk.apply(own, line(child="Haddad Mia", debtor="Haddad Omar"))
    assert (remarks_of(report), report.changes.invitations) == ([(2, "Date de refus", "already_paid")], 1)
    assert await school.balance_cents(school.nora) == 1_500


async def test_paid_here_and_in_the_former_system_is_for_a_person_to_settle(school: School, desk: Desk) -> None:
    await desk.apply(line(child="Peeters Lou", debtor="Peeters Nora", mandatory="oui"))
    await school.pay(await Invitation.get())
    report = await desk.apply(line(child="Peeters Lou", debtor="Peeters Nora", mandatory="oui", paid="20/06/2024"))
    assert remarks_of(report) == [(2, "Date de paiement", "already_paid")]
    assert await school.balance_cents(school.nora) == 1_500


async def test_the_same_invitation_twice_in_a_list_names_the_other_line(db: Any, desk: Desk) -> None:
    report = await desk.apply(line(), PAID, line(title="MUSEE du  jouet"), line(mandatory="oui"))
    assert faults_of(report) == [(4, "", "twice"), (5, "", "twice")]
    assert [fault.values for fault in report.faults] == [{"other": 2}, {"other": 2}]


async def test_without_the_column_activities_are_optional_and_known_ones_keep_their_rule(db: Any, desk: Desk) -> None:
    await desk.apply(line(mandatory="oui"))
    nolan = line(child="Muller Nolan", identifier="dubois.jacqueline")
    report = await desk.apply_without_mandatory(line(), nolan, line(title="Cross"))
    assert not report.mandatory_known
    assert report.changes == Changes(pupils=1, guardianships=1, activities=1, invitations=2)
    assert {a.title: a.mandatory for a in await Activity.all()} == {"Musée du jouet": True, "Cross": False}
    refused = await desk.apply_without_mandatory(line(declined="20/06/2024"))
    assert faults_of(refused) == [(2, "Date de refus", "declined_mandatory")]


async def test_identifiers_tell_two_of_one_name_apart(db: Any, desk: Desk) -> None:
    one, two = line(identifier="dubois.jacqueline"), line(identifier="Dubois.Jacqueline2", child="Dubois Tom")
    report = await desk.apply(one, two)
    assert await Guardian.all().count() == 2
    assert [namesake.other for namesake in report.namesakes] == ["dubois.jacqueline"]
    # the name alone says too little, unless it stands with the child of one of them
    cross = line(title="Cross", starts="25/06/2024")
    again = await desk.apply(cross, line(child="Lambert Zoé"))
    assert faults_of(again) == [(3, "Débiteur", "debtor"), (3, "Débiteur", "debtor")]
    assert [question.values["children"] for question in again.questions] == ["Muller Camille", "Dubois Tom"]
    again = await desk.apply(cross)
    assert again.changes == Changes(activities=1, invitations=1)


async def test_a_generated_identifier_steps_aside(db: Any, desk: Desk) -> None:
    await desk.apply(
        line(debtor="Durand Odile", identifier="dubois.jacqueline"), line(child="Muller Nolan", title="Cross")
    )
    assert {a.identifier for a in await Account.all()} == {"dubois.jacqueline", "dubois.jacqueline2"}


async def test_two_children_of_one_name_are_told_apart_by_their_guardian(school: School, desk: Desk) -> None:
    await add_pupil("Peeters", "Lou", school.omar)
    own = line(child="Peeters Lou", debtor="Haddad Omar", title="Judo")
    report = await desk.apply(own, line(child="Peeters Lou", debtor="Lambert Sam"))
    assert faults_of(report) == [(3, "Bénéficiaire", "child"), (3, "Bénéficiaire", "child")]
    assert [question.values["carers"] for question in report.questions] == ["Peeters Nora", "Haddad Omar"]
    assert (await desk.apply(own)).changes == Changes(accounts=1, activities=1, invitations=1)


async def test_odd_names_are_kept_as_they_are(db: Any, desk: Desk, subtests: pytest.Subtests) -> None:
    for name in ("=HYPERLINK(1) Ann", "'), DROP TABLE--", "<script>alert(1)</script> Zo", "+41 @x", "Ѕаша 李 🎈 ‮abc"):
        with subtests.test(name=name):
            await desk.apply(line(child=f'"{name}"', debtor=f'"{name}"', title=f'"{name}"'))
            invitation = await Invitation.all().order_by("-id").select_related("activity", "pupil", "debtor").first()
            assert invitation
            assert (invitation.pupil.name, invitation.debtor.name, invitation.activity.title) == (name, name, name)
    assert await books_hold()


async def test_a_list_that_is_not_there(db: Any, desk: Desk) -> None:
    for path in (desk.folder, desk.folder / "none.csv"):
        with pytest.raises(FileUnreadable):
            await bringing_over.import_list(path, documents_folder=desk.documents)


async def test_a_document_is_joined_and_kept_once(db: Any, desk: Desk) -> None:
    for name in ("programme.pdf", "le même.pdf"):
        (desk.folder / name).write_bytes(PDF)
    report = await desk.apply(
        line(document="programme.pdf"),
        line(child="Muller Nolan", debtor="Muller Paul"),
        line(title="Cross", document="le même.pdf"),
    )
    document = await Document.get()
    assert report.changes.documents == 1
    assert {activity.document_id for activity in await Activity.all()} == {document.id}
    assert (document.file_name, document.byte_count, len(document.token)) == ("programme.pdf", len(PDF), 43)
    kept = desk.documents / f"{document.token}.pdf"
    assert kept.read_bytes() == PDF
    assert (kept.stat().st_mode & 0o777, desk.documents.stat().st_mode & 0o777) == (0o600, 0o700)
    assert desk.files() == [kept]


async def test_two_documents_for_one_activity_contradict(db: Any, desk: Desk) -> None:
    for name in ("a.pdf", "b.pdf"):
        (desk.folder / name).write_bytes(PDF)
    report = await desk.apply(
        line(document="a.pdf"), line(child="Muller Nolan", debtor="Muller Paul", document="b.pdf")
    )
    assert faults_of(report) == [(3, "Document", "other_document")]


def _outside(folder: Path) -> str:
    (folder.parent / "secret.pdf").write_bytes(PDF)
    return "../secret.pdf"


def _absolute(folder: Path) -> str:
    (folder / "a.pdf").write_bytes(PDF)
    return str(folder / "a.pdf")


def _link(folder: Path) -> str:
    (folder.parent / "linked.pdf").write_bytes(PDF)
    (folder / "link.pdf").symlink_to(folder.parent / "linked.pdf")
    return "link.pdf"


def _pipe(folder: Path) -> str:
    os.mkfifo(folder / "pipe.pdf")
    return "pipe.pdf"


def _page(folder: Path) -> str:
    (folder / "page.pdf").write_bytes(b"<html>")
    return "page.pdf"


def _large(folder: Path) -> str:
    with (folder / "large.pdf").open("wb") as file:
        file.write(PDF)
        file.truncate(documents.MOST_BYTES + 1)
    return "large.pdf"


BAD_DOCUMENTS: list[tuple[Callable[[Path], str], str]] = [
    (_outside, "document_missing"),
    (_absolute, "document_missing"),
    (_link, "document_missing"),
    (_pipe, "document_missing"),
    (lambda _: "..", "document_missing"),
    (lambda _: "..\\secret.pdf", "document_missing"),
    (lambda _: "x" * 300, "document_missing"),
    (_page, "document_not_pdf"),
    (_large, "document_too_large"),
]


async def test_only_a_pdf_beside_the_list_is_taken(db: Any, tmp_path: Path, subtests: pytest.Subtests) -> None:
    for number, (make, reason) in enumerate(BAD_DOCUMENTS):
        desk = Desk(tmp_path / f"{number}" / "desk")
        desk.folder.mkdir(parents=True)
        name = make(desk.folder)
        with subtests.test(document=name):
            report = await desk.apply(line(document=name))
            assert faults_of(report) == [(2, "Document", reason)]
            assert await Document.all().count() == 0


async def test_a_price_set_here_meanwhile_is_the_lists_again(db: Any, desk: Desk) -> None:
    await desk.apply(line())
    await set_amount((await Invitation.get()).id, 900)
    assert (await desk.apply(line())).changes == Changes(prices=1)
    assert (await the_invitation()).amount_cents == 500


async def test_who_has_an_address_hears_of_what_waits_and_of_nothing_else(db: Any, desk: Desk) -> None:
    await desk.apply(PAID)
    assert await MailMessage.all().count() == 0, "an account just brought over has no address"
    await Account.all().update(email="jacqueline@example.be")

    await desk.apply(PAID, line(due="25/06/2024"), DECLINED)

    waiting = await Invitation.get(status="open")
    (mail,) = await MailMessage.all()
    assert (mail.kind, mail.address) == ("invitations", "jacqueline@example.be")
    assert json.loads(mail.facts) == {"invitations": [waiting.id]}
    await desk.apply(PAID, line(due="25/06/2024"), DECLINED)
    assert await MailMessage.all().count() == 1, "the same list again tells nobody"
