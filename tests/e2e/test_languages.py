"""The portal in each of its languages, before and after signing in, at a desk and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from creos_ui.texts import LANGUAGES, QUASAR, t
from pages.parent.invitation_grid import COLUMNS
from tests.e2e.conftest import Visitor, axe_faults, both_sizes
from tests.portal import PASSWORD

# one sentence of each page as it must read, so that a catalogue filled with another language's words is noticed
SAID = {
    "fr": ("Veuillez utiliser votre identifiant", "Mes invitations", "attendent votre réponse"),
    "nl": ("Gebruik uw gebruikersnaam en niet uw e-mailadres", "Mijn uitnodigingen", "wachten op uw antwoord"),
    "de": ("Bitte geben Sie Ihren Benutzernamen ein", "Meine Einladungen", "warten auf Ihre Antwort"),
    "en": ("Please use your identifier", "My invitations", "await your answer"),
}


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def fits(page: Page) -> bool:
    """Nothing to scroll sideways, and no button cuts its own words."""
    return bool(
        page.evaluate(
            """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth
                && [...document.querySelectorAll('.btn, .portal-footer a, .portal-footer .q-btn')]
                    .filter(e => e.offsetWidth).every(e => e.scrollWidth <= e.clientWidth + 1
                        && e.getBoundingClientRect().right <= document.documentElement.clientWidth)"""
        )
    )


def speaks(page: Page, language: str) -> None:
    """The lang attribute, and Quasar's own words."""
    assert page.evaluate("document.documentElement.lang") == QUASAR[language]
    assert page.evaluate("Quasar.Lang.props.isoName") == QUASAR[language]


def choose(page: Page, language: str) -> None:
    """By the menu, as a person does; each language stands in it under its own name."""
    item = page.get_by_role("menuitem", name=t("language.name", language), exact=True)
    assert item.get_attribute("lang") == language
    with page.expect_navigation():
        item.click()
    page.wait_for_function("window.did_handshake === true")


def open_menu(page: Page, size: str, spoken: str) -> None:
    if size == "phone":
        page.get_by_role("button", name=t("menu.title", spoken), exact=True).click()
    else:
        page.get_by_role("button", name=t("menu.open", spoken, name="Dubois Jacqueline")).click()
    expect(page.get_by_role("menu")).to_be_visible()


@both_sizes
def test_before_signing_in(visit: Callable[..., Visitor], size: str, language: str) -> None:
    visitor = visit(size, locale="en-US", reduced_motion="reduce")
    page = visitor.open("/login")
    speaks(page, "fr")  # English must be chosen
    if language != "fr":
        page.get_by_role("button", name=t("language.choose", "fr")).click()
        choose(page, language)

    speaks(page, language)
    expect(page.get_by_text(SAID[language][0])).to_be_visible()
    assert fits(page)
    assert axe_faults(page) == []

    page.get_by_label(t("login.identifier", language)).fill(visitor.identifier)
    page.get_by_label(t("login.password", language)).fill("falsch, fout, faux, wrong")
    page.get_by_role("button", name=t("login.submit", language)).click()
    expect(page.get_by_role("alert")).to_have_text(t("error.sign_in", language))
    assert fits(page)

    # the choice goes along into the session; the account has none of its own yet
    page.get_by_label(t("login.password", language)).fill(PASSWORD)
    page.get_by_role("button", name=t("login.submit", language)).click()
    expect(page.get_by_role("heading", name=SAID[language][1])).to_be_attached()
    speaks(page, language)


@pytest.mark.parametrize(("locale", "spoken"), [("nl-BE", "nl"), ("de-DE", "de"), ("en-GB", "fr"), ("pl-PL", "fr")])
def test_the_browser_is_asked_until_somebody_chooses(visit: Callable[..., Visitor], locale: str, spoken: str) -> None:
    page = visit(locale=locale).open("/login")
    speaks(page, spoken)
    expect(page.get_by_role("heading", name=t("login.title", spoken))).to_be_visible()


