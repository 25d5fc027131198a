"""Fields of native forms: what is typed into them travels with the one POST, never over the socket.

NiceGUI's own inputs would keep the text in the page's memory, and password managers offer to save what a form submits.
"""

from __future__ import annotations

from nicegui.element import Element

from pages.elements import scripts
from pages.elements.html import box, text
from pages.reader import Reader

LONGEST_PASSWORD = 1_000  # characters a field takes: more than any password may have


def hidden_field(name: str, value: str) -> None:
    box("input", type="hidden", name=name, value=value)


def own_identifier(identifier: str) -> None:
    """For password managers: which account the password below belongs to."""
    box(
        "input", "quiet-only", type="text", value=identifier, autocomplete="username", readonly="", tabindex="-1",
        aria_hidden="true",
    )  # fmt: skip


def identifier_field(label: str, *, longest: int, value: str = "", hint: str = "") -> None:
    """`longest` in characters."""
    text("label", label, "field-label", for_="identifier")
    field = box(
        "input", "field", id="identifier", name="identifier", value=value, autocomplete="username",
        autocapitalize="none", spellcheck="false", maxlength=str(longest), required="", autofocus="",
    )  # fmt: skip
    _hint(field, "identifier-hint", hint)


def email_field(label: str, name: str, value: str = "") -> None:
    text("label", label, "field-label", for_=name)
    box(
        "input", "field", id=name, name=name, type="email", value=value, autocomplete="email", spellcheck="false",
        maxlength="254", required="",
    )  # fmt: skip


def code_field(label: str, *, hint: str = "", digits_only: bool = False, first: bool = False) -> None:
    """A code of the second factor; `first`: the focus is there when the page opens."""
    text("label", label, "field-label", for_="code")
    field = box(
        "input", "field", id="code", name="code", autocomplete="one-time-code", autocapitalize="none",
        spellcheck="false", maxlength="60", required="",
    )  # fmt: skip
    if digits_only:
        field.props["inputmode"] = "numeric"
    if first:
        field.props["autofocus"] = ""
    _hint(field, "code-hint", hint)


def password_field(label: str, name: str, reader: Reader, *, new: bool = False) -> Element:
    """A password, and the button that shows what was typed."""
    text("label", label, "field-label", for_=name)
    with box("div", "field-row"):
        field = _password_input(name, new=new)
        show = text("button", reader.t("login.show_password"), "show-password", type="button", aria_controls=name)
        show.props["data-other"] = reader.t("login.hide_password")
        show.on("click", js_handler=scripts.SHOW_OR_HIDE)
    return field


def bare_password_field(label: str, name: str) -> Element:
    """A new password, without the button: it is typed twice instead."""
    text("label", label, "field-label", for_=name)
    return _password_input(name, new=True)


def _password_input(name: str, *, new: bool) -> Element:
    return box(
        "input", "field", id=name, name=name, type="password",
        autocomplete="new-password" if new else "current-password", maxlength=str(LONGEST_PASSWORD), required="",
    )  # fmt: skip


def _hint(field: Element, name: str, words: str) -> None:
    if words:
        field.props["aria-describedby"] = name
        text("p", words, "field-hint", id=name)
