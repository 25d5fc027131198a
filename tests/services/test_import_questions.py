"""What a list cannot say, and a person is asked: the same one, or another? Nothing is doubled or merged meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine

from creos_ui import clock, live
from creos_ui.services.former_system.questions import AnswerUnknown, Decided
from creos_ui.services.former_system.report import Changes, Report
from creos_ui.services.invitations import calendar_feeds
from creos_ui.services.invitations.automatic import set_pays_mandatory
from creos_ui.services.mail.reminders import remind
from creos_ui.services.preview import ChangedMeanwhile
from models import Account, Activity, Guardian, Guardianship, Invitation, MailMessage, Pupil
from tests.school import School, add_guardian
from tests.services.desk import Desk, books_hold, everything, faults_of, line


def same(report: Report) -> Decided:
    """All that was asked is the same one."""
    return Decided(same=frozenset(question.key for question in report.questions))


def other(report: Report) -> Decided:
    """All that was asked is another one."""
    return Decided(other=frozenset(question.key for question in report.questions))


async def asked(desk: Desk, *lines: str) -> Report:
    """The list is refused by its questions alone, and nothing is written."""
    before = await everything()
    report = await desk.apply(*lines)
    assert report.questions
    assert report.bad_rows == []
    assert not report.applied
    assert await everything() == before
    return report


async def due(*, child: str | None = None) -> list[tuple[str, str, int]]:
    """What is here: child, debtor and amount of each invitation."""
    assert await books_hold()
    found = Invitation.filter(pupil__name_key=child) if child else Invitation.all()
    return [
        (one.pupil.name, one.debtor.name, one.amount_cents)
        for one in await found.select_related("pupil", "debtor").order_by("id")
    ]


@pytest.fixture
def june_2024() -> Iterator[None]:
    """When the lists are new: what was due over a year ago is paid by nothing."""
    with time_machine.travel(datetime(2024, 6, 10, 9, tzinfo=UTC), tick=True):
        yield


# an activity moved or renamed


def own(**cells: str) -> str:
    return line(child="Peeters Lou", debtor="Peeters Nora", mandatory="oui", **cells)


async def test_a_moved_mandatory_activity_is_not_paid_a_second_time(
    june_2024: None, school: School, desk: Desk
) -> None:
    await set_pays_mandatory(school.nora.id, True)
    await desk.apply(own())
    assert await school.balance_cents(school.nora) == 1_500

    report = await asked(desk, own(due="26/06/2024"))
    assert faults_of(report) == [(2, "Échéance", "moved")]
    values = report.questions[0].values
    assert (values["title"], values["due"], values["new_title"], values["new_due"]) == (
        "Musée du jouet",
        date(2024, 6, 24),
        "Musée du jouet",
        date(2024, 6, 26),
    )
    assert await school.balance_cents(school.nora) == 1_500

    done = await desk.apply(own(due="26/06/2024"), decided=same(report))
    assert (done.applied, done.changes) == (True, Changes(moved=1))
    activity, invitation = await Activity.get(), await Invitation.get()
    assert (activity.due_on, invitation.status, invitation.answer_no) == (date(2024, 6, 26), "paid", 1)
    assert await school.balance_cents(school.nora) == 1_500
    again = await desk.apply(own(due="26/06/2024"))
    assert (again.applied, again.faults, again.answered_here) == (False, [], 1)


async def test_another_activity_is_another_once_a_person_says_so(june_2024: None, school: School, desk: Desk) -> None:
    await set_pays_mandatory(school.nora.id, True)
    await desk.apply(own())
    report = await asked(desk, own(due="26/06/2024"))
    done = await desk.apply(own(due="26/06/2024"), decided=other(report))
    assert done.changes == Changes(activities=1, invitations=1)
    assert await school.balance_cents(school.nora) == 1_000
    again = await desk.apply(own(due="26/06/2024"))
    assert (again.faults, again.changes) == ([], Changes())


SUSPECTED: list[tuple[str, list[dict[str, str]], list[dict[str, str]], str]] = [
    ("it begins two days later", [{}], [{"starts": "21/06/2024"}], "Date de début"),
    ("both days moved", [{}], [{"starts": "17/06/2024", "due": "20/06/2024"}], "Date de début"),
    ("the title is corrected", [{}], [{"title": "Musée des jouets"}], "Description de l'invitation à payer"),
    ("another title, same price", [{}], [{"title": "Planétarium"}], "Description de l'invitation à payer"),
    ("title and price corrected", [{}], [{"title": "Musée des jouets", "amount": "6,00"}], "Description"),
    (
        "another due day, and the title completed",
        [{}],
        [{"title": "Musée du jouet (Malines)", "due": "26/06/2024"}],
        "Description",
    ),
    (
        "another day and price, title completed",
        [{}],
        [{"title": "Musée du jouet 2", "starts": "21/06/2024", "amount": "6"}],
        "Description",
    ),
    ("both days as before, the rest is new", [{}], [{"title": "Excursion à Malines", "amount": "6,00"}], "Description"),
    (
        "put off for two weeks, the first of its list",
        [{"starts": "04/01/2024"}, {"title": "Cinéma", "starts": "20/01/2024"}],
        [{"starts": "18/01/2024"}, {"title": "Cinéma", "starts": "20/01/2024"}],
        "Date de début",
    ),
    (
        "the first day of a series",
        [{"starts": "03/06/2024"}, {"starts": "10/06/2024"}, {"starts": "17/06/2024"}],
        [{"starts": "05/06/2024"}, {"starts": "10/06/2024"}, {"starts": "17/06/2024"}],
        "Date de début",
    ),
    (
        "the last day of a series",
        [{"starts": "03/06/2024"}, {"starts": "10/06/2024"}, {"starts": "17/06/2024"}],
        [{"starts": "03/06/2024"}, {"starts": "10/06/2024"}, {"starts": "19/06/2024"}],
        "Date de début",
    ),
    (
        "far away, but within the days of the list",
        [{}],
        [{"title": "Cross", "starts": "03/06/2024"}, {"starts": "29/11/2024", "due": "29/11/2024"}],
        "Date de début",
    ),
    (
        "one day of a series, within the days of the list",
        [{"starts": "03/06/2024"}, {"starts": "10/06/2024"}, {"starts": "17/06/2024"}],
        [{"starts": "03/06/2024"}, {"starts": "12/06/2024"}, {"starts": "17/06/2024"}],
        "Date de début",
    ),
]


async def test_what_may_have_moved_or_been_renamed_is_asked_about(
    db: Any, desk: Desk, subtests: pytest.Subtests
) -> None:
    for number, (what, here, then, column) in enumerate(SUSPECTED):
        with subtests.test(what):
            before, after = ([_of_family(number, cells) for cells in rows] for rows in (here, then))
            assert (await desk.apply(*before)).applied
            report = await asked(desk, *after)
            assert [(question.column[:11], question.text_key) for question in report.questions] == [
                (column[:11], "import.moved")
            ]
            assert (await desk.apply(*after, decided=same(report))).applied
            assert len(await due(child=f"muller camille{number}")) == max(len(here), len(then))


def _of_family(number: int, cells: dict[str, str]) -> str:
    """A row of a child of its own, to activities of its own."""
    title = f"{cells.get('title', 'Musée du jouet')} {number}"
    return line(child=f"Muller Camille{number}", debtor=f"Dubois Anne{number}", **{**cells, "title": title})


UNSUSPECTED = [
    ("swimming every week", ["03/06/2024", "10/06/2024"], ["17/06/2024", "24/06/2024"]),
    ("both days stand in the list", ["03/06/2024"], ["03/06/2024", "05/06/2024"]),
    ("twice a week, the next month", ["24/06/2024", "27/06/2024"], ["01/07/2024", "04/07/2024"]),
    ("every day, then one more", ["03/06/2024", "04/06/2024", "05/06/2024"], ["06/06/2024"]),
    ("another month", ["03/06/2024"], ["03/07/2024"]),
    ("a list that begins earlier", ["03/06/2024", "06/06/2024"], ["27/05/2024", "30/05/2024"]),
    (
        "swimming every week, the answered ones left out, an old row of another title kept",
        ["01/12/2024 Repas", "07/12/2024", "14/12/2024", "21/12/2024"],
        ["01/12/2024 Repas", "21/12/2024", "04/01/2025", "11/01/2025"],
    ),
    (
        "a meal every day, the answered ones left out, an old row of another title kept",
        ["01/12/2024 Musée", *[f"{day:02}/12/2024" for day in range(2, 7)]],
        ["01/12/2024 Musée", *[f"{day:02}/12/2024" for day in range(5, 14)]],
    ),
]


def _titled(days: list[str]) -> list[tuple[str, str]]:
    """« 01/12/2024 Repas », or swimming."""
    return [(title or "Piscine", day) for day, _, title in (one.partition(" ") for one in days)]


async def test_what_comes_again_is_not_asked_about(db: Any, desk: Desk, subtests: pytest.Subtests) -> None:
    for number, (what, here, then) in enumerate(UNSUSPECTED):
        with subtests.test(what):
            before, after = (
                [_of_family(number, {"title": title, "starts": day, "due": day}) for title, day in _titled(days)]
                for days in (here, then)
            )
            assert (await desk.apply(*before)).applied
            report = await desk.apply(*after)
            assert (report.applied, report.faults) == (True, [])
            assert len(await due(child=f"muller camille{number}")) == len({*here, *then})


async def test_other_children_and_other_activities_are_not_asked_about(db: Any, desk: Desk) -> None:
    await desk.apply(line())
    report = await desk.apply(
        line(title="Cross", starts="20/06/2024"), line(child="Lambert Zoé", debtor="Lambert Luc", due="26/06/2024")
    )
    assert (report.faults, report.changes.invitations) == ([], 2)


async def test_one_question_for_all_children_and_a_moved_one_takes_all_of_them_along(db: Any, desk: Desk) -> None:
    families = [{"child": f"Muller Enfant{n}", "debtor": f"Muller Parent{n}"} for n in range(4)]
    await desk.apply(*(line(**family) for family in families))
    moved = [line(**family, starts="20/06/2024", title="Musée des jouets") for family in families[:3]]
    report = await asked(desk, *(one.replace("Musée des jouets", "Musée du jouet") for one in moved))
    assert faults_of(report) == [(2, "Date de début", "moved")]
    done = await desk.apply(*(one.replace("Musée des jouets", "Musée du jouet") for one in moved), decided=same(report))
    assert done.changes == Changes(moved=1)
    assert (await Activity.get()).starts_on == date(2024, 6, 20)
    assert len(await due()) == 4


async def test_an_activity_that_joins_one_known_here_is_not_asked_for_twice(db: Any, desk: Desk) -> None:
    """The third year goes with the fourth: its own day is gone, the other one is here already."""
    await desk.apply(line(), line(child="Lambert Zoé", debtor="Lambert Luc", starts="21/06/2024"))
    together = [line(starts="21/06/2024"), line(child="Lambert Zoé", debtor="Lambert Luc", starts="21/06/2024")]
    report = await asked(desk, *together)
    assert faults_of(report) == [(2, "Date de début", "joined")]
    left = await desk.apply(*together, decided=same(report))
    assert (left.unchanged, left.changes, len(await due())) == (2, Changes(), 2)


async def test_of_two_activities_that_became_one_each_child_can_be_invited_to_both(db: Any, desk: Desk) -> None:
    await desk.apply(line(), line(child="Lambert Zoé", debtor="Lambert Luc", starts="21/06/2024"))
    together = [line(starts="21/06/2024"), line(child="Lambert Zoé", debtor="Lambert Luc", starts="21/06/2024")]
    done = await desk.apply(*together, decided=other(await asked(desk, *together)))
    assert (done.changes, len(await due())) == (Changes(invitations=1), 3)


STAYS = {"child": "Muller Camille", "debtor": "Dubois Jacqueline", "mandatory": "oui"}


@pytest.mark.parametrize("cells", [{"starts": "21/06/2024", "due": "26/06/2024"}, {"due": "08/07/2024"}])
async def test_what_moves_for_some_children_is_due_once(
    june_2024: None, school: School, desk: Desk, cells: dict[str, str]
) -> None:
    """The activity stays where it is for the others: the list's answer and price reach the invitation known here."""
    await set_pays_mandatory(school.nora.id, True)
    await desk.apply(own(), line(**STAYS))
    assert await school.balance_cents(school.nora) == 1_500
    report = await asked(desk, own(**cells), line(**STAYS))
    assert [question.text_key for question in report.questions] == ["import.joined"]
    done = await desk.apply(own(**cells), line(**STAYS), decided=same(report))
    assert (done.changes, done.answered_here) == (Changes(), 1)
    assert await school.balance_cents(school.nora) == 1_500
    assert await Activity.all().count() == 1
    assert len(await due()) == 2