@both_sizes
def test_after_signing_in(visit: Callable[..., Visitor], size: str, language: str) -> None:
    visitor = visit(size, reduced_motion="reduce")
    visitor.sign_in()
    page = visitor.open()
    if language == "fr":  # it is chosen again from another, so that all four are chosen here once
        open_menu(page, size, "fr")
        choose(page, "nl")
    open_menu(page, size, "nl" if language == "fr" else "fr")
    choose(page, language)

    speaks(page, language)
    assert page.title().startswith(SAID[language][1])
    expect(page.get_by_text(SAID[language][2])).to_be_visible()
    assert fits(page)
    assert axe_faults(page) == []
    sql = "SELECT language FROM account WHERE identifier = ?"
    assert visitor.portal.query(sql, visitor.identifier) == [(language,)]

    # a refusal, in words, and then the dialog
    page.get_by_role("button", name=said("action.decline_label", language, title="Musée du jouet")).click(force=True)
    expect(page.get_by_text(t("error.mandatory", language))).to_be_visible()
    page.get_by_role("button", name=said("action.pay_label", language, title="Musée du jouet")).click()
    dialog = page.get_by_role("dialog", name=t("confirm.title", language))
    expect(dialog).to_contain_text(t("confirm.pay", language))
    after = t("money", language, amount_cents=3_700).replace("\u00a0", " ")
    expect(dialog).to_contain_text(f"{t('confirm.after', language)}{after}")
    assert fits(page)
    assert axe_faults(page, "[role=dialog]") == []
    dialog.get_by_role("button", name=t("action.cancel", language)).click()
    expect(dialog).to_have_count(0)

    # not enough credit
    page.get_by_role("button", name=said("action.pay_label", language, title="Classes vertes")).click()
    dialog = page.get_by_role("dialog", name=t("credit.title", language))
    expect(dialog).to_contain_text(t("credit.how", language))
    assert fits(page)
    assert axe_faults(page, "[role=dialog]") == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_role("checkbox").first.check()
    expect(page.get_by_role("region", name=t("column.select", language))).to_be_visible()
    assert fits(page)


def test_all_ten_columns_fit_in_every_language(visit: Callable[..., Visitor], language: str) -> None:
    visitor = visit("desktop")
    visitor.sign_in()
    visitor.context.request.post(
        f"{visitor.portal.url}/language", form={"language": language}, headers={"Origin": visitor.portal.url}
    )
    page = visitor.open()
    heads = page.get_by_role("columnheader")
    expect(heads).to_have_count(len(COLUMNS) + 2)
    for position, name in enumerate([*COLUMNS, "actions"], start=1):
        expect(heads.nth(position)).to_contain_text(t(f"column.{name}", language))
    tabs = page.get_by_role("group", name=t("invitations.tabs", language))
    for name in ("open", "paid", "declined", "all"):
        tab = tabs.get_by_role("button", name=t(f"invitations.tab_{name}", language))
        tab.click()
        expect(tab).to_have_attribute("aria-pressed", "true")
        wide = page.evaluate(
            """() => { const grid = document.querySelector('.grid .q-table__middle');
                return grid.scrollWidth - grid.clientWidth; }"""
        )
        assert wide <= 0, name
    assert fits(page)


def test_the_account_s_language_follows_to_another_browser(visit: Callable[..., Visitor]) -> None:
    visitor = visit("desktop")
    visitor.sign_in()
    page = visitor.open()
    open_menu(page, "desktop", "fr")
    choose(page, "de")
    visitor.context.clear_cookies()
    visitor.sign_in()  # nothing but the session's own cookie
    page = visitor.open()
    speaks(page, "de")


def said(key: str, language: str, *, title: str) -> re.Pattern[str]:
    """A label's beginning or end, whatever stands where the child's name is."""
    before, _, _ = t(key, language, title=title, pupil="\0").partition("\0")
    return re.compile(re.escape(before))
