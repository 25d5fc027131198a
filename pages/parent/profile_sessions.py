"""Where one is signed in: each browser by a name people know, its last use, and the way to end it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from nicegui import ui

from creos_ui import clock
from creos_ui.services.accounts import sessions
from creos_ui.services.accounts.devices import device_of
from creos_ui.services.accounts.sessions import OpenSession, SignedIn
from creos_ui.texts import day, t
from creos_ui.web.cutting import cut
from pages.elements.html import box, button, fixed, said
from pages.frame import notify_done

HELD = {"iPhone", "iPad", "Mac"}  # French works sur un iPhone, but sous Windows


class SessionList:
    """The open sessions of one person; ending one revokes its row first, then cuts its pages."""

    def __init__(self, me: SignedIn, language: str) -> None:
        self.me, self.language = me, language
        self._place = box("div", id="sessions", tabindex="-1")

    async def show(self) -> None:
        found = await sessions.open_sessions(self.me.account_id)
        self._place.clear()
        with self._place:
            for session in sorted(found, key=lambda s: s.session_id != self.me.session_id):
                self._line(session)
            if len(found) > 1:
                with box("div", "line"):
                    button(t("profile.session_end_others", self.language), "plain", self.end_others)

    async def end(self, session: OpenSession) -> None:
        if await sessions.revoke_of(self.me.account_id, session.session_id):
            await cut({session.session_id})
            notify_done(t("profile.session_ended", self.language, device=device_name(session.device, self.language)))
        else:
            ui.notify(t("profile.session_gone", self.language), timeout=6000)
        await self._show_again()

    async def end_others(self) -> None:
        await cut(set(await sessions.revoke_others(self.me.account_id, self.me.session_id)))
        notify_done(t("profile.sessions_ended", self.language))
        await self._show_again()

    async def _show_again(self) -> None:
        await self.show()
        ui.run_javascript("document.getElementById('sessions').focus()")  # the button that had it is gone

    def _line(self, session: OpenSession) -> None:
        this = session.session_id == self.me.session_id
        name = device_name(session.device, self.language)
        used = t("profile.session_used", self.language, when=moment(session.last_used_at, self.language))
        with box("div", "line"):
            fixed(said(name, t("profile.session_this", self.language) if this else used), "grow")
            if not this:
                label = t("profile.session_end_label", self.language, device=name)
                end = partial(self.end, session)
                button(t("profile.session_end", self.language), "quiet", end, aria_label=label)


def device_name(user_agent: str, language: str) -> str:
    """« Chrome sous Android », « Safari sur iPhone »; what is not known is said in words."""
    device = device_of(user_agent)
    key = "profile.device_on" if device.system in HELD or not device.system else "profile.device_under"
    browser = device.browser or t("profile.device_browser", language)
    system = device.system or t("profile.device_system", language)
    return t(key, language, browser=browser, system=system)


def moment(at: datetime, language: str) -> str:
    """« hier à 21:14 », by the school's clock."""
    local, today = at.astimezone(clock.SCHOOL_ZONE), clock.today()
    time = f"{local:%H:%M}"
    if local.date() == today:
        return t("profile.when_today", language, time=time)
    if local.date() == today - timedelta(days=1):
        return t("profile.when_yesterday", language, time=time)
    return t("profile.when_day", language, day=day(local.date()), time=time)
