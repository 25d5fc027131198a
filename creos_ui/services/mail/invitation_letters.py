"""Letters about invitations that wait for an answer: new ones, and the reminder before the due date."""

from __future__ import annotations

from creos_ui import clock
from creos_ui.services.mail.letter import MOST_LINES, Letter, Writer, Writing
from models import Invitation, InvitationStatus, MailKind


async def _invitations(w: Writing) -> Letter | None:
    waiting = await unanswered(w)
    if not waiting:
        return None
    return Letter(
        title=w.t("mail.invitations_title", count=len(waiting)),
        paragraphs=[w.t("mail.invitations_text", count=len(waiting))],
        rows=rows_of(w, waiting),
        button=(w.t("mail.button_invitations"), w.link("/invitations")),
        why=w.t("mail.why_invitations"),
    )


async def _reminder(w: Writing) -> Letter | None:
    waiting = [i for i in await unanswered(w) if i.activity.due_on >= clock.today()]
    if not waiting:
        return None
    return Letter(
        title=w.t("mail.reminder_title", count=len(waiting)),
        paragraphs=[w.t("mail.reminder_text", count=len(waiting))],
        rows=rows_of(w, waiting),
        button=(w.t("mail.button_invitations"), w.link("/invitations")),
        why=w.t("mail.why_reminder"),
    )


WRITERS: dict[MailKind, Writer] = {MailKind.INVITATIONS: _invitations, MailKind.REMINDER: _reminder}


async def unanswered(w: Writing) -> list[Invitation]:
    """The message's invitations that wait for this person's answer now, the first due first."""
    found = await Invitation.filter(
        id__in=w.facts["invitations"], debtor_id=w.account.guardian_id, status=InvitationStatus.OPEN
    ).select_related("activity", "pupil")
    return sorted(found, key=lambda i: (i.activity.due_on, i.activity.title_key, i.pupil.name_key))


def rows_of(w: Writing, waiting: list[Invitation]) -> list[tuple[str, str]]:
    rows = [
        (f"{line_of(i)} · {w.t('mail.due', due=i.activity.due_on)}", w.money(i.amount_cents))
        for i in waiting[:MOST_LINES]
    ]
    if len(waiting) > MOST_LINES:
        rows.append((w.t("mail.and_more", number=len(waiting) - MOST_LINES), ""))
    return rows


def line_of(invitation: Invitation) -> str:
    return f"{invitation.activity.title} · {invitation.pupil.first_name}"