FORMER = [
    # it became another day's, for all
    ([own(), line(**STAYS, starts="20/06/2024")], {"starts": "20/06/2024"}, [line(**STAYS, starts="20/06/2024")]),
    # for some
    ([own(), line(**STAYS)], {"starts": "20/06/2024"}, [line(**STAYS)]),
    # another parent owes it
    ([own()], {"debtor": "Janssens Els"}, []),
    # both
    ([own(), line(**STAYS)], {"starts": "20/06/2024", "debtor": "Janssens Els"}, [line(**STAYS)]),
]


@pytest.mark.parametrize(("here", "cells", "others"), FORMER)
async def test_what_is_the_same_and_was_paid_in_the_former_system_is_paid_here_once(
    june_2024: None, school: School, desk: Desk, here: list[str], cells: dict[str, str], others: list[str]
) -> None:
    await desk.settle(*here)
    new = {"child": "Peeters Lou", "debtor": "Peeters Nora", "mandatory": "oui", "amount": "6,00"}
    done = await desk.settle(line(**{**new, "paid": "09/06/2024", **cells}), *others)
    assert (done.changes.paid, done.changes.prices, done.changes.invitations) == (1, 1, 0)
    one = await Invitation.get(pupil__name_key="peeters lou").select_related("debtor")
    assert (one.status, one.amount_cents, one.debtor.name) == ("paid", 600, "Peeters Nora")
    await set_pays_mandatory(school.nora.id, True)
    assert await school.balance_cents(school.nora) == 2_000
    assert await books_hold()


