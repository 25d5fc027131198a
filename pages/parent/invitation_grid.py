"""The grid of the invitations: the official portal's ten columns, and what can be clicked in a row."""

from __future__ import annotations

import json
import re
from functools import cache
from html import escape
from typing import Any

from creos_ui.services.invitations.listing import Line
from creos_ui.services.school import school
from creos_ui.texts import day, t
from pages.elements.grid import column, grid
from pages.elements.html import set_rows
from pages.reader import Parent

COLUMNS = ["starts_on", "pupil", "debtor", "title", "amount", "due_on", "paid_on", "declined_on", "automatic"]
_CLASSES = {"amount": "num", "automatic": "center", "actions": "right"}

# words in the templates, and sentences about a row
_WORDS = {
    "W_PAY": "action.pay",
    "W_DECLINE": "action.decline",
    "W_DOCUMENT": "action.document",
    "W_UNWISH": "action.unwish",
    "W_REASON": "invitation.mandatory_reason",
}
_SPOKEN = {
    "select": "invitation.select",
    "pay": "action.pay_label",
    "decline": "action.decline_label",
    "unwish": "action.unwish_label",
    "document": "action.document_label",
    "reason": "invitation.mandatory_reason",
    "automatic": "invitation.automatic",
    "not_automatic": "invitation.not_automatic",
}

_HEADER = """
<th scope="col" :class="['col-' + props.col.name, props.col.look]" :aria-sort="props.col.order">
  <span v-if="props.col.name === 'select'" class="quiet-only">{{ props.col.label }}</span>
  <button v-else-if="props.col.order" type="button" class="sort" :data-on="props.col.order === 'none' ? null : ''"
    :data-sort="props.col.name" @click="() => $parent.$emit('order', props.col.name)">{{ props.col.label
    }}<span aria-hidden="true">{{ {ascending: ' ↑', descending: ' ↓', none: ''}[props.col.order] }}</span></button>
  <template v-else>{{ props.col.label }}</template>
</th>
"""

_TICK = """<input v-if="props.row.payable" type="checkbox" class="tick" :checked="props.row.selected"
  :aria-label="SAY_select" :data-testid="'pick-' + props.row.id"
  @change="(e) => $parent.$emit('pick', [props.row.id, e.target.checked])">"""
_BADGES = """<span v-for="badge in props.row.badges" :class="'badge ' + badge[0]" :title="badge[2]">{{ badge[1]
  }}</span>
<button v-if="props.row.wish" type="button" class="take-back" :aria-label="SAY_unwish"
  @click="() => $parent.$emit('unwish', props.row.id)">W_UNWISH</button>"""
_DOCUMENT = """
<q-btn v-if="props.row.document" unelevated no-caps :class="'btn LOOK ' + SIZE" label="W_DOCUMENT"
  :href="props.row.document" target="_blank" :aria-label="SAY_document"></q-btn>
"""
_ANSWERS = """
<q-btn v-if="props.row.can_be_paid" unelevated no-caps label="W_PAY"
  :class="(props.row.payable ? 'btn primary ' : 'btn plain ') + SIZE"
  :aria-label="SAY_pay" @click="() => $parent.$emit('pay', props.row.id)"></q-btn>
<q-btn v-if="props.row.declinable" unelevated no-caps :class="'btn plain ' + SIZE" label="W_DECLINE"
  :aria-label="SAY_decline" @click="() => $parent.$emit('decline', props.row.id)"></q-btn>
<q-btn v-else-if="props.row.payable" unelevated no-caps :ripple="false" :class="'btn plain ' + SIZE" label="W_DECLINE"
  aria-disabled="true" title="W_REASON" :aria-label="SAY_decline + '. ' + SAY_reason"
  @click="() => $parent.$emit('why', props.row.id)"></q-btn>
"""

_ROW = """
<tr :data-testid="'row-' + props.row.id">
  <td>TICK</td>
  <td class="num">{{ props.row.starts_on }}</td>
  <td>{{ props.row.pupil }}</td>
  <td class="muted">{{ props.row.debtor }}</td>
  <td class="col-title"><div class="what">{{ props.row.title }}</div>BADGES</td>
  <td class="num amount">{{ props.row.amount }}</td>
  <td :class="['num', {due: props.row.payable}]">{{ props.row.due_on }}</td>
  <td class="num">{{ props.row.paid_on }}</td>
  <td class="num">{{ props.row.declined_on }}</td>
  <td class="center"><span role="img" :class="['tick shown', {on: props.row.automatic}]"
    :aria-label="props.row.automatic ? SAY_automatic : SAY_not_automatic"></span></td>
  <td><div class="actions">DOCUMENT_LINKANSWERS</div></td>
</tr>
"""

