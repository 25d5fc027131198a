"""What the profile's native forms share: a page of their own, the refusal, fields that keep secrets to the form.

Passwords and codes are typed into native inputs and travel with one POST: NiceGUI's own inputs would keep the text in
the page's memory, and password managers offer to save what a form submits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui.element import Element

from creos_ui.services.accounts.sessions import SignedIn
from creos_ui.services.money import ledger
from creos_ui.texts import t
from creos_ui.web.outcomes import Handed
from pages.elements.html import box, text
from pages.frame import frame

# the same for every field: shows what was typed or hides it again, all of it in the browser
_SHOW = """(e) => {
    const b = e.currentTarget, field = b.previousElementSibling, word = b.textContent;
    field.type = field.type === "password" ? "text" : "password";
    b.textContent = b.dataset.other; b.dataset.other = word; field.focus();
}"""


@contextmanager
def form_page(title: str, me: SignedIn, language: str, *, path: str, balance_cents: int) -> Iterator[None]:
    """One decision on a page of its own, and the way back to the profile."""
    with frame(title, me, language, path=path, balance_cents=balance_cents), box("div", "one-form"):
        text("a", "← " + t("profile.back", language), "back", href="/profile")
        with box("section", "card", aria_labelledby="form-title"):
            text("h1", title, id="form-title")
            yield


async def balance_of(me: SignedIn) -> int:
    return await ledger.balance_cents(me.guardian_id)


def refusal_note(handed: Handed, language: str) -> None:
    """Why the last try was refused, if it was."""
    if handed.refusal is not None:
        words = t(handed.refusal.text_key, language, **handed.refusal.values)
        text("p", words, "note bad", role="alert")


def whose(identifier: str) -> None:
    """For password managers: which account the password belongs to."""
    box(
        "input", "quiet-only", type="text", value=identifier, autocomplete="username", readonly="", tabindex="-1",
        aria_hidden="true",
    )  # fmt: skip


def password_field(label: str, name: str, language: str, *, new: bool = False) -> Element:
    """A native password input, and the button that shows what was typed."""
    text("label", label, "field-label", for_=name)
    with box("div", "field-row"):
        field = box(
            "input",
            "field",
            id=name,
            name=name,
            type="password",
            autocomplete="new-password" if new else "current-password",
            maxlength="1000",
            required="",
        )
        show = text("button", t("login.show_password", language), "show-password", type="button", aria_controls=name)
        show.props["data-other"] = t("login.hide_password", language)
        show.on("click", js_handler=_SHOW)
    return field


def code_field(label: str, *, hint: str = "", digits_only: bool = False) -> None:
    text("label", label, "field-label", for_="code")
    field = box(
        "input", "field", id="code", name="code", autocomplete="one-time-code", autocapitalize="none",
        spellcheck="false", maxlength="60", required="",
    )  # fmt: skip
    if digits_only:
        field.props["inputmode"] = "numeric"
    if hint:
        field.props["aria-describedby"] = "code-hint"
        text("p", hint, "field-hint", id="code-hint")
