"""Mon profil: short cards, one decision a line. What needs the password has a form on a page of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from nicegui import ui
from starlette.responses import Response

from creos_ui import clock
from creos_ui.services.accounts import own_data
from creos_ui.services.accounts.profile import Profile, choose_notice, profile_of
from creos_ui.services.invitations import automatic
from creos_ui.texts import LANGUAGES, t
from creos_ui.web.finishing import to_the_end
from models import SWITCHES, MailKind
from pages.elements.cards import card, line, link, switch
from pages.elements.dialogs import answer_buttons, asked, dialog_card
from pages.elements.html import box, text
from pages.elements.notices import done_note, notify_done, refusals_shown
from pages.language import chooses
from pages.own.form_page import last_outcome
from pages.own.own_frame import own_frame
from pages.own.profile_sessions import SessionList
from pages.reader import Parent, Person, Somebody
from pages.routes import router

PATH = "/profile"


@ui.page(PATH)
async def profile_page(me: Somebody, answer: str = "") -> None:
    profile = await profile_of(me.account_id)
    title = me.t("menu.profile")
    with await own_frame(title, me, path=PATH):
        text("h1", title)
        text("p", profile.identifier, "muted")
        if done := last_outcome(me, answer).done:
            done_note(me.t(done))
        with box("div", "profile"):
            with box("div"):
                contact_card(profile, me)
                security_card(profile, me)
                with card("sessions", me.t("profile.sessions")):
                    await SessionList(me).show()
            with box("div"):
                if isinstance(me, Parent):
                    automatic_card(profile, me)
                    notices_card(profile, me)
                    children_card(profile, me)
                data_card(me)


def contact_card(profile: Profile, me: Person) -> None:
    with card("contact", me.t("profile.contact")):
        line(me.t("profile.name"), me.t("profile.name_text", name=profile.name))
        line(me.t("profile.identifier"), profile.identifier)
        email = profile.email or me.t("profile.no_email")
        if profile.email and profile.email_failed:
            email = me.t("profile.email_failed", email=profile.email)
        with line(me.t("profile.email"), email):
            link(me.t("profile.change"), "/profile/email", me.t("profile.email_label"))
        with (
            line(me.t("profile.language"), me.t("language.name")),
            box("div", "languages", role="group", aria_label=me.t("profile.language")),
        ):
            for other in LANGUAGES:  # a cookie changes by POST alone: each submits its form
                choice = ui.button(t("language.short", other), color=None).classes("chip").props("unelevated no-caps")
                choice.props.update(
                    {
                        "lang": other,
                        "aria-label": t("language.name", other),
                        "aria-pressed": str(other == me.language).lower(),
                    }
                )
                choice.on("click", js_handler=chooses(other))


def security_card(profile: Profile, me: Person) -> None:
    with card("security", me.t("profile.security")):
        with line(me.t("profile.password"), me.t("profile.password_text")):
            link(me.t("profile.change"), "/profile/password", me.t("profile.password_label"))
        if profile.second_factor:
            state = me.t("profile.factor_on", count=profile.codes_left)
            action, label = me.t("profile.factor_manage"), me.t("profile.factor_manage_label")
        else:
            state = me.t("profile.factor_off")
            action, label = me.t("profile.factor_switch_on"), me.t("factor.switch_on")
        with line(me.t("profile.factor"), state):
            link(action, "/profile/second-factor", label)


def automatic_card(profile: Profile, me: Parent) -> None:
    """Switching it on pays what waits: asked before, and reported after."""

    async def choose(on: bool) -> bool:
        if on and not await _confirm_automatic(me):
            return False
        with refusals_shown(me):
            paid = await to_the_end(automatic.set_pays_mandatory(me.guardian_id, on))
            if not on:
                notify_done(me.t("profile.mandatory_off"))
            elif paid:
                notify_done(me.t("profile.mandatory_paid", count=len(paid)))
            else:
                notify_done(me.t("profile.mandatory_on"))
            return True
        return False

    with card("automatic", me.t("profile.automatic")):
        name = me.t("profile.mandatory")
        with line(name, me.t("profile.mandatory_text"), name_id="pays-mandatory"):
            switch("pays-mandatory", profile.pays_mandatory, choose)


async def _confirm_automatic(me: Person) -> bool:
    with dialog_card(me.t("profile.mandatory_title")) as dialog:
        text("p", me.t("profile.mandatory_confirm"))
        answer_buttons(dialog, me, yes=me.t("profile.mandatory_yes"))
    return await asked(dialog)


def notices_card(profile: Profile, me: Person) -> None:
    def chosen(kind: MailKind, name: str) -> Callable[[bool], Awaitable[bool]]:
        async def choose(on: bool) -> bool:
            await choose_notice(me.account_id, kind, on)
            notify_done(me.t("profile.saved_on" if on else "profile.saved_off", what=name))
            return True

        return choose

    with card("notices", me.t("profile.notices")):
        for kind in SWITCHES:
            name = me.t(f"mail.notice_{kind}")
            with line(name, me.t(f"mail.notice_{kind}_text"), name_id=f"notice-{kind}"):
                switch(f"notice-{kind}", kind in profile.notices, chosen(kind, name))
        text("p", me.t("profile.notices_security"), "muted foot")


def children_card(profile: Profile, me: Person) -> None:
    with card("children", me.t("profile.children")):
        for child in profile.children:
            line(child.name, child.class_name or me.t("profile.no_class"))
        if not profile.children:
            text("p", me.t("profile.no_children"), "muted foot")


def data_card(me: Person) -> None:
    with card("data", me.t("profile.data")), line(me.t("profile.data_all"), me.t("profile.data_text")):
        download = link(me.t("profile.download"), "/profile/my-data.zip", me.t("profile.data_label"))
        download.props["download"] = ""


@router.get(f"{PATH}/my-data.zip")
async def my_data(me: Somebody) -> Response:
    """All the portal keeps about this person (R60)."""
    content = await asyncio.to_thread(own_data.zipped, await own_data.own_data(me.account_id))
    name = f"creos-{clock.today():%Y-%m-%d}.zip"
    return Response(
        content, media_type="application/zip", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
