"""What is on the screen, and what a click calls."""

from __future__ import annotations

import importlib
import pkgutil

from fastapi import FastAPI

from pages import routes, theme


def register(app: FastAPI) -> None:
    """Each file, once imported, has registered its pages with NiceGUI and its routes with `routes.router`."""
    theme.install()
    for module in pkgutil.walk_packages(__path__, "pages."):
        importlib.import_module(module.name)
    app.include_router(routes.router)  # whole: a page registered at the same path would take a route of app's away
