"""Mon profil: what the portal knows of one person, and the choices that need no password."""

from __future__ import annotations

from dataclasses import dataclass

from creos_ui.database.transactions import update
from creos_ui.services.accounts import second_factor
from models import SWITCHES, Account, Guardianship, MailKind


@dataclass(frozen=True)
class Child:
    name: str
    class_name: str | None


@dataclass(frozen=True)
class Profile:
    name: str
    identifier: str
    email: str | None
    email_failed: bool  # messages to this address come back
    notices: frozenset[MailKind]  # those of SWITCHES that are on
    pays_mandatory: bool
    second_factor: bool
    codes_left: int  # recovery codes not used yet
    children: list[Child]


async def profile_of(account_id: int) -> Profile:
    """All the profile page shows of this account, save its sessions."""
    account = await Account.get(id=account_id).select_related("guardian")
    theirs = await Guardianship.filter(guardian_id=account.guardian_id or 0).select_related("pupil__school_class")
    pupils = sorted((row.pupil for row in theirs), key=lambda pupil: (pupil.name_key, pupil.id))
    return Profile(
        name=account.name,
        identifier=account.identifier,
        email=account.email,
        email_failed=account.email_failed_at is not None,
        notices=frozenset(kind for kind, column in SWITCHES.items() if getattr(account, column)),
        pays_mandatory=account.guardian is not None and account.guardian.pays_mandatory,
        second_factor=account.totp_secret is not None,
        codes_left=await second_factor.codes_left(account_id),
        children=[Child(pupil.name, pupil.school_class.name if pupil.school_class else None) for pupil in pupils],
    )


async def choose_notice(account_id: int, kind: MailKind, on: bool) -> None:
    """Send this kind of message from now on, or send none."""
    await update(Account.filter(id=account_id), **{SWITCHES[kind]: on})
