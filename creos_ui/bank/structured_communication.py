"""The Belgian structured communication (OGM/VCS): ten digits and a check modulo 97, a remainder of 0 written 97."""

from __future__ import annotations

from stdnum.be import ogm_vcs

WALLET = 1  # first digit: what a reference stands for; other kinds may follow


def wallet_communication(wallet_id: int) -> str:
    """The permanent reference of a wallet, twelve digits; wallets are never deleted, so never given twice (K18)."""
    assert 0 < wallet_id < 10**9
    base = f"{WALLET}{wallet_id:09d}"
    return f"{base}{ogm_vcs.calc_check_digits(base)}"


def shown(digits: str) -> str:
    """As people read and type it: +++100/0000/01234+++."""
    return f"+++{digits[:3]}/{digits[3:7]}/{digits[7:]}+++"
