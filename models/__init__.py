"""Tables and their relations; nothing here decides."""

from models.accounts import (
    Account,
    CalendarFeed,
    KnownBrowser,
    LinkPurpose,
    OneTimeLink,
    RecoveryCode,
    ResetRequest,
    Session,
    SignInAttempt,
)
from models.activities import Activity, Document, Invitation, InvitationStatus
from models.audit import AuditHead, AuditLine, AuditSide
from models.base import folded
from models.changes import ChangeNotice
from models.keys import KeyPurpose, PortalKey
from models.ledger import LedgerAccount, LedgerAccountKind, Transfer, TransferKind
from models.lists import ListAnswer
from models.mail import SWITCHES, MailKind, MailMessage
from models.office import Approval, ApprovalState, Job, JobState
from models.people import Guardian, Guardianship, Pupil, SchoolClass
from models.roles import AccountRole, Role, TeacherClass
from models.school import THE_SCHOOL, BankAccount, School, SchoolYear

__all__ = [
    "SWITCHES",
    "THE_SCHOOL",
    "Account",
    "AccountRole",
    "Activity",
    "Approval",
    "ApprovalState",
    "AuditHead",
    "AuditLine",
    "AuditSide",
    "BankAccount",
    "CalendarFeed",
    "ChangeNotice",
    "Document",
    "Guardian",
    "Guardianship",
    "Invitation",
    "InvitationStatus",
    "Job",
    "JobState",
    "KeyPurpose",
    "KnownBrowser",
    "LedgerAccount",
    "LedgerAccountKind",
    "LinkPurpose",
    "ListAnswer",
    "MailKind",
    "MailMessage",
    "OneTimeLink",
    "PortalKey",
    "Pupil",
    "RecoveryCode",
    "ResetRequest",
    "Role",
    "School",
    "SchoolClass",
    "SchoolYear",
    "Session",
    "SignInAttempt",
    "TeacherClass",
    "Transfer",
    "TransferKind",
    "folded",
]

# Tortoise would write docstrings (here) and enum values (description="" in the fields) into the schema, where a
# better wording, or a new value, would count as a change of the table: on SQLite a rebuild that loses the triggers.
for _model in (
    Account,
    AccountRole,
    Activity,
    Approval,
    AuditHead,
    AuditLine,
    AuditSide,
    BankAccount,
    CalendarFeed,
    ChangeNotice,
    Document,
    Guardian,
    Guardianship,
    Invitation,
    Job,
    KnownBrowser,
    LedgerAccount,
    ListAnswer,
    MailMessage,
    OneTimeLink,
    PortalKey,
    Pupil,
    RecoveryCode,
    ResetRequest,
    School,
    SchoolClass,
    SchoolYear,
    Session,
    SignInAttempt,
    TeacherClass,
    Transfer,
):
    _model._meta.table_description = ""
