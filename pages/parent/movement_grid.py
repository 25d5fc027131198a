"""The wallet's movements: a table on a desktop, lines on a phone."""

from __future__ import annotations

from typing import Any

from creos_ui.services.money.wallet import Movement
from creos_ui.texts import day
from pages.elements.grid import column, grid
from pages.elements.html import set_rows
from pages.reader import Parent

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

    def __init__(self, me: Parent) -> None:
        self._me = me
        self._lines: list[Movement] | None = None
        self.table = grid(
            "movements", "grid movements", cards_when="Quasar.Screen.width < 700", header=_HEADER, row=_ROW, card=_CARD
        )
        self.table.props["columns"] = [
            column("date", me.t("wallet.date")),
            column("what", me.t("wallet.what")),
            column("amount", me.t("wallet.amount"), "right"),
            column("balance", me.t("wallet.balance"), "right"),
        ]

    def show(self, lines: list[Movement]) -> None:
        if lines != self._lines:
            self._lines = lines
            self.table.set_visibility(bool(lines))
            set_rows(self.table, rows=[self._row(line) for line in lines])

    def _row(self, line: Movement) -> dict[str, Any]:
        word = self._me.t(line.text_key)
        what, more = (word, "") if line.title is None else (line.title, line.child or "")
        if line.title is not None and line.cents > 0:  # a refund says so first
            what = self._me.t("wallet.what_for", what=word, title=line.title)
        return {
            "id": line.id,
            "date": day(line.day),
            "what": what,
            "more": more,
            "automatic": self._me.t("wallet.automatic") if line.automatic else None,
            "amount": f"{'+' if line.cents > 0 else '−'}\u00a0{self._me.money(abs(line.cents))}",
            "plus": line.cents > 0,
            "balance": self._me.money(line.balance_cents),
            "balance_word": self._me.t("wallet.balance"),
        }