async def test_an_invitation_is_one_row_of_the_list_and_no_more(db: Any, desk: Desk) -> None:
    """Paid by two others in the former system: one of the two is the one known here."""
    here = [line(), line(debtor="Muller Paul", title="Judo"), line(debtor="Peeters Luc", title="Yoga")]
    await desk.settle(*here)
    two = [line(debtor=name, paid="09/06/2024") for name in ("Muller Paul", "Peeters Luc")]
    done = await desk.settle(*two, *here[1:])
    assert (done.changes.paid, done.changes.invitations) == (2, 1)
    assert await books_hold()


async def test_the_answer_belongs_to_the_preview(db: Any, desk: Desk) -> None:
    await desk.apply(line())
    report = await asked(desk, line(due="26/06/2024"))
    seen = await desk.preview(line(due="26/06/2024"), decided=same(report))
    for decided in (Decided(), other(report)):
        with pytest.raises(ChangedMeanwhile):
            await desk.apply_seen(seen, decided)
    await Activity.all().update(title="Musée du jouet ancien", title_key="musee du jouet ancien")
    with pytest.raises(ChangedMeanwhile):
        await desk.apply_seen(seen, same(report))
    assert await Activity.all().count() == 1


async def test_an_answer_reaches_no_other_question(db: Any, desk: Desk) -> None:
    """The list was edited after the question: the same key answers nothing in it."""
    await desk.apply(line())
    first = await asked(desk, line(due="26/06/2024"))
    before = await everything()
    with pytest.raises(AnswerUnknown):
        await desk.apply(line(due="27/06/2024"), decided=same(first))
    assert await everything() == before
    edited = await asked(desk, line(due="27/06/2024"))
    assert [question.key for question in edited.questions] != [question.key for question in first.questions]


