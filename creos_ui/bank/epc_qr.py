"""The EPC QR code (EPC069-12, version 002): a transfer a banking app fills in by itself."""

from __future__ import annotations

from decimal import Decimal

from segno import helpers
from stdnum.be import ogm_vcs


def epc_qr_svg(*, payee_name: str, iban: str, amount_cents: int, communication: str) -> str:
    """An SVG data URI that asks for exactly `amount_cents`, the Belgian reference on the structured line.

    On the free line banking apps would not recognise it (design: notes, EPC). The payee is the account holder's
    exact name: since October 2025 banks compare it. Raises stdnum's ValidationError for a wrong reference.
    """
    code = helpers.make_epc_qr(
        name=payee_name,
        iban=iban,
        amount=Decimal(amount_cents).scaleb(-2),
        reference=ogm_vcs.validate(communication),
        encoding="utf-8",
    )
    return str(code.svg_data_uri(scale=4, border=3, dark="#000", light="#fff", xmldecl=False, svgns=True))
