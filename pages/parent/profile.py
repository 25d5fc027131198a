"""Mon profil: short cards, one decision a line. What needs the password has a form on a page of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nicegui import ui
from nicegui.element import Element

from creos_ui.services.accounts.profile import Profile, choose_notice, profile_of
from creos_ui.services.accounts.sessions import SignedIn
from creos_ui.services.invitations import automatic
from creos_ui.services.money import ledger
from creos_ui.texts import LANGUAGES, t
from creos_ui.web.finishing import to_the_end
from creos_ui.web.outcomes import handed
from models import SWITCHES, MailKind
from pages.elements.html import box, button, fixed, said, text
from pages.frame import answer_buttons, asked, dialog_card, frame, notify_done, refusals_shown, speaks
from pages.parent.profile_sessions import SessionList
from pages.reader import Language, Me

PATH = "/profile"


@ui.page(PATH)
async def profile_page(me: Me, language: Language, answer: str = "") -> None:
    profile = await profile_of(me.account_id)
    balance = await ledger.balance_cents(me.guardian_id)
    title = t("menu.profile", language)
    with frame(title, me, language, path=PATH, balance_cents=balance):
        text("h1", title)
        text("p", profile.identifier, "muted")
        if done := handed(me.session_id, answer).done:
            text("p", t(done, language), "note", role="status")
        with box("div", "profile"):
            with box("div"):
                contact_card(profile, language)
                security_card(profile, language)
                with card("sessions", t("profile.sessions", language)):
                    await SessionList(me, language).show()
            with box("div"):
                automatic_card(profile, me, language)
                notices_card(profile, me, language)
                children_card(profile, language)
                data_card(language)


def contact_card(profile: Profile, language: str) -> None:
    with card("contact", t("profile.contact", language)):
        line(t("profile.name", language), t("profile.name_text", language, name=profile.name))
        line(t("profile.identifier", language), profile.identifier)
        email = profile.email or t("profile.no_email", language)
        if profile.email and profile.email_failed:
            email = t("profile.email_failed", language, email=profile.email)
        with line(t("profile.email", language), email):
            link(t("profile.change", language), "/profile/email", t("profile.email_label", language))
        with (
            line(t("profile.language", language), t("language.name", language)),
            box("div", "languages", role="group", aria_label=t("profile.language", language)),
        ):
            for other in LANGUAGES:  # a cookie changes by POST alone: each submits its form
                choice = ui.button(t("language.short", other), color=None).classes("chip").props("unelevated no-caps")
                choice.props.update(
                    {
                        "lang": other,
                        "aria-label": t("language.name", other),
                        "aria-pressed": str(other == language).lower(),
                    }
                )
                choice.on("click", js_handler=speaks(other))


def security_card(profile: Profile, language: str) -> None:
    with card("security", t("profile.security", language)):
        with line(t("profile.password", language), t("profile.password_text", language)):
            link(t("profile.change", language), "/profile/password", t("profile.password_label", language))
        if profile.second_factor:
            state = t("profile.factor_on", language, count=profile.codes_left)
            action, label = t("profile.factor_manage", language), t("profile.factor_manage_label", language)
        else:
            state = t("profile.factor_off", language)
            action, label = t("profile.factor_switch_on", language), t("factor.switch_on", language)
        with line(t("profile.factor", language), state):
            link(action, "/profile/second-factor", label)


def automatic_card(profile: Profile, me: SignedIn, language: str) -> None:
    """Switching it on pays what waits: asked for before, and told after."""

    async def choose(on: bool) -> bool:
        if on and not await _confirm_automatic(language):
            return False
        with refusals_shown(language):
            paid = await to_the_end(automatic.set_pays_mandatory(me.guardian_id, on))
            if not on:
                notify_done(t("profile.mandatory_off", language))
            elif paid:
                notify_done(t("profile.mandatory_paid", language, count=len(paid)))
            else:
                notify_done(t("profile.mandatory_on", language))
            return True
        return False

    with card("automatic", t("profile.automatic", language)):
        name = t("profile.mandatory", language)
        with line(name, t("profile.mandatory_text", language), name_id="pays-mandatory"):
            switch("pays-mandatory", profile.pays_mandatory, choose)


async def _confirm_automatic(language: str) -> bool:
    with dialog_card(t("profile.mandatory_title", language)) as dialog:
        text("p", t("profile.mandatory_confirm", language))
        answer_buttons(dialog, language, yes=t("profile.mandatory_yes", language))
    return await asked(dialog)


def notices_card(profile: Profile, me: SignedIn, language: str) -> None:
    def chosen(kind: MailKind, name: str) -> Callable[[bool], Any]:
        async def choose(on: bool) -> bool:
            await choose_notice(me.account_id, kind, on)
            said = "profile.saved_on" if on else "profile.saved_off"
            notify_done(t(said, language, what=name))
            return True

        return choose

    with card("notices", t("profile.notices", language)):
        for kind in SWITCHES:
            name = t(f"mail.notice_{kind}", language)
            with line(name, t(f"mail.notice_{kind}_text", language), name_id=f"notice-{kind}"):
                switch(f"notice-{kind}", kind in profile.notices, chosen(kind, name))
        text("p", t("profile.notices_security", language), "muted foot")


def children_card(profile: Profile, language: str) -> None:
    with card("children", t("profile.children", language)):
        for child in profile.children:
            line(child.name, child.class_name or t("profile.no_class", language))
        if not profile.children:
            text("p", t("profile.no_children", language), "muted foot")


def data_card(language: str) -> None:
    with (
        card("data", t("profile.data", language)),
        line(t("profile.data_all", language), t("profile.data_text", language)),
    ):
        download = link(t("profile.download", language), "/profile/my-data.zip", t("profile.data_label", language))
        download.props["download"] = ""


@contextmanager
def card(name: str, title: str) -> Iterator[None]:
    with box("section", "card", aria_labelledby=f"card-{name}"):
        text("h2", title, id=f"card-{name}")
        yield


def line(name: str, words: str, *, name_id: str = "") -> Element:
    """One decision: what it is, in words how it stands, and (inside `with`) what can be done about it."""
    with box("div", "line") as whole:
        fixed(said(name, words, name_id), "grow")
    return whole


def link(label: str, target: str, name: str) -> ui.button:
    """A link that looks like a button; `name` says of what, to who hears it without its line."""
    return button(label, "plain", href=target, aria_label=name)


def switch(name_id: str, on: bool, choose: Callable[[bool], Any]) -> None:
    """A switch named by its line. `choose(on)` says whether it was done; else the switch goes back."""
    now = on

    async def changed(e: Any) -> None:
        nonlocal now
        wanted = e.value
        if not isinstance(wanted, bool):  # a browser may send anything
            element.set_value(now)
        if not isinstance(wanted, bool) or wanted == now:
            return
        before, now = now, wanted
        try:
            done = await choose(wanted)
        except Exception:
            now = before
            element.set_value(before)
            raise
        if not done:
            now = before
        element.set_value(now)

    element = ui.switch(value=on, on_change=changed)
    element.props["aria-labelledby"], element.props["aria-describedby"] = name_id, f"{name_id}-text"