async def test_calendars_reminders_and_open_pages_follow_a_moved_activity(school: School, desk: Desk) -> None:
    today = clock.today()
    await Account.create(identifier="peeters.nora", guardian_id=school.nora.id, email="nora@example.org")
    await Guardianship.create(guardian_id=school.omar.id, pupil_id=school.lou.id)

    def on(days: int) -> str:
        day = f"{today + timedelta(days=days):%d/%m/%Y}"
        return own(starts=day, due=day, amount="25,00 €")

    await desk.apply(on(7))
    entries = await calendar_feeds.feed_entries(school.nora.id)
    await remind(today)
    await Invitation.all().update(reminded_at=clock.now())
    tag = calendar_feeds.tag_of(entries, "", "fr")
    changed: list[str] = []
    ends = [live.subscribe(one.id, partial(changed.append, one.name)) for one in (school.nora, school.omar)]

    report = await desk.preview(on(9))
    await desk.apply(on(9), decided=same(report))
    for end in ends:
        end()

    assert sorted(changed) == ["Haddad Omar", "Peeters Nora"]
    moved = await calendar_feeds.feed_entries(school.nora.id)
    assert [(one.activity_id, one.kind) for one in moved] == [(one.activity_id, one.kind) for one in entries]
    assert {one.on for one in moved} == {today + timedelta(days=9)}
    assert calendar_feeds.tag_of(moved, "", "fr") != tag
    before = await MailMessage.filter(kind="reminder").count()
    await remind(today)
    assert await MailMessage.filter(kind="reminder").count() == before
    await Invitation.all().update(reminded_at=clock.now() - timedelta(days=3))
    await remind(today + timedelta(days=2))  # the term of the new day
    assert await MailMessage.filter(kind="reminder").count() == before + 1


# another debtor for the same invitation


async def test_a_changed_debtor_leaves_one_invitation_due_until_a_person_says_both(db: Any, desk: Desk) -> None:
    here = [line(mandatory="oui"), line(title="Judo", debtor="Muller Paul", due="25/06/2024")]
    await desk.apply(*here, decided=same(await asked(desk, *here)))
    report = await asked(desk, line(mandatory="oui", debtor="Muller Paul"))
    assert faults_of(report) == [(2, "Débiteur", "other_debtor")]
    values = report.questions[0].values
    assert (values["former"], values["name"]) == ("Dubois Jacqueline", "Muller Paul")

    done = await desk.apply(line(mandatory="oui", debtor="Muller Paul"), decided=other(report))
    assert done.changes == Changes(invitations=1)
    assert [debtor for _, debtor, _ in await due()] == ["Dubois Jacqueline", "Muller Paul", "Muller Paul"]
    again = await desk.apply(line(mandatory="oui", debtor="Muller Paul"))
    assert (again.faults, again.unchanged) == ([], 1)


async def test_the_debtor_is_asked_about_for_each_invitation(db: Any, desk: Desk) -> None:
    """What was said of the museum says nothing of the swimming that comes later."""
    here = [line(), line(title="Piscine", starts="26/06/2024", amount="7,00 €")]
    judo = line(title="Judo", debtor="Muller Paul", starts="01/09/2024")
    await desk.settle(*here, judo)
    paul = [one.replace("Dubois Jacqueline", "Muller Paul") for one in here]
    report = await asked(desk, *paul)
    shown = [question.values for question in report.questions]
    assert [(one["title"], one["starts"], one["amount_cents"]) for one in shown] == [
        ("Musée du jouet", date(2024, 6, 19), 500),
        ("Piscine", date(2024, 6, 26), 700),
    ]
    keys = [question.key for question in report.questions]
    half = await desk.preview(*paul, decided=Decided(same=frozenset(keys[:1])))
    assert [question.key for question in half.questions] == keys[1:]
    done = await desk.apply(*paul, decided=Decided(frozenset(keys[:1]), frozenset(keys[1:])))
    assert (done.changes, done.unchanged) == (Changes(invitations=1), 1)


