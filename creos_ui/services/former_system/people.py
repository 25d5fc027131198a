"""Who is meant in the list: each debtor and child found among those known here, or a newcomer, never both.

A debtor is their identifier where the list has one, else their full name together with the child's: a debtor and a
child who are known as a family are meant, however often each name occurs. Nobody else is merged by name alone: a name
known with other children and a child known with other debtors are asked about, here and in one list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TypeVar

from creos_ui.services.former_system.questions import Question, Questions, question
from creos_ui.services.former_system.rows import Column, Row
from creos_ui.services.money import ledger
from creos_ui.services.people.names import free_identifier, split_name
from creos_ui.tables.cells import Fault
from models import Account, Guardian, Guardianship, Pupil, folded

AT_ONCE = 500  # names or numbers in one question to the database
T = TypeVar("T")


@dataclass(eq=False)
class Debtor:
    """A guardian; `id` None: to be created. `identifier` None: without an account yet. `parent_of`: the children they
    are known by, in words; a newcomer's first one."""

    last_name: str
    first_name: str
    identifier: str | None = None
    id: int | None = None
    has_account: bool = False
    children: list[Child] = field(default_factory=list, repr=False)
    parent_of: str = ""

    @property
    def name(self) -> str:
        return f"{self.last_name} {self.first_name}".strip()

    @property
    def name_key(self) -> str:
        return folded(self.name)


@dataclass(eq=False)
class Child:
    """A pupil; `id` None: to be created. `carers`: the guardians, with those this list adds. `child_of`: those they are
    known by, in words; a newcomer's first one."""

    last_name: str
    first_name: str
    id: int | None = None
    carers: set[Debtor] = field(default_factory=set, repr=False)
    child_of: str = ""

    @property
    def name(self) -> str:
        return f"{self.last_name} {self.first_name}".strip()

    @property
    def name_key(self) -> str:
        return folded(self.name)


@dataclass(frozen=True)
class Namesake:
    """A newcomer who bears the name of somebody known under another identifier: a remark, for a person to judge."""

    line: int
    name: str
    identifier: str
    other: str


Pair = tuple[Debtor, Child]


