"""Who is meant in the list: each debtor and child found among those known here, or a newcomer, never both.

A debtor is their identifier where the list has one, else their full name. A child is its full name: the one already
in the debtor's care, else the only one of that name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from creos_ui.services.former_system.rows import Column, Row
from creos_ui.services.money import ledger
from creos_ui.services.people.names import free_identifier, split_name
from creos_ui.tables.cells import Fault
from models import Account, Guardian, Guardianship, Pupil, folded


@dataclass(eq=False)
class Debtor:
    """A guardian; `id` None: to be created. `identifier` None: without an account yet."""

    last_name: str
    first_name: str
    identifier: str | None = None
    id: int | None = None
    has_account: bool = False

    @property
    def name(self) -> str:
        return f"{self.last_name} {self.first_name}".strip()

    @property
    def name_key(self) -> str:
        return folded(self.name)


@dataclass(eq=False)
class Child:
    """A pupil; `id` None: to be created. `carers`: the guardians, with those this list adds."""

    last_name: str
    first_name: str
    id: int | None = None
    carers: set[Debtor] = field(default_factory=set)


@dataclass(frozen=True)
class Namesake:
    """A newcomer who bears the name of somebody known under another identifier: a remark, for a person to judge."""

    line: int
    name: str
    identifier: str
    other: str


class People:
    """Those known here and those the list brings; `new_...` is what would be created."""

    def __init__(self, debtors: Iterable[Debtor], children: Iterable[Child]) -> None:
        self._by_identifier: dict[str, Debtor] = {}
        self._by_name: dict[str, list[Debtor]] = defaultdict(list)
        self._children: dict[str, list[Child]] = defaultdict(list)
        for debtor in debtors:
            self._by_name[debtor.name_key].append(debtor)
            if debtor.identifier:
                self._by_identifier[debtor.identifier] = debtor
        for child in children:
            self._children[folded(f"{child.last_name} {child.first_name}")].append(child)
        self.new_debtors: list[Debtor] = []
        self.new_accounts: list[Debtor] = []
        self.new_children: list[Child] = []
        self.new_carers: list[tuple[Debtor, Child]] = []
        self.namesakes: list[Namesake] = []

    def debtors_of(self, all_rows: Sequence[Row]) -> dict[int, Debtor | Fault]:
        """The debtor of each row, by line. Those with an identifier first: a name alone may then mean them."""
        found: dict[int, Debtor | Fault] = {}
        for row in sorted(all_rows, key=lambda row: row.identifier is None):
            found[row.line] = self._by_own_identifier(row) if row.identifier else self._by_own_name(row)
        for debtor in (*self.new_debtors, *(d for d in found.values() if isinstance(d, Debtor))):
            if not debtor.has_account:
                self._open_account(debtor)
        return found

    def child_of(self, row: Row, debtor: Debtor) -> Child | Fault:
        """The child of this row, in the debtor's care from now on; a Fault where several could be meant."""
        alike = self._children[folded(row.pupil)]
        own = [child for child in alike if debtor in child.carers]
        meant = own or alike
        if len(meant) > 1:
            return Fault(
                row.line, Column.PUPIL.value, "import.ambiguous_pupil", {"text": row.pupil, "count": len(meant)}
            )
        if meant:
            child = meant[0]
        else:
            child = Child(*split_name(row.pupil))
            alike.append(child)
            self.new_children.append(child)
        if debtor not in child.carers:
            child.carers.add(debtor)
            self.new_carers.append((debtor, child))
        return child

    def _by_own_identifier(self, row: Row) -> Debtor | Fault:
        assert row.identifier
        key = folded(row.debtor)
        if known := self._by_identifier.get(row.identifier):
            if known.name_key == key:
                return known
            values = {"text": row.identifier, "name": known.name}
            return Fault(row.line, Column.IDENTIFIER.value, "import.identifier_of_other", values)
        alike = self._by_name[key]
        if len(alike) == 1 and alike[0].id and not alike[0].has_account:
            debtor = alike[0]  # known by name, never had an identifier
        else:
            debtor = self._newcomer(row)
            if other := next((one.identifier for one in alike if one is not debtor and one.identifier), None):
                self.namesakes.append(Namesake(row.line, row.debtor, row.identifier, other))
        debtor.identifier = row.identifier
        self._by_identifier[row.identifier] = debtor
        return debtor

    def _by_own_name(self, row: Row) -> Debtor | Fault:
        alike = self._by_name[folded(row.debtor)]
        if len(alike) > 1:
            return Fault(
                row.line, Column.DEBTOR.value, "import.ambiguous_debtor", {"text": row.debtor, "count": len(alike)}
            )
        return alike[0] if alike else self._newcomer(row)

    def _newcomer(self, row: Row) -> Debtor:
        debtor = Debtor(*split_name(row.debtor, row.identifier))
        self._by_name[debtor.name_key].append(debtor)
        self.new_debtors.append(debtor)
        return debtor

    def _open_account(self, debtor: Debtor) -> None:
        if not debtor.identifier:
            debtor.identifier = free_identifier(debtor.last_name, debtor.first_name, self._by_identifier)
            self._by_identifier[debtor.identifier] = debtor
        debtor.has_account = True
        self.new_accounts.append(debtor)


async def known_people() -> People:
    """Everybody the database knows."""
    debtors = {
        row["id"]: Debtor(
            row["last_name"],
            row["first_name"],
            row["account__identifier"],
            row["id"],
            has_account=row["account__identifier"] is not None,
        )
        for row in await Guardian.all().order_by("id").values("id", "last_name", "first_name", "account__identifier")
    }
    children = {
        row["id"]: Child(row["last_name"], row["first_name"], row["id"])
        for row in await Pupil.all().order_by("id").values("id", "last_name", "first_name")
    }
    for row in await Guardianship.all().values("guardian_id", "pupil_id"):
        children[row["pupil_id"]].carers.add(debtors[row["guardian_id"]])
    return People(debtors.values(), children.values())


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
        name_key = folded(f"{child.last_name} {child.first_name}")
        pupil = await Pupil.create(last_name=child.last_name, first_name=child.first_name, name_key=name_key)
        child.id = pupil.id
    for debtor, child in people.new_carers:
        await Guardianship.create(guardian_id=debtor.id, pupil_id=child.id)