async def test_two_answers_with_one_effect_are_two_previews(db: Any, desk: Desk) -> None:
    """Nothing is written for the one or the other: what the person said still belongs to the preview."""
    here = [line(), line(debtor="Muller Paul"), line(title="Judo", debtor="Peeters Luc", starts="25/06/2024")]
    await desk.settle(*here)
    changed = line(debtor="Peeters Luc")
    keys = [question.key for question in (await asked(desk, changed)).questions]
    seen = [await desk.preview(changed, decided=Decided(same=frozenset({key}))) for key in keys]
    assert [(one.changes, one.unchanged) for one in seen] == [(Changes(), 1), (Changes(), 1)]
    assert seen[0].fingerprint != seen[1].fingerprint


@pytest.mark.parametrize(("here", "listed"), [("non", "oui"), ("oui", "non")])
async def test_another_rule_than_the_one_here_is_asked_about(db: Any, desk: Desk, here: str, listed: str) -> None:
    await desk.apply(line(mandatory=here), line(child="Lambert Zoé", debtor="Lambert Luc", mandatory=here))
    changed = [
        line(mandatory=listed, paid="09/06/2024"),
        line(child="Lambert Zoé", debtor="Lambert Luc", mandatory=listed),
    ]
    report = await asked(desk, *changed)
    assert [(question.line, question.column) for question in report.questions] == [(2, "Obligatoire")]
    done = await desk.apply(*changed, decided=same(report))
    assert (done.changes, done.unchanged) == (Changes(paid=1), 1)
    assert [one.mandatory for one in await Activity.all()] == [here == "oui"]
    assert await books_hold()


async def test_two_households_that_each_pay_a_part_are_not_asked_about(db: Any, desk: Desk) -> None:
    part = [line(amount="2,50 €"), line(amount="2,50 €", debtor="Muller Paul")]
    first = await asked(desk, *part)
    assert faults_of(first) == [(3, "Bénéficiaire", "child")]
    assert (await desk.apply(part[0])).applied
    second = await asked(desk, *part)
    assert faults_of(second) == [(3, "Bénéficiaire", "child")]
    done = await desk.apply(*part, decided=same(second))
    assert (done.applied, done.faults) == (True, [])
    assert await due() == [
        ("Muller Camille", "Dubois Jacqueline", 250),
        ("Muller Camille", "Muller Paul", 250),
    ]
    again = await desk.apply(*part)
    assert (again.faults, again.unchanged) == ([], 2)


# children and debtors of one name


EMMA_OF_ANNE = {"child": "Dupont Emma", "debtor": "Dupont Anne"}
EMMA_OF_LUC = {"child": "Dupont Emma", "debtor": "Peeters Luc"}


async def _children() -> dict[str, list[str]]:
    """The guardians of each pupil, by name and order of arrival."""
    found: dict[str, list[str]] = {}
    for pupil in await Pupil.all().order_by("id"):
        guardians = Guardian.filter(guardianships__pupil_id=pupil.id).order_by("name_key")
        found[f"{pupil.name} {len(found)}"] = [guardian.name for guardian in await guardians]
    return found


@pytest.mark.parametrize("identifier", ["", "peeters.luc"])
@pytest.mark.parametrize("known", [True, False], ids=["known here", "in one list"])
async def test_two_children_of_one_name_are_one_pupil_only_if_a_person_says_so(
    db: Any, desk: Desk, known: bool, identifier: str
) -> None:
    lines = [line(**EMMA_OF_ANNE), line(**EMMA_OF_LUC, title="Cross", due="25/06/2024", identifier=identifier)]
    if known:
        await desk.apply(lines[0])
    report = await asked(desk, *lines)
    assert [question.text_key for question in report.questions] == ["import.child"]

    assert (await desk.apply(*lines, decided=other(report))).applied
    assert sorted(map(tuple, (await _children()).values())) == [("Dupont Anne",), ("Peeters Luc",)]
    for later in ([], [line(**EMMA_OF_LUC, title="Judo", due="26/06/2024"), line(**EMMA_OF_ANNE, title="Yoga")]):
        again = await desk.apply(*lines, *later)
        assert again.faults == []
        assert (again.changes.pupils, again.changes.guardianships) == (0, 0)


async def test_one_child_of_two_households_stays_one(db: Any, desk: Desk) -> None:
    lines = [line(**EMMA_OF_ANNE), line(**EMMA_OF_LUC, title="Cross", due="25/06/2024")]
    report = await asked(desk, *lines)
    assert (await desk.apply(*lines, decided=same(report))).applied
    assert await _children() == {"Dupont Emma 0": ["Dupont Anne", "Peeters Luc"]}
    again = await desk.apply(*lines, line(**EMMA_OF_LUC, title="Judo", due="26/06/2024"))
    assert (again.faults, again.changes) == ([], Changes(activities=1, invitations=1))


