"""Tables and their relations; nothing here decides."""

from models.accounts import (
    Account,
    CalendarFeed,
    KnownBrowser,
    LinkPurpose,
    OneTimeLink,
    RecoveryCode,
    ResetRequest,
    Role,
    Session,
    SignInAttempt,
)
from models.activities import Activity, Document, Invitation, InvitationStatus
from models.base import folded
from models.changes import ChangeNotice
from models.ledger import LedgerAccount, LedgerAccountKind, Transfer, TransferKind
from models.lists import ListAnswer
from models.mail import SWITCHES, MailKind, MailMessage
from models.people import Guardian, Guardianship, Pupil, SchoolClass

__all__ = [
    "SWITCHES",
    "Account",
    "Activity",
    "CalendarFeed",
    "ChangeNotice",
    "Document",
    "Guardian",
    "Guardianship",
    "Invitation",
    "InvitationStatus",
    "KnownBrowser",
    "LedgerAccount",
    "LedgerAccountKind",
    "LinkPurpose",
    "ListAnswer",
    "MailKind",
    "MailMessage",
    "OneTimeLink",
    "Pupil",
    "RecoveryCode",
    "ResetRequest",
    "Role",
    "SchoolClass",
    "Session",
    "SignInAttempt",
    "Transfer",
    "TransferKind",
    "folded",
]

# Tortoise would write docstrings (here) and enum values (description="" in the fields) into the schema, where a
# better wording, or a new value, would count as a change of the table: on SQLite a rebuild that loses the triggers.
for _model in (
    Account,
    Activity,
    CalendarFeed,
    ChangeNotice,
    Document,
    Guardian,
    Guardianship,
    Invitation,
    KnownBrowser,
    LedgerAccount,
    ListAnswer,
    MailMessage,
    OneTimeLink,
    Pupil,
    RecoveryCode,
    ResetRequest,
    SchoolClass,
    Session,
    SignInAttempt,
    Transfer,
):
    _model._meta.table_description = ""
