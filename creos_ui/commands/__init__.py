"""The command line: one file a command, listed in creos_ui/__main__.py; what only it says are the texts command.*."""