NOAH_OF_ANNE = {"child": "Lambert Noah", "debtor": "Dupont Anne"}


@pytest.mark.parametrize("known", [True, False], ids=["known here", "in one list"])
@pytest.mark.parametrize("one", [True, False], ids=["one person", "two people"])
async def test_two_debtors_of_one_name_share_a_wallet_only_if_a_person_says_so(
    db: Any, desk: Desk, known: bool, one: bool
) -> None:
    lines = [line(**EMMA_OF_ANNE), line(**NOAH_OF_ANNE, title="Cross", due="25/06/2024")]
    if known:
        await desk.apply(lines[0])
    report = await asked(desk, *lines)
    assert [(question.text_key, question.values["children"]) for question in report.questions] == [
        ("import.debtor", "Dupont Emma")
    ]
    assert (await desk.apply(*lines, decided=(same if one else other)(report))).applied
    anne = [account.identifier for account in await Account.all().order_by("id")]
    assert anne == (["dupont.anne"] if one else ["dupont.anne", "dupont.anne2"])
    later = [line(**NOAH_OF_ANNE, title="Judo", due="26/06/2024"), line(**EMMA_OF_ANNE, title="Yoga", due="27/06/2024")]
    again = await desk.apply(*lines, *later)
    assert (again.faults, again.changes) == ([], Changes(activities=2, invitations=2))
    by = {i.activity.title: i.debtor_id for i in await Invitation.all().select_related("activity")}
    assert by["Judo"] == by["Cross"]
    assert by["Yoga"] == by["Musée du jouet"]
    assert (by["Judo"] == by["Yoga"]) is one


PEETERS_JAN = [
    line(child=child, debtor="Peeters Jan") for child in ("Peeters Tom", "Peeters Zoé", "Peeters Léa", "Lambert Luc")
]


async def test_debtors_of_one_name_in_one_list_are_as_many_as_a_person_says(db: Any, desk: Desk) -> None:
    """Brothers and sisters too: two families of one name in one school are no rare thing."""
    report = await asked(desk, *PEETERS_JAN)
    assert faults_of(report) == [(number, "Débiteur", "debtor") for number in (3, 4, 5)]
    tom_and_zoe = await asked_on(desk, *PEETERS_JAN, decided=Decided(frozenset({report.questions[0].key})))
    assert len(tom_and_zoe.questions) == 2
    decided = Decided(
        frozenset({report.questions[0].key}), frozenset(question.key for question in tom_and_zoe.questions)
    )
    second = await asked_on(desk, *PEETERS_JAN, decided=decided)
    assert [(one.line, one.values["children"]) for one in second.questions] == [(5, "Peeters Léa")]
    done = await desk.apply(
        *PEETERS_JAN, decided=Decided(decided.same, decided.other | {one.key for one in second.questions})
    )
    assert (done.faults, done.changes.guardians, done.changes.pupils) == ([], 3, 4)
    assert (await desk.apply(*PEETERS_JAN)).unchanged == 4


async def asked_on(desk: Desk, *lines: str, decided: Decided) -> Report:
    report = await desk.preview(*lines, decided=decided)
    assert report.questions
    return report


# answers


async def test_many_questions_of_one_kind_are_answered_by_one_key(db: Any, desk: Desk) -> None:
    report = await asked(desk, *PEETERS_JAN)
    (together,) = report.together
    assert (together.text_key, together.questions) == ("import.debtor", report.questions)
    one = await desk.preview(*PEETERS_JAN, decided=Decided(frozenset({together.key})))
    assert (one.faults, one.changes.guardians) == ([], 1)
    # the key of a single question goes before that of all
    but_one = Decided(frozenset({together.key}), frozenset({report.questions[1].key}))
    two = await desk.preview(*PEETERS_JAN, decided=but_one)
    assert (two.faults, two.changes.guardians) == ([], 2)
    assert (await desk.apply(*PEETERS_JAN, decided=but_one)).applied
    again = await desk.apply(*PEETERS_JAN, decided=but_one)  # the same command once more
    assert (again.faults, again.applied) == ([], False)
    # it stands for these questions, not for one more
    with pytest.raises(AnswerUnknown):
        await desk.preview(line(child="Muller Ida", debtor="Peeters Jan"), decided=Decided(frozenset({"00000000"})))


async def test_each_answer_may_bring_the_next_question_and_its_key(db: Any, desk: Desk) -> None:
    """Two parents known under one name: whoever is not the first may be the second."""
    await desk.apply(*PEETERS_JAN[:2], decided=other(await asked(desk, *PEETERS_JAN[:2])))
    new = [*PEETERS_JAN[2:], line(child="Haddad Mia", debtor="Peeters Jan")]
    first = (await asked(desk, *new)).together[0]
    others = Decided(other=frozenset({first.key}))
    second = (await asked_on(desk, *new, decided=others)).together[0]
    done = await desk.apply(*new, decided=Decided(frozenset({second.key}), others.other))
    assert (done.faults, done.changes.guardians, done.changes.pupils) == ([], 1, 3)


