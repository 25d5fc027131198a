"""The movements of one's own wallet as a file for a spreadsheet."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from creos_ui import clock
from creos_ui.services.money.wallet import Movement, all_movements
from creos_ui.tables.writing import BOM, csv_lines, number_cell, text_cell
from creos_ui.texts import day, t
from creos_ui.web.language import language_of

router = APIRouter()
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
async def movements_csv(request: Request) -> Response:
    """Whose they are, the session alone decides: the address has no number anyone could change (R23)."""
    guardian_id, language = request.state.session.guardian_id, language_of(request)
    name = f"{t('wallet.file', language)}-{clock.today().isoformat()}.csv"
    return StreamingResponse(
        _file(guardian_id, language),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
    )


async def _file(guardian_id: int, language: str) -> AsyncIterator[bytes]:
    yield BOM + csv_lines([[t(key, language) for key in _COLUMNS]])
    async for some in all_movements(guardian_id):
        yield csv_lines(_line(movement, language) for movement in some)


def _line(movement: Movement, language: str) -> list[str]:
    return [
        day(movement.day),
        t(movement.text_key, language),
        text_cell(movement.title or ""),
        text_cell(movement.child or ""),
        t("wallet.automatic", language) if movement.automatic else "",
        number_cell(movement.cents),
        number_cell(movement.balance_cents),
    ]
