"""The movements of one's own wallet as a file for a spreadsheet."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from creos_ui import clock
from creos_ui.services.money.wallet import Movement, all_movements
from creos_ui.tables.writing import BOM, csv_lines, number_cell, text_cell
from creos_ui.texts import day
from pages.reader import Me, Parent
from pages.routes import router

_COLUMNS = (
    "wallet.date",
    "wallet.what",
    "confirm.activity",
    "confirm.child",
    "wallet.automatic",
    "wallet.amount",
    "wallet.balance",
)


@router.get("/wallet/movements.csv")
async def movements_csv(me: Me) -> Response:
    """Whose they are, the session alone decides: the address has no number anyone could change (R23)."""
    name = f"{me.t('wallet.file')}-{clock.today().isoformat()}.csv"
    return StreamingResponse(
        _file(me),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
    )


async def _file(me: Parent) -> AsyncIterator[bytes]:
    yield BOM + csv_lines([[me.t(key) for key in _COLUMNS]])
    async for some in all_movements(me.guardian_id):
        yield csv_lines(_line(movement, me) for movement in some)


def _line(movement: Movement, me: Parent) -> list[str]:
    return [
        day(movement.day),
        me.t(movement.text_key),
        text_cell(movement.title or ""),
        text_cell(movement.child or ""),
        me.t("wallet.automatic") if movement.automatic else "",
        number_cell(movement.cents),
        number_cell(movement.balance_cents),
    ]
