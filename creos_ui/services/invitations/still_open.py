"""Still open? The questions about an invitation's answer, each once in SQL and once in Python (K9).

SQL asks them of `i`, an invitation, and `a`, its activity, with the place of today ($1 ...); Python of the same facts,
as `Terms`. A test holds both to the same answer (tests/services/test_still_open.py).
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
    closes_on: date | None
    wished: bool
    switched: bool


# what a query selects for `terms_of`, of an invitation i, its activity a and its debtor g
TERMS = "i.status, i.pay_when_credit, a.mandatory, a.starts_on, a.closes_on, g.pays_mandatory"


def terms_of(row: Mapping[str, Any]) -> Terms:
    """The terms in a row that has the columns of TERMS."""
    return Terms(
        status=InvitationStatus(row["status"]),
        mandatory=bool(row["mandatory"]),
        starts_on=values.day(row["starts_on"]),
        closes_on=values.day_or_none(row["closes_on"]),
        wished=bool(row["pay_when_credit"]),
        switched=bool(row["pays_mandatory"]),
    )


def may_pay(terms: Terms, today: date) -> bool:
    """Open or declined: may it be paid? Until the activity is closed, past its due date as well."""
    return terms.status != InvitationStatus.PAID and _takes_answers(terms, today)


def may_decline(terms: Terms, today: date) -> bool:
    """Open: may it be declined? Never a mandatory one."""
    return terms.status == InvitationStatus.OPEN and not terms.mandatory and _takes_answers(terms, today)


def may_take_back(terms: Terms, today: date) -> bool:
    """Paid: may it be declined, with the money back? Without a closing date until the activity begins: what a child has
    taken part in is not undone by a click."""
    last_day = terms.closes_on or terms.starts_on
    return terms.status == InvitationStatus.PAID and not terms.mandatory and last_day >= today


def may_be_declined(terms: Terms, today: date) -> bool:
    """Open or paid: may it be declined?"""
    return may_decline(terms, today) or may_take_back(terms, today)


def is_due(terms: Terms, today: date) -> bool:
    """Open and still to be paid: what is reminded of, summed up, and selected."""
    return terms.status == InvitationStatus.OPEN and _takes_answers(terms, today)


def awaits_credit(terms: Terms, today: date) -> bool:
    """Due, and wished to be paid as soon as the credit allows it."""
    return is_due(terms, today) and (terms.wished or (terms.mandatory and terms.switched))


def _takes_answers(terms: Terms, today: date) -> bool:
    return terms.closes_on is None or terms.closes_on >= today


def may_pay_sql(today: str) -> str:
    return f"(i.status <> 'paid' AND {_takes_answers_sql(today)})"


def may_decline_sql(today: str) -> str:
    return f"(i.status = 'open' AND NOT a.mandatory AND {_takes_answers_sql(today)})"


def may_take_back_sql(today: str) -> str:
    return f"(i.status = 'paid' AND NOT a.mandatory AND coalesce(a.closes_on, a.starts_on) >= {today})"


def may_be_declined_sql(today: str) -> str:
    return f"({may_decline_sql(today)} OR {may_take_back_sql(today)})"


def is_due_sql(today: str) -> str:
    return f"(i.status = 'open' AND {_takes_answers_sql(today)})"


def awaits_credit_sql(today: str) -> str:
    switched = "(SELECT g.pays_mandatory FROM guardian g WHERE g.id = i.debtor_id)"
    return f"({is_due_sql(today)} AND (i.pay_when_credit OR (a.mandatory AND {switched})))"


def _takes_answers_sql(today: str) -> str:
    return f"(a.closes_on IS NULL OR a.closes_on >= {today})"
