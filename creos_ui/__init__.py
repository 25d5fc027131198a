"""CREOS UI: the parent portal a communal school hosts itself."""