_CARD = """
<article class="card" :data-testid="'row-' + props.row.id">
  <div class="card-head">
    <label v-if="props.row.payable" class="tick-target">TICK</label>
    <div class="grow"><div class="what">{{ props.row.title }}</div><div class="muted">{{ props.row.pupil }}</div></div>
    <div class="price num">{{ props.row.amount }}</div>
  </div>
  <div>BADGES <span :class="['num when', props.row.payable ? 'due' : 'muted']">{{ props.row.when }}</span></div>
  <div class="actions" v-if="props.row.can_be_paid || props.row.declinable || props.row.document">
    ANSWERSDOCUMENT_LINK</div>
</article>
"""


class InvitationGrid:
    """Shows lines; emits pay, decline, why, pick, unwish and order, each with hostile arguments (R15)."""

    def __init__(self, me: Parent) -> None:
        self._me = me
        self._shown: object = None
        self.table = grid(
            "grid",
            "grid",
            cards_when="Quasar.Screen.lt.md",  # under 1024 px the ten columns no longer fit
            header=_HEADER,
            row=_template(_ROW, "small", "quiet", me.language),
            card=_template(_CARD, "", "plain", me.language),
        )

    def show(self, lines: list[Line], *, selected: set[int], sort: str, descending: bool) -> None:
        if self._shown == (shown := (lines, selected, sort, descending)):
            return
        self._shown = shown
        order = "descending" if descending else "ascending"
        columns = [
            self._column("select"),
            *(self._column(name, order if name == sort else "none") for name in COLUMNS),
            self._column("actions"),
        ]
        set_rows(self.table, columns=columns, rows=[self._row(line, line.id in selected) for line in lines])

    def _column(self, name: str, order: str | None = None) -> dict[str, Any]:
        return column(name, self._me.t(f"column.{name}"), _CLASSES.get(name, ""), order=order)

    def _row(self, line: Line, selected: bool) -> dict[str, Any]:
        return {
            "id": line.id,
            "starts_on": day(line.starts_on),
            "pupil": line.pupil,
            "debtor": line.debtor,
            "title": line.title,
            "amount": self._me.money(line.amount_cents),
            "due_on": day(line.due_on),
            "paid_on": day(line.paid_on) if line.paid_on else "–",
            "declined_on": day(line.declined_on) if line.declined_on else "–",
            "automatic": line.automatic,
            "payable": line.payable,
            "can_be_paid": line.can_be_paid,
            "declinable": line.declinable,
            "wish": line.wish and line.payable,
            "selected": selected,
            "document": f"/documents/{line.document}" if line.document else None,
            "badges": self._badges(line),
            "when": self._when(line),
        }

    def _badges(self, line: Line) -> list[tuple[str, str, str | None]]:
        """(look, word, more words): a colour never carries a meaning alone."""
        names = ["mandatory" if line.mandatory else "optional"]
        if line.too_late:
            names.append("closed")
        elif line.late:
            names.append("late")
        if line.awaited:
            names.append("awaited")
        whom = self._me.t("error.answering_closed", contact=school().contact)
        return [(name, self._me.t(f"invitation.{name}"), whom if name == "closed" else None) for name in names]

    def _when(self, line: Line) -> str:
        if line.paid_on:
            automatic = f" · {self._me.t('invitation.automatic')}" if line.automatic else ""
            return self._me.t("invitation.paid_on", day=line.paid_on) + automatic
        if line.declined_on:
            return self._me.t("invitation.declined_on", day=line.declined_on)
        return self._me.t("invitation.due", due=line.due_on)


@cache
def _template(template: str, size: str, document_look: str, language: str) -> str:
    """Put the parts and our own words into a template; never anybody's data."""
    for place, content in (("TICK", _TICK), ("BADGES", _BADGES), ("ANSWERS", _ANSWERS), ("DOCUMENT_LINK", _DOCUMENT)):
        template = template.replace(place, content)
    for place, key in _SPOKEN.items():
        template = template.replace(f"SAY_{place}", _spoken(key, language))
    for place, key in _WORDS.items():
        template = template.replace(place, escape(t(key, language)))
    return template.replace("LOOK", document_look).replace("SIZE", f"'{size}'")


def _spoken(key: str, language: str) -> str:
    """A sentence of the catalogue about {title} and {pupil}, as the JavaScript that says it of a row."""
    parts = re.split(r"\{(title|pupil)\}", t(key, language, title="{title}", pupil="{pupil}"))
    terms = [f"props.row.{part}" if odd % 2 else json.dumps(part, ensure_ascii=False) for odd, part in enumerate(parts)]
    return escape(" + ".join(terms))
