"""The frame around every signed-in page, the confirmation dialog, and how a refusal is shown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager

from markupsafe import Markup
from nicegui import ui

from creos_ui.errors import DomainError
from creos_ui.services.accounts.sessions import SignedIn
from creos_ui.services.money import ledger
from creos_ui.texts import LANGUAGES, t
from creos_ui.web.page_changes import Following
from creos_ui.web.serving import settings
from pages.elements.html import box, button, fixed, once_button, speak, text

# (path, name in the menu and the header, short name under the thumb); what is here works
PAGES = [
    ("/invitations", "menu.invitations", "menu.invitations_short"),
    ("/wallet", "menu.wallet", "menu.wallet_short"),
    ("/calendar", "menu.calendar", "menu.calendar_short"),
    ("/profile", "menu.profile", "menu.profile_short"),
]
UNDER_THE_THUMB = 3  # of them, beside the menu; a phone has no room for more


class WalletPill:
    """The wallet's balance in the header, which leads to the wallet; after each change it and the page look again."""

    def __init__(self, balance_cents: int, me: SignedIn, language: str) -> None:
        self._guardian_id, self._language = me.guardian_id, language
        self.balance_cents = balance_cents
        self.changed: Callable[[], Awaitable[None]] | None = None  # what else the page then shows
        with box("a", "wallet-pill", href="/wallet"):
            text("span", t("wallet.label", language) + " ", "label")
            # live, but no role=status: its words are the link's name
            self._amount = text(
                "span", t("money", language, amount_cents=balance_cents), "num", aria_live="polite", aria_atomic="true"
            )
        self._amount.props["data-testid"] = "balance"
        self._following = Following(self._look)
        self._following.follow(me.guardian_id)

    def follow(self, guardian_ids: Iterable[int]) -> None:
        """Whose changes else this page shows."""
        self._following.follow(*guardian_ids)

    def look(self) -> None:
        """As after a change, where none was announced."""
        self._following.changed()

    async def _look(self) -> None:
        self.balance_cents = await ledger.balance_cents(self._guardian_id)
        self._amount.set_text(t("money", self._language, amount_cents=self.balance_cents))
        if self.changed:
            await self.changed()


@contextmanager
def frame(title: str, me: SignedIn, language: str, *, path: str, balance_cents: int) -> Iterator[WalletPill]:
    """Header with wallet and menu, bottom navigation on a phone, and the page between them."""
    school = settings().school_name
    speak(language, f"{title} – {school}")
    with ui.header(wrap=False).classes("portal-header"):
        fixed(
            _HEADER.format(
                skip=t("app.skip", language),
                school=school,
                title=title,
                main=t("menu.main", language),
                links=_links([(target, t(name, language)) for target, name, _ in PAGES[:UNDER_THE_THUMB]], path),
            )
        )
        pill = WalletPill(balance_cents, me, language)
        with ui.button(color=None).props("flat no-caps").classes("person") as person:
            person.props["aria-label"] = t("menu.open", language, name=me.name)
            person.props["aria-haspopup"] = "menu"
            fixed(_PERSON.format(initials=_initials(me.name), name=me.name))
        _opens_menu(person, language)
    with ui.footer(wrap=False).classes("portal-footer"):
        fixed(_links([(target, t(short, language)) for target, _, short in PAGES[:UNDER_THE_THUMB]], path))
        _opens_menu(ui.button(t("menu.title", language), color=None).props("flat no-caps"), language)
    with box("div", "portal-main", id="content", tabindex="-1"):
        yield pill


_HEADER = Markup(
    '<a class="skip" href="#content">{skip}</a>'
    '<a class="brand" href="/invitations" aria-label="{school}"><span class="logo" aria-hidden="true">C</span>'
    '<span class="brand-name">{school}</span><span class="page-name" aria-hidden="true">{title}</span></a>'
    '<nav class="portal-nav" aria-label="{main}">{links}</nav>'
)
_PERSON = Markup(
    '<span class="avatar" aria-hidden="true">{initials}</span><span>{name}</span><span aria-hidden="true">▾</span>'
)


