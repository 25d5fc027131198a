"""Where one is signed in: each browser by a name people know, its last use, and the way to end it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from nicegui import ui

from creos_ui import clock
from creos_ui.services.accounts import sessions
from creos_ui.services.accounts.devices import device_of
from creos_ui.services.accounts.sessions import OpenSession
from creos_ui.texts import day
from creos_ui.web.cutting import cut
from pages.elements.buttons import button
from pages.elements.cards import line
from pages.elements.html import box
from pages.elements.notices import notify, notify_done
from pages.reader import Person, Reader

HELD = {"iPhone", "iPad", "Mac"}  # French works sur un iPhone, but sous Windows


class SessionList:
    """The open sessions of one person; ending one revokes its row first, then cuts its pages."""

    def __init__(self, me: Person) -> None:
        self.me = me
        self._place = box("div", id="sessions", tabindex="-1")

    async def show(self) -> None:
        found = await sessions.open_sessions(self.me.account_id)
        self._place.clear()
        with self._place:
            for session in sorted(found, key=lambda s: s.session_id != self.me.session_id):
                self._line(session)
            if len(found) > 1:
                with box("div", "line"):
                    button(self.me.t("profile.session_end_others"), "plain", self.end_others)

    async def end(self, session: OpenSession) -> None:
        if await sessions.revoke_of(self.me.account_id, session.session_id):
            await cut({session.session_id})
            notify_done(self.me.t("profile.session_ended", device=device_name(session.device, self.me)))
        else:
            notify(self.me.t("profile.session_gone"))
        await self._show_again()

    async def end_others(self) -> None:
        await cut(set(await sessions.revoke_others(self.me.account_id, self.me.session_id)))
        notify_done(self.me.t("profile.sessions_ended"))
        await self._show_again()

    async def _show_again(self) -> None:
        await self.show()
        with self._place:  # the button that was clicked, and had the focus, is gone
            ui.run_javascript("document.getElementById('sessions').focus()")

    def _line(self, session: OpenSession) -> None:
        name = device_name(session.device, self.me)
        if session.session_id == self.me.session_id:
            line(name, self.me.t("profile.session_this"))
            return
        with line(name, self.me.t("profile.session_used", when=moment(session.last_used_at, self.me))):
            label = self.me.t("profile.session_end_label", device=name)
            button(self.me.t("profile.session_end"), "quiet", partial(self.end, session), aria_label=label)


def device_name(user_agent: str, reader: Reader) -> str:
    """« Chrome sous Android », « Safari sur iPhone »; what is not known is said in words."""
    device = device_of(user_agent)
    key = "profile.device_on" if device.system in HELD or not device.system else "profile.device_under"
    browser = device.browser or reader.t("profile.device_browser")
    system = device.system or reader.t("profile.device_system")
    return reader.t(key, browser=browser, system=system)


def moment(at: datetime, reader: Reader) -> str:
    """« hier à 21:14 », by the school's clock."""
    local, today = at.astimezone(clock.SCHOOL_ZONE), clock.today()
    time = f"{local:%H:%M}"
    if local.date() == today:
        return reader.t("profile.when_today", time=time)
    if local.date() == today - timedelta(days=1):
        return reader.t("profile.when_yesterday", time=time)
    return reader.t("profile.when_day", day=day(local.date()), time=time)