async def test_one_row_is_not_two_people(db: Any, desk: Desk) -> None:
    """« The same » to all, where the row may mean either of two: nobody is chosen for them."""
    await desk.apply(*PEETERS_JAN[:2], decided=other(await asked(desk, *PEETERS_JAN[:2])))
    report = await asked(desk, PEETERS_JAN[3])
    both = await desk.apply(PEETERS_JAN[3], decided=Decided(frozenset({report.together[0].key})))
    assert (both.questions, both.applied) == (report.questions, False)
    tom, zoe = (question.key for question in report.questions)
    done = await desk.apply(PEETERS_JAN[3], decided=Decided(frozenset({zoe}), frozenset({tom})))
    assert (done.faults, done.changes.guardians, done.changes.pupils) == ([], 0, 1)


@pytest.mark.parametrize("key", ["deadbeef", "DEADBEEF", ""])
async def test_a_key_that_no_question_has_is_refused(db: Any, desk: Desk, key: str) -> None:
    await desk.apply(line())
    before = await everything()
    with pytest.raises(AnswerUnknown) as refusal:
        await desk.apply(line(), line(title="Cross", starts="20/06/2024"), decided=Decided(other=frozenset({key})))
    assert refusal.value.values == {"keys": key}
    assert await everything() == before


REMEMBERED: list[tuple[list[str], list[str]]] = [
    ([line()], [line(debtor="Muller Paul", amount="6,00")]),
    (
        [line(), line(child="Lambert Zoé", debtor="Lambert Luc")],
        [line(starts="21/06/2024", amount="6,00"), line(child="Lambert Zoé", debtor="Lambert Luc")],
    ),
    ([line()], [line(mandatory="oui")]),
]


@pytest.mark.parametrize(("here", "then"), REMEMBERED)
async def test_what_was_answered_once_is_not_asked_again(db: Any, desk: Desk, here: list[str], then: list[str]) -> None:
    await desk.apply(*here)
    given = await desk.settle(*then)
    assert given.changes.invitations == 0
    before = await everything()
    again = await desk.apply(*then)
    assert (again.faults, again.changes, await everything()) == ([], Changes(), before)
    # in a newer list too, where there is more and the price has changed
    more = await desk.apply(*[one.replace("6,00", "7,00") for one in then], line(title="Judo", starts="01/03/2024"))
    assert (more.faults, more.changes.invitations) == ([], 1)


async def test_an_answer_remembered_gives_way_to_a_new_one(db: Any, desk: Desk) -> None:
    await desk.apply(line())
    changed = [line(debtor="Muller Paul"), line(title="Judo", debtor="Muller Paul", starts="01/03/2024")]
    last = (await desk.preview(*changed)).questions
    child = Decided(frozenset(question.key for question in last))
    report = await asked_on(desk, *changed, decided=child)
    keys = frozenset(question.key for question in report.questions)
    await desk.apply(*changed, decided=Decided(child.same | keys))
    assert len(await due()) == 2
    done = await desk.apply(*changed, decided=Decided(other=keys))
    assert (done.faults, done.changes) == ([], Changes(invitations=1))
    assert len(await due()) == 3


async def test_a_brother_who_comes_later_is_asked_about(db: Any, desk: Desk) -> None:
    """Whoever bears the name by then has a wallet and messages that another family must not see."""
    await desk.apply(line(**EMMA_OF_ANNE))
    brother = line(child="Dupont Noah", debtor="Dupont Anne")
    report = await asked(desk, brother)
    assert faults_of(report) == [(2, "Débiteur", "debtor")]
    she = same(report)
    spelled = await asked_on(desk, brother, decided=she)  # or is it Emma, whom the list does not name?
    done = await desk.apply(brother, decided=Decided(she.same, other(spelled).other))
    assert done.changes == Changes(pupils=1, guardianships=1, invitations=1)
    assert (await desk.apply(brother)).unchanged == 1


async def test_who_never_had_an_identifier_is_recognised_by_the_child_alone(school: School, desk: Desk) -> None:
    await add_guardian("Lambert", "Luc")
    known = line(child="Peeters Lou", debtor="Peeters Nora", identifier="peeters.nora")
    report = await asked(desk, known, line(child="Lambert Zoé", debtor="Lambert Luc", identifier="lambert.luc"))
    assert faults_of(report) == [(3, "Débiteur", "debtor")]
    done = await desk.apply(known)
    assert done.changes == Changes(accounts=1, activities=1, invitations=1)
    assert (await Account.get()).guardian_id == school.nora.id


# who has changed since


ANNE = {"child": "Dupont Emma", "debtor": "Dupont Anne", "mandatory": "oui"}


