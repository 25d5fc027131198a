"""What is on the screen and what a click calls. Importing this package registers every page."""

from pages import confirm_email, dev_mail, login, reset, theme
from pages.parent import invitations, wallet

theme.install()

__all__ = ["confirm_email", "dev_mail", "invitations", "login", "reset", "wallet"]
