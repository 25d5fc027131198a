"""What is on the screen and what a click calls. creos_ui/app.py imports every file, which registers its pages."""

from pages import theme

theme.install()
