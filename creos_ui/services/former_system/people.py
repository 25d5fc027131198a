"""Who is meant in the list: each debtor and child found among those known here, or a newcomer, never both.

A debtor is their identifier where the list has one, else their full name together with the child's: a debtor and a
child who are known as a family are meant, however often each name occurs. Nobody else is merged by name alone: a name
known with other children and a child known with other debtors are asked about, here and in one list.

Whoever is here may have changed since, and is asked about first: a debtor whom the list knows by an identifier of its
own, a debtor under a new name, a child spelled anew. Only those qualify whom the list names nowhere as they were.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from creos_ui.database.values import in_parts
from creos_ui.services.former_system.likeness import look_alike
from creos_ui.services.former_system.person import Child, Debtor
from creos_ui.services.former_system.questions import Question, Questions, question
from creos_ui.services.former_system.rows import Column, Occasion, Row
from creos_ui.services.people.names import free_identifier, split_name
from creos_ui.tables.cells import Fault
from models import Account, folded


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
        self.new_identifiers: list[Debtor] = []
        self.new_names: list[Debtor | Child] = []
        self.namesakes: list[Namesake] = []

    def pairs_of(self, all_rows: Sequence[Row], questions: Questions) -> dict[int, Pair | Fault]:
        """The debtor and the child of each row, by line; the child is in the debtor's care from now on.

        Rows with an identifier first: a name alone may then mean them.
        """
        self._listed = _Listed(all_rows)
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
            if self._listed.names[row.identifier] == {row.debtor_key}:
                meant = questions.which([(known, _whether_renamed(row, known))])
                if meant is not None:
                    return meant if isinstance(meant, Fault) else self._rename(meant, row)
            values = {"text": row.identifier, "name": known.name}
            return Fault(row.line, Column.IDENTIFIER.value, "import.identifier_of_other", values)
        alike = self._by_name[row.debtor_key]
        meant = questions.which(
            [(one, _whether_the_identifier(row, one)) for one in alike if self._had_another(row.identifier, one)]
        )
        if isinstance(meant, Fault):
            return meant
        if meant:
            self._by_identifier[row.identifier] = meant
            if not meant.has_password:
                meant.identifier = row.identifier
                self.new_identifiers.append(meant)
            return meant
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

    def _had_another(self, identifier: str, debtor: Debtor) -> bool:
        """Whether this one, who cares for a child of that identifier, is here under one the list does not use."""
        here = debtor.id and debtor.identifier and debtor.identifier not in self._listed.names
        return bool(here) and any(child.name_key in self._listed.pupils_of[identifier] for child in debtor.children)

    def _by_own_name(self, row: Row, questions: Questions) -> Debtor | Fault:
        renamed = questions.which([(one, _whether_renamed(row, one)) for one in self._under_other_names(row)])
        if isinstance(renamed, Fault):
            return renamed
        if renamed:
            return self._rename(renamed, row)
        debtor = self._meant(row, self._by_name[row.debtor_key], questions)
        return self._newcomer(row) if debtor is None else debtor

    def _under_other_names(self, row: Row) -> list[Debtor]:
        """Who cares for the child, has the same first name, and is nowhere in the list; nobody where the family is
        known by the name of the row."""
        if any(child.name_key == row.pupil_key for one in self._by_name[row.debtor_key] for child in one.children):
            return []
        _, first_name = split_name(row.debtor)
        carers = {carer.id: carer for child in self._children[row.pupil_key] for carer in child.carers if carer.id}
        return [
            carer
            for _, carer in sorted(carers.items())
            if folded(carer.first_name) == folded(first_name)
            and carer.name_key not in self._listed.debtors
            and carer.identifier not in self._listed.names
        ]

    def _rename(self, debtor: Debtor, row: Row) -> Debtor:
        debtor.last_name, debtor.first_name = split_name(row.debtor, row.identifier)
        self._by_name[debtor.name_key].append(debtor)
        self.new_names.append(debtor)
        return debtor

    def _spelled_anew(self, row: Row, debtor: Debtor) -> list[Child]:
        """The debtor's children of a like name whom the list does not name, invited here to what it invites this one
        to."""
        occasions = self._listed.occasions[row.identifier, row.debtor_key, row.pupil_key]
        known = [child for child in debtor.children if child.id and child.occasions & occasions]
        return [child for child in known if _may_be_spelled(child, row.pupil)]

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
        if not own:
            respelled = questions.which(
                [(one, _whether_spelled_anew(row, one)) for one in self._spelled_anew(row, debtor)]
            )
            if isinstance(respelled, Fault):
                return respelled
            if respelled:
                respelled.last_name, respelled.first_name = split_name(row.pupil)
                respelled.occasions = set()
                alike.append(respelled)
                self.new_names.append(respelled)
                return respelled
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


class _Listed:
    """Who is named in the list, and with whom."""

    def __init__(self, all_rows: Iterable[Row]) -> None:
        self.debtors: set[str] = set()
        self.names: dict[str, set[str]] = {}  # of debtors, by identifier
        self.pupils_of: dict[str, set[str]] = defaultdict(set)  # by identifier
        self.occasions: dict[tuple[str | None, str, str], set[Occasion]] = defaultdict(set)
        for row in all_rows:
            self.debtors.add(row.debtor_key)
            self.occasions[row.identifier, row.debtor_key, row.pupil_key].add(row.occasion)
            if row.identifier:
                self.names.setdefault(row.identifier, set()).add(row.debtor_key)
                self.pupils_of[row.identifier].add(row.pupil_key)


def _may_be_spelled(child: Child, name: str) -> bool:
    """Alike, or one of the two names as it was."""
    last_name, first_name = map(folded, split_name(name))
    kept = folded(child.last_name) == last_name or folded(child.first_name) == first_name
    return kept or look_alike(child.name_key, folded(name))


def _whether_the_identifier(row: Row, known: Debtor) -> Question:
    values = {"text": row.debtor, "identifier": row.identifier}
    shown = {"children": known.parent_of, "other": known.identifier}
    return question(row, Column.IDENTIFIER, "import.new_identifier", values, known.id, shown=shown)


def _whether_renamed(row: Row, known: Debtor) -> Question:
    values = {"text": row.debtor, "former": known.name}
    return question(row, Column.DEBTOR, "import.new_name", values, known.id, shown={"children": known.parent_of})


def _whether_spelled_anew(row: Row, known: Child) -> Question:
    values = {"text": row.pupil, "former": known.name}
    return question(row, Column.PUPIL, "import.new_spelling", values, known.id, shown={"carers": known.child_of})


def _whether_the_debtor(row: Row, known: Debtor) -> Question:
    values = {"text": row.debtor, "children": known.parent_of, "child": row.pupil}
    return question(row, Column.DEBTOR, "import.debtor", values, known.id)


def _whether_the_child(row: Row, known: Child) -> Question:
    values = {"text": row.pupil, "carers": known.child_of, "name": row.debtor}
    return question(row, Column.PUPIL, "import.child", values, known.id, row.identifier)
