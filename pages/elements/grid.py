"""A grid: Quasar's table with string slots, rows on a desktop and cards on a phone, one page at a time.

Python elements for each cell would cost 85 KB a row for each viewer; slots cost none. What a row shows comes in as
data: a slot's text is a template, so no name, title or other stored text may ever be written into one.
"""

from __future__ import annotations

from typing import Any

from nicegui import ui
from nicegui.element import Element


def grid(test_id: str, classes: str, *, cards_when: str, header: str, row: str, card: str) -> Element:
    """`cards_when`: the JavaScript that says whether there is room for cards only. The others are slots' templates.

    `set_rows` gives it its columns and rows.
    """
    table = ui.element("q-table").classes(classes)
    table.props(f':grid="{cards_when}" flat row-key=id hide-bottom hide-pagination')
    table.props.update({"data-testid": test_id, "pagination": {"rowsPerPage": 0}, "no-data-label": ""})
    table.on("update:pagination", js_handler="() => {}")  # else it asks for all rows a second time
    table.add_slot("header-cell", header)
    table.add_slot("body", row)
    table.add_slot("item", card)
    return table


def column(name: str, label: str, look: str = "", **more: Any) -> dict[str, Any]:
    """What the header's template knows of a column, as `props.col`."""
    return {"name": name, "field": name, "label": label, "look": look, **more}
