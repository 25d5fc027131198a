"""The profile's native forms: one decision on a page of its own, and an answer that says on the next how it ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.responses import Response

from creos_ui.web import outcomes
from creos_ui.web.outcomes import Outcome
from pages.elements.html import box, text
from pages.elements.notices import refusal_in_words, refusal_note
from pages.own.own_frame import own_frame
from pages.reader import Person
from pages.routes import redirect

PROFILE = "/profile"


@asynccontextmanager
async def form_page(title: str, me: Person, *, path: str, last: Outcome) -> AsyncIterator[None]:
    """The form's card, with the way back to the profile, and the reason where the last try was refused."""
    with await own_frame(title, me, path=path), box("div", "one-form"):
        text("a", "← " + me.t("profile.back"), "back", href=PROFILE)
        with box("section", "card", aria_labelledby="form-title"):
            text("h1", title, id="form-title")
            if last.refusal is not None:
                refusal_note(refusal_in_words(last.refusal, me))
            yield


def lead_to(path: str, me: Person, outcome: Outcome) -> Response:
    """A form's answer: this page, which finds the outcome by the word `answer` in its address."""
    return redirect(path, answer=outcomes.SIGNED_IN.remember(outcome, me.session_id))


def last_outcome(me: Person, answer: str) -> Outcome:
    """What `lead_to` led to this page with, if anything."""
    return outcomes.SIGNED_IN.find(answer, me.session_id)
