"""The wallet's movements: a table on a desktop, lines on a phone. Slots, as in invitation_grid.py: data stays data."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from creos_ui.services.money.wallet import Movement
from creos_ui.texts import day, t
from pages.elements.html import give

_HEADER = """<th scope="col" :class="props.col.look">{{ props.col.label }}</th>"""
_AUTO = """<span v-if="props.row.automatic" class="badge paid">{{ props.row.automatic }}</span>"""
_ROW = f"""
<tr :data-testid="'movement-' + props.row.id">
  <td class="num">{{{{ props.row.date }}}}</td>
  <td><span class="what">{{{{ props.row.what }}}}</span><span v-if="props.row.more"
    class="muted">{{{{ " – " + props.row.more }}}}</span> {_AUTO}</td>
  <td :class="['num amount', {{plus: props.row.plus}}]">{{{{ props.row.amount }}}}</td>
  <td class="num amount">{{{{ props.row.balance }}}}</td>
</tr>
"""
_CARD = f"""
<article class="movement" :data-testid="'movement-' + props.row.id">
  <div><div class="what">{{{{ props.row.what }}}}</div>
    <div v-if="props.row.more" class="muted">{{{{ props.row.more }}}}</div>
    <div class="muted num">{{{{ props.row.date }}}} {_AUTO}</div></div>
  <div class="right"><div :class="['num amount', {{plus: props.row.plus}}]">{{{{ props.row.amount }}}}</div>
    <div class="muted num"><span class="quiet-only">{{{{ props.row.balance_word }}}} </span>{{{{ props.row.balance
      }}}}</div>
  </div>
</article>
"""


class MovementGrid:
    """Shows one page of movements; nothing in it can be clicked."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._lines: list[Movement] | None = None
        self.table = ui.element("q-table").classes("grid movements")
        self.table.props(':grid="Quasar.Screen.width < 700" flat row-key=id hide-bottom hide-pagination')
        self.table.props["data-testid"] = "movements"
        self.table.props["pagination"] = {"rowsPerPage": 0}
        self.table.props["no-data-label"] = ""
        self.table.props["columns"] = [
            {"name": name, "field": name, "label": t(key, language), "look": look}
            for name, key, look in (
                ("date", "wallet.date", ""),
                ("what", "wallet.what", ""),
                ("amount", "wallet.amount", "right"),
                ("balance", "wallet.balance", "right"),
            )
        ]
        self.table.on("update:pagination", js_handler="() => {}")
        self.table.add_slot("header-cell", _HEADER)
        self.table.add_slot("body", _ROW)
        self.table.add_slot("item", _CARD)

    def show(self, lines: list[Movement]) -> None:
        if lines != self._lines:
            self._lines = lines
            self.table.set_visibility(bool(lines))
            give(self.table, rows=[self._row(line) for line in lines])

    def _row(self, line: Movement) -> dict[str, Any]:
        word = t(line.text_key, self._language)
        what, more = (word, "") if line.title is None else (line.title, line.child or "")
        if line.title is not None and line.cents > 0:  # a refund says so first
            what = t("wallet.what_for", self._language, what=word, title=line.title)
        amount = t("money", self._language, amount_cents=abs(line.cents))
        return {
            "id": line.id,
            "date": day(line.day),
            "what": what,
            "more": more,
            "automatic": t("wallet.automatic", self._language) if line.automatic else None,
            "amount": f"{'+' if line.cents > 0 else '−'}\u00a0{amount}",
            "plus": line.cents > 0,
            "balance": t("money", self._language, amount_cents=line.balance_cents),
            "balance_word": t("wallet.balance", self._language),
        }