class People:
    """Those known here whom the list may mean, and those it brings; `new_...` is what would be created."""

    def __init__(self, debtors: Iterable[Debtor], children: Iterable[Child]) -> None:
        self._by_identifier: dict[str, Debtor] = {}
        self._by_name: dict[str, list[Debtor]] = defaultdict(list)
        self._children: dict[str, list[Child]] = defaultdict(list)
        for debtor in debtors:
            self._by_name[debtor.name_key].append(debtor)
            if debtor.identifier:
                self._by_identifier[debtor.identifier] = debtor
        for child in children:
            self._children[child.name_key].append(child)
        self.new_debtors: list[Debtor] = []
        self.new_accounts: list[Debtor] = []
        self.new_children: list[Child] = []
        self.new_carers: list[Pair] = []
        self.namesakes: list[Namesake] = []

    def pairs_of(self, all_rows: Sequence[Row], questions: Questions) -> dict[int, Pair | Fault]:
        """The debtor and the child of each row, by line; the child is in the debtor's care from now on.

        Rows with an identifier first: a name alone may then mean them.
        """
        found: dict[int, Pair | Fault] = {}
        met: dict[tuple[str | None, str, str], Pair | Fault] = {}
        for row in sorted(all_rows, key=lambda row: row.identifier is None):
            who = (row.identifier, row.debtor_key, row.pupil_key)
            if who not in met:
                met[who] = self._pair(row, questions)
            pair = met[who]
            found[row.line] = replace(pair, line=row.line) if isinstance(pair, Fault) else pair
        return found

    async def open_accounts(self, pairs: Iterable[Pair | Fault]) -> None:
        """Plan an account for each debtor who has none, under an identifier that nobody has."""
        debtors = dict.fromkeys(pair[0] for pair in pairs if not isinstance(pair, Fault))
        self.new_accounts = [debtor for debtor in debtors if not debtor.has_account]
        taken = set(self._by_identifier)
        nameless = [debtor for debtor in self.new_accounts if not debtor.identifier]
        while nameless:
            used: list[Debtor] = []
            for some in in_parts(nameless):
                for debtor in some:
                    debtor.identifier = free_identifier(debtor.last_name, debtor.first_name, taken)
                    taken.add(debtor.identifier)
                named = Account.filter(identifier__in=[debtor.identifier for debtor in some])
                known = {row["identifier"] for row in await named.values("identifier")}
                used += [debtor for debtor in some if debtor.identifier in known]
            nameless = used

    def _pair(self, row: Row, questions: Questions) -> Pair | Fault:
        debtor = self._by_own_identifier(row, questions) if row.identifier else self._by_own_name(row, questions)
        if isinstance(debtor, Fault):
            return debtor
        child = self._child(row, debtor, questions)
        return child if isinstance(child, Fault) else (debtor, child)

    def _by_own_identifier(self, row: Row, questions: Questions) -> Debtor | Fault:
        assert row.identifier
        if known := self._by_identifier.get(row.identifier):
            if known.name_key == row.debtor_key:
                return known
            values = {"text": row.identifier, "name": known.name}
            return Fault(row.line, Column.IDENTIFIER.value, "import.identifier_of_other", values)
        alike = self._by_name[row.debtor_key]
        # known by name, never had an identifier
        debtor = self._meant(row, [one for one in alike if not one.identifier], questions)
        if isinstance(debtor, Fault):
            return debtor
        if debtor is None:
            if other := next((one.identifier for one in alike if one.identifier), None):
                self.namesakes.append(Namesake(row.line, row.debtor, row.identifier, other))
            debtor = self._newcomer(row)
        debtor.identifier = row.identifier
        self._by_identifier[row.identifier] = debtor
        return debtor

    def _by_own_name(self, row: Row, questions: Questions) -> Debtor | Fault:
        debtor = self._meant(row, self._by_name[row.debtor_key], questions)
        return self._newcomer(row) if debtor is None else debtor

    def _meant(self, row: Row, alike: list[Debtor], questions: Questions) -> Debtor | Fault | None:
        """Whom of these, all of one name, the row means: who cares for its child, or who a person says; None: another
        one."""
        own = [debtor for debtor in alike if any(child.name_key == row.pupil_key for child in debtor.children)]
        if len(own) > 1:
            values = {"text": row.debtor, "count": len(own)}
            return Fault(row.line, Column.DEBTOR.value, "import.ambiguous_debtor", values)
        if own:
            return own[0]
        return questions.which([(one, _whether_the_debtor(row, one)) for one in alike])

    def _child(self, row: Row, debtor: Debtor, questions: Questions) -> Child | Fault:
        """The child of this row: the one in the debtor's care, or the one a person says, or a newcomer."""
        alike = self._children[row.pupil_key]
        own = [child for child in alike if debtor in child.carers]
        if len(own) > 1:
            values = {"text": row.pupil, "count": len(own)}
            return Fault(row.line, Column.PUPIL.value, "import.ambiguous_pupil", values)
        nobodys = alike if len(alike) == 1 and not alike[0].carers else []
        child = next(iter(own or nobodys), None) or questions.which(
            [(one, _whether_the_child(row, one)) for one in alike]
        )
        if isinstance(child, Fault):
            return child
        if child is None:
            child = Child(*split_name(row.pupil), child_of=debtor.name)
            alike.append(child)
            self.new_children.append(child)
        if debtor not in child.carers:
            child.carers.add(debtor)
            debtor.children.append(child)
            self.new_carers.append((debtor, child))
        return child

    def _newcomer(self, row: Row) -> Debtor:
        debtor = Debtor(*split_name(row.debtor, row.identifier), parent_of=row.pupil)
        self._by_name[debtor.name_key].append(debtor)
        self.new_debtors.append(debtor)
        return debtor


def _whether_the_debtor(row: Row, known: Debtor) -> Question:
    values = {"text": row.debtor, "children": known.parent_of, "child": row.pupil}
    return question(row, Column.DEBTOR, "import.debtor", values, known.id)


def _whether_the_child(row: Row, known: Child) -> Question:
    values = {"text": row.pupil, "carers": known.child_of, "name": row.debtor}
    return question(row, Column.PUPIL, "import.child", values, known.id, row.identifier)


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
    for child in children.values():
        child.child_of = ", ".join(sorted(carer.name for carer in child.carers))
    return People(debtors.values(), children.values())


async def _debtors(ids: Iterable[int]) -> dict[int, Debtor]:
    columns = ("id", "last_name", "first_name", "account__identifier")
    found: dict[int, Debtor] = {}
    for some in in_parts(sorted(ids)):
        for row in await Guardian.filter(id__in=some).order_by("id").values(*columns):
            identifier = row["account__identifier"]
            found[row["id"]] = Debtor(
                row["last_name"], row["first_name"], identifier, row["id"], has_account=identifier is not None
            )
    return found


async def _children(ids: Iterable[int]) -> dict[int, Child]:
    found: dict[int, Child] = {}
    for some in in_parts(sorted(ids)):
        for row in await Pupil.filter(id__in=some).order_by("id").values("id", "last_name", "first_name"):
            found[row["id"]] = Child(row["last_name"], row["first_name"], row["id"])
    return found


async def create_people(people: People) -> None:
    """Write the newcomers, each guardian with wallet and an account without password. Inside a transaction."""
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


def in_parts(values: Iterable[T], most: int = AT_ONCE) -> Iterable[list[T]]:
    """As many as one statement should name, and then the rest."""
    waiting = iter(values)
    while some := list(islice(waiting, most)):
        yield some
