"""What makes a page light, and that it stays harmless."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from markupsafe import Markup
from nicegui import helpers
from nicegui.observables import ObservableList

from creos_ui.web import patches
from pages.elements.cards import name_and_words
from pages.elements.html import rewrite


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Whose signature was inspected; the patch is applied, and taken away again."""
    seen: list[Any] = []
    inner: Callable[..., Any] = helpers.functions.signature  # type: ignore[attr-defined]

    def signature(func: Any) -> Any:
        seen.append(func)
        return inner(func)

    monkeypatch.setattr(helpers.functions, "signature", signature)
    monkeypatch.setattr(helpers, "expects_arguments", helpers.functions.expects_arguments)
    patches.inspect_each_method_once()
    return seen


def test_a_method_of_niceguis_is_asked_once_what_it_expects(asked: list[Any]) -> None:
    lists = [ObservableList() for _ in range(3)]
    assert [helpers.expects_arguments(one._handle_change) for one in lists] == [False] * 3
    assert [helpers.expects_arguments(one.append) for one in lists] == [True] * 3
    assert len(asked) == 2


def test_a_handler_of_ours_is_asked_each_time(asked: list[Any]) -> None:
    class Page:
        def plain(self) -> None: ...

        def told(self, event: object) -> None: ...

    assert [helpers.expects_arguments(handler) for handler in (Page().plain, Page().told, lambda: None)] == [
        False,
        True,
        False,
    ]
    assert len(asked) == 3


def test_only_escaped_words_become_html() -> None:
    class Held:
        props: dict[str, str] = {}

    held: Any = Held()
    with pytest.raises(AssertionError):
        rewrite(held, "<b>a name</b>")  # type: ignore[arg-type]
    assert held.props == {}
    rewrite(held, name_and_words("<img src=x onerror=alert(1)>", 'a "quoted" one', "id"))
    assert held.props["innerHTML"] == (
        '<p class="name" id="id">&lt;img src=x onerror=alert(1)&gt;</p>'
        '<p class="muted" id="id-text">a &#34;quoted&#34; one</p>'
    )
    rewrite(held, Markup("<p>{}</p>").format("&"))
    assert held.props["innerHTML"] == "<p>&amp;</p>"