def _links(targets: list[tuple[str, str]], here: str) -> Markup:
    links = Markup("")
    for target, label in targets:
        current = Markup(' aria-current="page"') if target == here else ""
        links += Markup('<a href="{}"{}>{}</a>').format(target, current, label)
    return links


def _opens_menu(button: ui.button, language: str) -> None:
    """The menu is made when it is first asked for: most pages are left without it, and it is half a frame's weight."""
    made: list[ui.menu] = []

    def first_click() -> None:
        if not made:  # from then on the menu hears the clicks itself
            with button:
                made.append(_menu(language))
            made[0].open()

    button.on("click", first_click, [])


def _menu(language: str) -> ui.menu:
    """What is in it works; pages to come are not in it yet."""
    with ui.menu().classes("portal-menu").props("auto-close") as menu:
        for target, name, _ in PAGES:
            _item(t(name, language)).props(f"href={target}")
        ui.separator()
        for other in LANGUAGES:
            if other != language:
                language_item(other)
        _item(t("menu.sign_out", language)).on("click", js_handler=_posts("/logout"))
    return menu


def _item(label: str) -> ui.menu_item:
    return ui.menu_item(label).props("role=menuitem")  # Quasar calls it a list item, which no menu may hold


def language_item(language: str) -> ui.menu_item:
    """The menu item that chooses this language."""
    return _item(t("language.name", language)).props(f"lang={language}").on("click", js_handler=speaks(language))


def speaks(language: str) -> str:
    """What a click does in the browser to change the language, and come back to the same page."""
    assert language in LANGUAGES
    return _posts("/language", language=f'"{language}"', next="location.pathname")


def _posts(action: str, **fields: str) -> str:
    """A click sends a native form, of fields and the JavaScript that gives their values: a cookie changes by POST, and
    a socket cannot."""
    values = ", ".join(f"{name}: {value}" for name, value in fields.items())
    return f"""() => {{
        const form = document.body.appendChild(document.createElement("form"));
        form.method = "post"; form.action = "{action}"; form.hidden = true;
        for (const [name, value] of Object.entries({{{values}}}))
            Object.assign(form.appendChild(document.createElement("input")), {{name, value}});
        form.submit(); }}"""


def _initials(name: str) -> str:
    return "".join(part[0] for part in name.split()[:2]).upper()


@contextmanager
def refusals_shown(language: str) -> Iterator[None]:
    """Show a DomainError as a notice and carry on. Anything else is a bug and goes to the log."""
    try:
        yield
    except DomainError as refusal:
        notify_refusal(refusal, language)


def notify_refusal(refusal: DomainError, language: str) -> None:
    values = {"contact": settings().school_contact} | refusal.values  # whom to ask, where the sentence says it
    ui.notify(t(refusal.text_key, language, **values), type="negative", timeout=8000, close_button="✕")


def notify_done(message: str) -> None:
    """Say in words what was done."""
    ui.notify(message, type="positive", timeout=6000)


@contextmanager
def dialog_card(title: str, *, wide: bool = False) -> Iterator[ui.dialog]:
    """A dialog named by its title: it traps the focus and gives it back; Escape and a click beside it mean no."""
    with ui.dialog() as dialog:
        name = f"title-{dialog.id}"
        dialog.props["aria-labelledby"] = name
        dialog.on("hide", dialog.delete, [])  # not earlier: when it is hidden the focus has gone back to its opener
        with ui.card().classes("dialog wide" if wide else "dialog"):
            text("h2", title, id=name)
            yield dialog


async def asked(dialog: ui.dialog) -> bool:
    """Open the dialog and wait for the answer; anything but its yes is no."""
    return bool(await dialog)


def answer_buttons(dialog: ui.dialog, language: str, *, yes: str, kind: str = "primary") -> None:
    """Annuler, where the focus is, and the yes that repeats what it does."""
    with box("div", "buttons"):
        button(t("action.cancel", language), "plain", lambda: dialog.submit(False), autofocus="")
        once_button(yes, kind, lambda: dialog.submit(True))
