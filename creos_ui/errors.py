"""A DomainError is the person's situation and is shown in their language; any other exception is our mistake."""

from __future__ import annotations

from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal a person can understand; `text_key` and `values` become a sentence in creos_ui/texts."""

    text_key: ClassVar[str]

    def __init__(self, **values: Any) -> None:
        super().__init__(self.text_key, values)
        self.values = values


class NotEnoughCredit(DomainError):
    """The wallet is `missing_cents` (integer euro cents) short; nothing was taken."""

    text_key = "error.not_enough_credit"

    def __init__(self, *, missing_cents: int) -> None:
        assert missing_cents > 0
        super().__init__(missing_cents=missing_cents)
        self.missing_cents = missing_cents


class InvitationNotFound(DomainError):
    """This person has no such invitation; one of another family is refused as one that does not exist (R21)."""

    text_key = "error.invitation_not_found"


class AlreadyAnswered(DomainError):
    """Another tab or another click answered first."""

    text_key = "error.already_answered"


class AnsweringClosed(DomainError):
    """The last day for this answer is over: `closes_on`; without one, for money back, the day the activity begins."""

    text_key = "error.answering_closed"


class PriceChanged(DomainError):
    """The price is no longer the one the parent agreed to (R42); `amount_cents` is today's."""

    text_key = "error.price_changed"

    def __init__(self, *, amount_cents: int) -> None:
        super().__init__(amount_cents=amount_cents)


class MandatoryCannotBeDeclined(DomainError):
    text_key = "error.mandatory"


class NothingSelected(DomainError):
    text_key = "error.nothing_selected"


class KeyReused(DomainError):
    """The idempotency key already stands for another payment (R41)."""

    text_key = "error.key_reused"


class NotAllowed(DomainError):
    """None of this account's roles may do that (services/roles.py)."""

    text_key = "error.not_allowed"


class NotSaved(DomainError):
    """The database takes no writes at the moment: a full disk, a server that is gone. Try again later."""

    text_key = "error.not_saved"


class Busy(NotSaved):
    """The database did not let it through for too long: others hold what it wants. Nothing is written. The operator is
    told where it is more than some rows that they hold."""

    text_key = "error.busy"


class NotKnown(NotSaved):
    """The answer to the commit got lost: saved or not, nobody can tell yet. Look again."""

    text_key = "error.not_known"


class NotRecorded(DomainError):
    """A payment was NotSaved, and nothing was taken."""

    text_key = "error.not_recorded"


class SignInRefused(DomainError):
    """The identifier is unknown or the password is wrong: one refusal for both (R5)."""

    text_key = "error.sign_in"


class EmailIsNotIdentifier(DomainError):
    text_key = "error.email_is_not_identifier"


class TooManyTries(DomainError):
    """Guessing limit reached; `minutes` to wait."""

    text_key = "error.too_many_tries"

    def __init__(self, *, minutes: int) -> None:
        super().__init__(minutes=minutes)


class PasswordMustBeReset(DomainError):
    """100 failures in a row: only a new password opens the account again."""

    text_key = "error.password_must_be_reset"


class PasswordTooShort(DomainError):
    """Fewer than 12 characters, or more than 256."""

    text_key = "error.password_length"


class IdentifierTaken(DomainError):
    text_key = "error.identifier_taken"


class IdentifierInvalid(DomainError):
    text_key = "error.identifier_invalid"


class WrongPassword(SignInRefused):
    """Before an important change the password is asked for again, and this was not it (R9)."""

    text_key = "error.wrong_password"


class PasswordCommon(DomainError):
    """One of the passwords that guessers try first."""

    text_key = "error.password_common"


class PasswordPattern(DomainError):
    """A run of keys, a date, or a repetition."""

    text_key = "error.password_pattern"


class PasswordPersonal(DomainError):
    """Little more than names everybody knows: the person's, the children's, the school's."""

    text_key = "error.password_personal"


class LinkNotUsable(DomainError):
    """The link of a message was used, is too old, was replaced by a newer one, or never existed."""

    text_key = "error.link_not_usable"


class EmailInvalid(DomainError):
    text_key = "error.email_invalid"
