"""What is on the screen and what a click calls. Importing this package registers every page."""

from pages import login, reset, theme
from pages.parent import invitations, wallet

theme.install()

__all__ = ["invitations", "login", "reset", "wallet"]
