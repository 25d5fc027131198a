"""Still open? The questions about an invitation's answer, each once in SQL and once in Python (K9).

SQL asks them of `i`, an invitation, and `a`, its activity, with the places of today and, where age counts, of `since`
($1 ...); Python of the same facts, as `Terms`. A test holds both to the same answer
(tests/services/test_still_open.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from creos_ui.database import values
from models import InvitationStatus


@dataclass(frozen=True, slots=True)
class Terms:
    """What the answers depend on. `wished`: the debtor's wish for this one; `switched`: their wish for all mandatory
    ones."""

    status: InvitationStatus
    mandatory: bool
    starts_on: date
    due_on: date
    closes_on: date | None
    wished: bool
    switched: bool

    @property
    def answers_until(self) -> date:
        """The last day on which an optional one takes a yes or a no: its closing day, else the day it begins."""
        return self.closes_on or self.starts_on

    @property
    def back_until(self) -> date:
        """The last day on which what was paid for an optional one comes back: until it is closed or begins, whichever
        is first. What a child has taken part in is not undone by a click."""
        return min(self.answers_until, self.starts_on)


# what a query selects for `terms_of`, of an invitation i, its activity a and its debtor g
TERMS = "i.status, i.pay_when_credit, a.mandatory, a.starts_on, a.due_on, a.closes_on, g.pays_mandatory"


def terms_of(row: Mapping[str, Any]) -> Terms:
    """The terms in a row that has the columns of TERMS."""
    return Terms(
        status=InvitationStatus(row["status"]),
        mandatory=bool(row["mandatory"]),
        starts_on=values.day(row["starts_on"]),
        due_on=values.day(row["due_on"]),
        closes_on=values.day_or_none(row["closes_on"]),
        wished=bool(row["pay_when_credit"]),
        switched=bool(row["pays_mandatory"]),
    )


def since(today: date) -> date:
    """What was due before this day stands apart: a debt of over a year may have lapsed (Cass. 28/06/2018), so nothing
    pays it by itself, sums it up or reminds of it. By hand it can still be paid."""
    return today.replace(year=today.year - 1, day=28 if (today.month, today.day) == (2, 29) else today.day)


def may_pay(terms: Terms, today: date) -> bool:
    """Open or declined: may it be paid? A mandatory one for ever; an optional one while it takes answers, past its due
    date as well."""
    return terms.status != InvitationStatus.PAID and (terms.mandatory or terms.answers_until >= today)


def may_decline(terms: Terms, today: date) -> bool:
    """Open: may it be declined? Never a mandatory one."""
    return terms.status == InvitationStatus.OPEN and not terms.mandatory and terms.answers_until >= today


def may_take_back(terms: Terms, today: date) -> bool:
    """Paid: may it be declined, with the money back?"""
    return terms.status == InvitationStatus.PAID and not terms.mandatory and terms.back_until >= today


def may_be_declined(terms: Terms, today: date) -> bool:
    """Open or paid: may it be declined?"""
    return may_decline(terms, today) or may_take_back(terms, today)


def is_waiting(terms: Terms, today: date) -> bool:
    """Open, and the debtor can do something about it."""
    return terms.status == InvitationStatus.OPEN and may_pay(terms, today)


def is_due(terms: Terms, today: date) -> bool:
    """Waiting, and not for over a year: what is reminded of, summed up, selected, and paid by itself."""
    return is_waiting(terms, today) and terms.due_on >= since(today)


def awaits_credit(terms: Terms, today: date) -> bool:
    """Due, and wished to be paid as soon as the credit allows it."""
    return is_due(terms, today) and (terms.wished or (terms.mandatory and terms.switched))


_ANSWERS_UNTIL = "coalesce(a.closes_on, a.starts_on)"


def may_pay_sql(today: str) -> str:
    return f"(i.status <> 'paid' AND (a.mandatory OR {_ANSWERS_UNTIL} >= {today}))"


def may_decline_sql(today: str) -> str:
    return f"(i.status = 'open' AND NOT a.mandatory AND {_ANSWERS_UNTIL} >= {today})"


def may_take_back_sql(today: str) -> str:
    return f"(i.status = 'paid' AND NOT a.mandatory AND {_ANSWERS_UNTIL} >= {today} AND a.starts_on >= {today})"


def may_be_declined_sql(today: str) -> str:
    return f"({may_decline_sql(today)} OR {may_take_back_sql(today)})"


def is_waiting_sql(today: str) -> str:
    return f"(i.status = 'open' AND {may_pay_sql(today)})"


def is_due_sql(today: str, since: str) -> str:
    return f"({is_waiting_sql(today)} AND a.due_on >= {since})"


def awaits_credit_sql(today: str, since: str) -> str:
    switched = "(SELECT g.pays_mandatory FROM guardian g WHERE g.id = i.debtor_id)"
    return f"({is_due_sql(today, since)} AND (i.pay_when_credit OR (a.mandatory AND {switched})))"
