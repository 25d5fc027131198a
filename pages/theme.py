"""The look of every page, set once: our style sheet, and Quasar's own colours and bar out of its way."""

from __future__ import annotations

from nicegui import app, ui

from creos_ui.web.assets import asset_url


def install() -> None:
    """Before the first page is built."""
    ui.add_head_html(f'<link rel="stylesheet" href="{asset_url("theme.css")}">', shared=True)
    # Quasar would write its colours on the body, over the style sheet's, where dark mode could not reach them
    app.config.quasar_config["brand"].clear()
    # a bar for requests of a kind the portal never makes, and without a name for those who listen to the page
    app.config.quasar_config["loadingBar"]["skipHijack"] = True