@pytest.mark.parametrize("password", [None, "hash"], ids=["brought over", "signs in"])
async def test_a_list_with_identifiers_means_the_people_of_the_one_without(
    db: Any, desk: Desk, password: str | None
) -> None:
    await desk.apply(line(**ANNE))
    await Account.all().update(password_hash=password)
    # her other child comes first: it is she all the same
    lines = [line(**{**ANNE, "child": "Dupont Luc"}), line(**ANNE, paid="09/06/2024")]
    lines = [f"{one}adupont" for one in lines]
    report = await asked(desk, *lines)
    assert {question.text_key for question in report.questions} == {"import.new_identifier"}
    assert len(report.questions) == 1
    done = await desk.settle(*lines)
    taken = password is None
    assert done.changes == Changes(pupils=1, guardianships=1, invitations=1, paid=1, identifiers=int(taken))
    assert (await Account.get()).identifier == ("adupont" if taken else "dupont.anne")
    again = await desk.apply(*lines)
    assert (again.faults, again.changes, again.unchanged) == ([], Changes(), 2)
    later = await desk.apply(f"{line(**ANNE, title='Judo', starts='01/03/2024')}adupont")
    assert (later.faults, later.changes.guardians, later.changes.invitations) == ([], 0, 1)


async def test_another_person_of_that_name_and_child_is_another_once_a_person_says_so(db: Any, desk: Desk) -> None:
    await desk.apply(line(**ANNE))
    lines = [line(**ANNE, title="Judo", starts="01/03/2024", identifier="adupont")]
    decided = other(await asked(desk, *lines))
    child = await asked_on(desk, *lines, decided=decided)
    done = await desk.apply(*lines, decided=Decided(same(child).same, decided.other))
    assert (done.faults, done.changes.guardians, done.changes.identifiers) == ([], 1, 0)
    assert [account.identifier for account in await Account.all().order_by("id")] == ["dupont.anne", "adupont"]


@pytest.mark.parametrize("identifier", ["", "adupont"])
async def test_who_has_a_new_name_stays_the_same_person(db: Any, desk: Desk, identifier: str) -> None:
    await desk.apply(line(**ANNE, identifier=identifier))
    married = line(**{**ANNE, "debtor": "Lambert Anne"}, identifier=identifier, paid="09/06/2024")
    report = await asked(desk, married)
    assert [question.text_key for question in report.questions] == ["import.new_name"]
    done = await desk.apply(married, decided=same(report))
    assert done.changes == Changes(names=1, paid=1)
    anne = await Guardian.get()
    assert (anne.last_name, anne.first_name, anne.name_key) == ("Lambert", "Anne", "lambert anne")
    again = await desk.apply(married)
    assert (again.faults, again.changes) == ([], Changes())
    assert await books_hold()


async def test_an_identifier_of_another_person_stays_a_fault(db: Any, desk: Desk) -> None:
    await desk.apply(line(**ANNE, identifier="adupont"))
    married = line(**{**ANNE, "debtor": "Lambert Anne"}, identifier="adupont")
    refused = await desk.apply(married, decided=other(await asked(desk, married)))
    assert faults_of(refused) == [(2, "Identifiant", "identifier_of_other")]
    # a list that knows both names under one identifier contradicts itself
    both = await desk.apply(married, line(**ANNE, title="Judo", starts="01/03/2024", identifier="adupont"))
    assert faults_of(both) == [(2, "Identifiant", "identifier_of_other")]


async def test_a_parent_of_the_same_first_name_may_be_another(db: Any, desk: Desk) -> None:
    await desk.apply(line(**ANNE))
    step = line(**{**ANNE, "debtor": "Lambert Anne"}, title="Judo", starts="01/03/2024")
    decided = other(await asked(desk, step))
    child = await asked_on(desk, step, decided=decided)
    done = await desk.apply(step, decided=Decided(same(child).same, decided.other))
    assert (done.faults, done.changes.guardians, done.changes.names) == ([], 1, 0)
    assert (await desk.apply(step, line(**ANNE))).unchanged == 2


@pytest.mark.parametrize("identifier", ["", "adupont"])
async def test_a_child_spelled_anew_stays_the_same_child(db: Any, desk: Desk, identifier: str) -> None:
    await desk.apply(line(**{**ANNE, "child": "Dupont Ema"}, identifier=identifier))
    lines = [
        line(**ANNE, identifier=identifier),
        line(**ANNE, identifier=identifier, title="Judo", starts="01/03/2024"),
    ]
    done = await desk.settle(*lines)
    assert done.changes == Changes(names=1, activities=1, invitations=1)
    assert [pupil.name_key for pupil in await Pupil.all()] == ["dupont emma"]
    again = await desk.apply(*lines)
    assert (again.faults, again.changes, again.unchanged) == ([], Changes(), 2)


async def test_a_brother_at_the_same_activity_is_another_child_once_a_person_says_so(db: Any, desk: Desk) -> None:
    await desk.apply(line(**ANNE, identifier="adupont"))
    noah = line(**{**ANNE, "child": "Dupont Noah"}, identifier="adupont")
    report = await asked(desk, noah)
    assert [question.text_key for question in report.questions] == ["import.new_spelling"]
    done = await desk.apply(noah, decided=other(report))
    assert done.changes == Changes(pupils=1, guardianships=1, invitations=1)
    # both in the list: nobody is asked
    assert (await desk.apply(noah, line(**ANNE, identifier="adupont"))).unchanged == 2
