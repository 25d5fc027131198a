"""The same twenty rows in bare NiceGUI, without a database, a session or a rule: how long the framework alone takes.

python -m bench.bare PORT
"""

from __future__ import annotations

import sys

from nicegui import ui

from bench.seed import ROWS

COLUMNS = "abcdefghij"


def page() -> None:
    columns = [{"name": name, "label": name, "field": name} for name in COLUMNS]
    rows = [{"id": number, **{name: f"{name}{number}" for name in COLUMNS}} for number in range(ROWS)]
    table = ui.table(columns=columns, rows=rows, row_key="id")
    table.add_slot(
        "body-cell-j",
        '<q-td :props="props" :data-testid="\'row-\' + props.row.id"><q-btn class="btn primary" label="Payer"'
        " @click=\"() => $parent.$emit('pay', props.row.id)\"></q-btn></q-td>",
    )


if __name__ == "__main__":
    ui.page("/invitations")(page)
    ui.run(host="127.0.0.1", port=int(sys.argv[1]), show=False, reload=False, show_welcome_message=False)
