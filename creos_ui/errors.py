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
    """There is no such invitation for this person: not there and not theirs are one answer."""

    text_key = "error.invitation_not_found"


class AlreadyAnswered(DomainError):
    """Another tab, or the other click, was first."""

    text_key = "error.already_answered"


class AnsweringClosed(DomainError):
    """The last day for this answer is over: `closes_on`; without one, for money back, the day the activity begins."""

    text_key = "error.answering_closed"


class PriceChanged(DomainError):
    """The amount is no longer the one agreed to: look again. `amount_cents` is the present one."""

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


class NotRecorded(DomainError):
    """The database refused to write (full disk, lost connection); nothing is known to have been taken."""

    text_key = "error.not_recorded"


class SignInRefused(DomainError):
    """Unknown identifier and wrong password are one answer (R5)."""

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
    """The password asked again before something that matters is not the account's (R9)."""

    text_key = "error.wrong_password"


class PasswordCommon(DomainError):
    """Among those that are tried first."""

    text_key = "error.password_common"


class PasswordPattern(DomainError):
    """A run of keys, a date, or the same again and again."""

    text_key = "error.password_pattern"


class PasswordPersonal(DomainError):
    """Little more than names everybody knows: the person's, the children's, the school's."""

    text_key = "error.password_personal"


class LinkNotUsable(DomainError):
    """The link of a message was used, is too old, was replaced by a newer one, or never was."""

    text_key = "error.link_not_usable"


class EmailInvalid(DomainError):
    text_key = "error.email_invalid"
