"""The settings of the running process, for pages and the code around them."""

from __future__ import annotations

from creos_ui import keyed_hash
from creos_ui.settings import Settings

_serving: list[Settings] = []


def use(settings: Settings) -> None:
    """Serve with these settings from now on."""
    _serving[:] = [settings]
    keyed_hash.use(settings.secret.get_secret_value().encode())


def settings() -> Settings:
    """The settings this process serves with."""
    assert _serving, "serving.use(settings) comes first"
    return _serving[0]
