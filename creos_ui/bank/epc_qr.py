"""The EPC QR code (EPC069-12, version 002): a transfer a banking app fills in by itself (R46)."""

from __future__ import annotations

import segno
from stdnum import iban as account_number
from stdnum.be import ogm_vcs

LARGEST_CENTS = 99_999_999_999


def epc_qr_svg(*, payee_name: str, iban: str, amount_cents: int, communication: str) -> str:
    """An SVG data URI that asks for exactly `amount_cents`, the Belgian reference on the structured line.

    On the guideline's other line, for free text, a banking app would take the reference for plain words. The payee is
    the account holder's exact name: since October 2025 banks compare it. Raises stdnum's ValidationError for a wrong
    reference.
    """
    code = segno.make_qr(_content(payee_name, iban, amount_cents, communication), error="m", boost_error=False)
    assert int(code.version) <= 13, "the guideline's largest code"
    return str(code.svg_data_uri(scale=4, border=3, dark="#000", light="#fff", xmldecl=False, svgns=True))


def _content(payee_name: str, iban: str, amount_cents: int, communication: str) -> bytes:
    """The guideline's lines; segno's own helper would shorten 3.00 to 3, which not every app reads as euros."""
    name = payee_name.strip()
    assert 0 < len(name) <= 70
    assert name.isprintable()  # a line break would move the lines
    assert 0 < amount_cents <= LARGEST_CENTS
    euros, cents = divmod(amount_cents, 100)
    lines = [
        "BCD",
        "002",
        "1",  # UTF-8
        "SCT",
        "",  # BIC: not needed inside Europe
        name,
        account_number.compact(iban),
        f"EUR{euros}.{cents:02d}",
        "",  # purpose
        ogm_vcs.validate(communication),  # the structured line; no line may follow it
    ]
    return "\n".join(lines).encode()
