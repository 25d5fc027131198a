"""Families for the stories in the browser: each story gets one of its own, all alike, so none waits for another."""

from __future__ import annotations

from datetime import timedelta

from creos_ui import clock
from creos_ui.services.invitations.answering import decline_invitation, pay_invitations
from creos_ui.services.money.ledger import Agreed
from creos_ui.settings import Settings
from models import Account, Document
from tests.portal import DOCUMENT, PASSWORD, PDF
from tests.school import add_activity, add_guardian, add_invitation, add_pupil, new_key

FAMILIES = 130
NAUGHTY = '<img src=x onerror="document.title=1">{{ 7*7 }}'
MANY = 45  # invitations of the family whose list has several pages


def identifier(number: int) -> str:
    return f"dubois.jacqueline{number}"


async def seed_families(settings: Settings) -> None:
    """FAMILIES times Jacqueline, wallet 42,00 €, with Camille and Nolan; then one with odd names and a long list."""
    from creos_ui.services.accounts.passwords import hash_password

    password_hash = await hash_password(PASSWORD)
    document = await Document.create(token=DOCUMENT, file_name="Musée – été.pdf", sha256="0" * 64, byte_count=len(PDF))
    (settings.documents / f"{DOCUMENT}.pdf").write_bytes(PDF)
    today = clock.today()
    museum = await add_activity("Musée du jouet", today + timedelta(days=12), mandatory=True, document_id=document.id)
    handball = await add_activity("Activité handball temps de midi", today + timedelta(days=20))
    green = await add_activity("Classes vertes", today + timedelta(days=40), mandatory=True)
    late = await add_activity("Patinoire", today - timedelta(days=3), starts_on=today + timedelta(days=2))
    swimming = await add_activity("Piscine", today - timedelta(days=30), mandatory=True)
    chess = await add_activity("Échecs", today - timedelta(days=25))
    for number in range(FAMILIES):
        mother = await add_guardian("Dubois", "Jacqueline", credit_cents=4_450)
        await Account.create(identifier=identifier(number), guardian_id=mother.id, password_hash=password_hash)
        camille = await add_pupil("Muller", "Camille", mother)
        nolan = await add_pupil("Muller", "Nolan", mother)
        await add_invitation(museum, camille, mother, 500)
        await add_invitation(handball, camille, mother, 800)
        await add_invitation(handball, nolan, mother, 800)
        await add_invitation(green, camille, mother, 12_000)
        await add_invitation(late, nolan, mother, 600)
        paid = await add_invitation(swimming, nolan, mother, 250)
        await pay_invitations([Agreed(paid.id, 250)], debtor_id=mother.id, key=new_key(), actor="test")
        declined = await add_invitation(chess, camille, mother, 300)
        await decline_invitation(
            declined.id, debtor_id=mother.id, answer_no=0, actor="test", today=today - timedelta(days=26)
        )
    odd = await add_guardian(NAUGHTY, 'O\'Brien "Zoë"', credit_cents=10_000)
    await Account.create(identifier="odd", guardian_id=odd.id, password_hash=password_hash)
    child = await add_pupil("{{ 6*7 }}", NAUGHTY, odd)
    await add_invitation(await add_activity(NAUGHTY, today), child, odd, 100)
    for number in range(1, MANY):
        due = today + timedelta(days=number)
        await add_invitation(await add_activity(f"Sortie {number:02d}", due), child, odd, 100 + number)
