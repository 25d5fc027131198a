"""A message as it is sent: what its kind's letter says, and what every message has, in the two templates.

The words are in creos_ui/texts/*/mail.json, the templates in creos_ui/mails. A new kind is written in one of the
letter files, whose WRITERS connects it to its function.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, partial

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from creos_ui.services.mail import invitation_letters, payment_letters, security_letters
from creos_ui.services.mail.letter import Portal, Writing
from creos_ui.texts import DEFAULT, LANGUAGES, QUASAR
from models import SWITCHES, Account, MailMessage

_WRITERS = security_letters.WRITERS | invitation_letters.WRITERS | payment_letters.WRITERS


@dataclass(frozen=True)
class Rendered:
    subject: str
    text: str
    html: str


async def render(message: MailMessage, portal: Portal) -> Rendered | None:
    """The message as it is sent, a working link included; None where nothing is left to say (its invitations are
    answered by now).

    Raises LinkNotUsable where its link was used, or replaced by a newer message's.
    """
    account = await Account.get(id=message.account_id).select_related("guardian")
    language = account.language if account.language in LANGUAGES else DEFAULT
    writing = Writing(message, account, json.loads(message.facts), language, portal)
    letter = await _WRITERS[message.kind](writing)
    if letter is None:
        return None
    first_name = account.called
    words = {
        "letter": letter,
        "greeting": writing.t("mail.greeting", first_name=first_name),
        "switch": (writing.t("mail.switch_off"), writing.link("/profile")) if message.kind in SWITCHES else None,
        "never": writing.t("mail.never"),
        "named": partial(writing.t, "mail.named"),
        "school": portal.school,
        "language": QUASAR[language],
    }
    text, html = (_templates().get_template(name).render(words) for name in ("letter.txt", "letter.html"))
    return Rendered(" ".join(letter.title.split()), text, html)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("creos_ui", "mails"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
