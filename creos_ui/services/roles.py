"""What each role may do: one table, which every service of the office asks (O1, O2).

A role counts from its first day to its last, both included, by the school's clock. Whoever has a guardian is a parent:
that needs no row, and gives nothing in the office.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from creos_ui import clock
from creos_ui.errors import NotAllowed
from creos_ui.services import audit
from models import AccountRole, Role


class Act(StrEnum):
    """What somebody does in the office, or sees there. Its name for people is roles.act.*"""

    SEE_OFFICE = "see_office"  # what waits
    SEE_PEOPLE = "see_people"  # pupils, families, and how to reach them
    SEE_MONEY = "see_money"  # wallets, what was asked and what was paid
    SEE_CLASSES = "see_classes"  # the pupils of one's own classes, without any amount
    SEE_ACCOUNTS = "see_accounts"
    MANAGE_ACCOUNTS = "manage_accounts"  # invite, give and take roles, suspend
    MANAGE_SCHOOL = "manage_school"  # name, address, mail server
    MANAGE_CLASSES = "manage_classes"  # school years and classes
    CHANGE_BANK_ACCOUNT = "change_bank_account"  # alone until money moves, then by two (O4)
    APPROVE_BANK_ACCOUNT = "approve_bank_account"  # never one's own
    SEE_AUDIT = "see_audit"


_ADMINISTRATOR, _HEAD, _SECRETARY = Role.ADMINISTRATOR, Role.HEAD, Role.SECRETARY
_BOOKKEEPER, _TEACHER, _AUDITOR = Role.BOOKKEEPER, Role.TEACHER, Role.AUDITOR

WHO_MAY: dict[Act, frozenset[Role]] = {
    Act.SEE_OFFICE: frozenset({_ADMINISTRATOR, _HEAD, _SECRETARY, _BOOKKEEPER, _AUDITOR}),
    Act.SEE_PEOPLE: frozenset({_HEAD, _SECRETARY, _BOOKKEEPER}),
    Act.SEE_MONEY: frozenset({_HEAD, _SECRETARY, _BOOKKEEPER, _AUDITOR}),
    Act.SEE_CLASSES: frozenset({_HEAD, _SECRETARY, _TEACHER}),
    Act.SEE_ACCOUNTS: frozenset({_ADMINISTRATOR, _HEAD, _AUDITOR}),
    Act.MANAGE_ACCOUNTS: frozenset({_ADMINISTRATOR}),
    Act.MANAGE_SCHOOL: frozenset({_ADMINISTRATOR}),
    Act.MANAGE_CLASSES: frozenset({_ADMINISTRATOR, _SECRETARY}),
    Act.CHANGE_BANK_ACCOUNT: frozenset({_ADMINISTRATOR}),
    Act.APPROVE_BANK_ACCOUNT: frozenset({_ADMINISTRATOR, _HEAD, _BOOKKEEPER}),
    Act.SEE_AUDIT: frozenset({_ADMINISTRATOR, _HEAD, _AUDITOR}),
}


def may(roles: frozenset[Role], act: Act) -> bool:
    """Whether one of these roles may do this; an act that is not in the table is nobody's."""
    return not roles.isdisjoint(WHO_MAY.get(act, frozenset()))


def in_force(today: date | None = None) -> QuerySet[AccountRole]:
    """The roles that count today, of accounts that are not closed."""
    today = today or clock.today()
    return AccountRole.filter(
        Q(from_day=None) | Q(from_day__lte=today),
        Q(until_day=None) | Q(until_day__gte=today),
        taken_at=None,
        account__closed_at=None,
    )


async def roles_of(account_id: int, today: date | None = None) -> frozenset[Role]:
    """The roles of an account that are in force today; none where it is closed."""
    held = in_force(today).filter(account_id=account_id)
    return frozenset([row.role for row in await held.only("role")])


async def require(account_id: int, act: Act) -> frozenset[Role]:
    """The first line of every service of the office: the roles this account has now. Raises NotAllowed."""
    roles = await roles_of(account_id)
    if not may(roles, act):
        await audit.refused(account_id, act)
        raise NotAllowed
    return roles
