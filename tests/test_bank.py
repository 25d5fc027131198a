"""References and QR codes that Belgian banking apps must read as we wrote them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

import pytest
from stdnum.be import ogm_vcs
from stdnum.exceptions import ValidationError

from creos_ui.bank.epc_qr import epc_qr_svg
from creos_ui.bank.structured_communication import shown, wallet_communication

PAYEE, IBAN = "Administration communale du Tilleul", "BE71096123456769"

# the structured communication


@pytest.mark.parametrize(
    ("base", "check"),
    [
        ("0108068171", "83"),
        ("0909337554", "93"),
        ("0000000097", "97"),  # a remainder of 0 is written 97
        ("0000000001", "01"),  # the check keeps its leading zero
        ("1000000002", None),
    ],
)
def test_the_check_digits_are_the_remainder_modulo_97(base: str, check: str | None) -> None:
    digits = ogm_vcs.calc_check_digits(base)
    assert digits == (check or f"{int(base) % 97 or 97:02d}")
    assert ogm_vcs.is_valid(base + digits)
    assert not ogm_vcs.is_valid(base + f"{(int(digits) + 1) % 98:02d}")


def test_every_wallet_has_a_valid_reference_of_its_own() -> None:
    wallets = [*range(1, 3_000), 96, 97, 98, 10**8, 10**9 - 1]
    references = {wallet: wallet_communication(wallet) for wallet in wallets}
    for wallet, digits in references.items():
        assert re.fullmatch(r"1\d{11}", digits), digits
        assert int(digits[:10]) == 10**9 + wallet
        assert int(digits[10:]) == (int(digits[:10]) % 97 or 97)
    assert len(set(references.values())) == len(set(wallets))
    assert {digits[10:] for digits in references.values()} >= {"01", "97"}  # both special cases are among them


@pytest.mark.parametrize("wallet", [0, -1, 10**9])
def test_a_wallet_number_that_does_not_fit_is_our_mistake(wallet: int) -> None:
    with pytest.raises(AssertionError):
        wallet_communication(wallet)


def test_a_reference_is_shown_as_people_know_it() -> None:
    assert shown("010806817183") == "+++010/8068/17183+++"
    assert ogm_vcs.validate(shown(wallet_communication(1_234))) == wallet_communication(1_234)


@pytest.mark.parametrize("position", range(12))
def test_one_wrong_digit_is_noticed(position: int) -> None:
    digits = wallet_communication(1_234)
    for wrong in set("0123456789") - {digits[position]}:
        assert not ogm_vcs.is_valid(digits[:position] + wrong + digits[position + 1 :])


# the QR code


def expected(amount: str, reference: str = "100000123407", name: str = PAYEE) -> str:
    """EPC069-12, version 002: the reference on line 10, nothing behind it."""
    lines = ["BCD", "002", "1", "SCT", "", name, IBAN, f"EUR{amount}", "", reference]
    return "\n".join(lines)


def uri(amount_cents: int, communication: str = "+++100/0001/23407+++", name: str = PAYEE) -> str:
    return epc_qr_svg(payee_name=name, iban=IBAN, amount_cents=amount_cents, communication=communication)


@pytest.mark.parametrize(
    ("cents", "amount"),
    [
        (1, "0.01"),
        (10, "0.10"),
        (300, "3.00"),
        (305, "3.05"),
        (1_250, "12.50"),
        (10_000, "100.00"),
        (99_999_999, "999999.99"),
        (99_999_999_999, "999999999.99"),
    ],
)
def test_the_code_says_exactly_what_the_guideline_asks(cents: int, amount: str) -> None:
    assert decoded(uri(cents)) == expected(amount)
    lines = decoded(uri(cents)).split("\n")
    assert (lines[7], lines[9], len(lines)) == (f"EUR{amount}", "100000123407", 10)


@pytest.mark.parametrize("written", ["+++100/0001/23407+++", "100000123407", "100 0001 23407"])
def test_the_reference_is_twelve_digits_however_it_was_written(written: str) -> None:
    assert decoded(uri(300, written)) == expected("3.00")


def test_names_keep_their_accents() -> None:
    name = "Commune de Liège, école n° 3 « L’Œillet »"
    assert decoded(uri(300, name=name)) == expected("3.00", name=name)


def test_the_longest_name_still_fits_the_largest_code_allowed() -> None:
    assert decoded(uri(99_999_999_999, name="É" * 70)) == expected("999999999.99", name="É" * 70)


@pytest.mark.parametrize("communication", ["100000123408", "10000012340", "", "RF18539007547034", "++++++", "abc"])
def test_a_wrong_reference_is_refused(communication: str) -> None:
    with pytest.raises(ValidationError):
        uri(300, communication)


@pytest.mark.parametrize("cents", [0, -1, 10**11])
def test_an_amount_no_bank_would_take_is_our_mistake(cents: int) -> None:
    with pytest.raises(AssertionError):
        uri(cents)


@pytest.mark.parametrize("name", ["", "   ", "x" * 71, "Commune\nBCD", "Commune\r"])
def test_a_name_that_would_move_the_lines_is_our_mistake(name: str) -> None:
    if name == "Commune\r":
        assert decoded(uri(300, name=name)) == expected("3.00", name="Commune")
        return
    with pytest.raises(AssertionError):
        uri(300, name=name)


def test_iban_is_written_without_spaces() -> None:
    spaced = epc_qr_svg(
        payee_name=PAYEE, iban="be71 0961 2345 6769", amount_cents=300, communication="+++100/0001/23407+++"
    )
    assert decoded(spaced) == expected("3.00")


# reading our own code, as a camera would: from the black squares of the picture alone


def decoded(data_uri: str) -> str:
    """The text in the QR code of an SVG. Small and trusting: no error correction, byte mode, level M."""
    dark = squares(data_uri)
    size = len(dark)
    version = (size - 17) // 4
    mask = int("".join(str(int(dark[8][x])) for x in (2, 3, 4)), 2) ^ 0b101  # format bits, behind their own mask
    bits = "".join(
        str(int(dark[y][x] ^ MASKS[mask](y, x))) for y, x in reading_order(size) if not fixed(version, size, y, x)
    )
    words = [int(bits[i : i + 8], 2) for i in range(0, len(bits) - 7, 8)]
    data = joined(words, *BLOCKS[version])
    stream = "".join(f"{word:08b}" for word in data)
    assert stream[:4] == "0100"  # byte mode
    width = 8 if version < 10 else 16
    length = int(stream[4 : 4 + width], 2)
    start = 4 + width
    return bytes(int(stream[i : i + 8], 2) for i in range(start, start + 8 * length, 8)).decode()


def squares(data_uri: str) -> list[list[bool]]:
    """The dark squares of segno's SVG: one path of horizontal strokes."""
    svg = unquote(data_uri)
    width, path = re.search(r"<svg[^>]*width='(\d+)'", svg), re.search(r"<path[^>]*stroke[^>]*? d='([^']+)'", svg)
    assert width
    assert path
    size = int(width[1]) // 4 - 6  # drawn four times as large, with a border of three
    dark = [[False] * size for _ in range(size)]
    x = y = 0.0
    for step, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?:[ ,]?(-?[\d.]+))?", path[1]):
        if step == "h":
            for column in range(int(x), int(x + float(first))):
                dark[int(y) - 3][column - 3] = True
            x += float(first)
        elif step == "M":
            x, y = float(first), float(second)
        else:
            x, y = x + float(first), y + float(second)
    return dark


MASKS: list[Callable[[int, int], bool]] = [
    lambda y, x: (y + x) % 2 == 0,
    lambda y, _: y % 2 == 0,
    lambda _, x: x % 3 == 0,
    lambda y, x: (y + x) % 3 == 0,
    lambda y, x: (y // 2 + x // 3) % 2 == 0,
    lambda y, x: y * x % 2 + y * x % 3 == 0,
    lambda y, x: (y * x % 2 + y * x % 3) % 2 == 0,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2 == 0,
]
# version -> data words of each block at level M (ISO/IEC 18004, table 9), and where the alignment patterns lie
BLOCKS: dict[int, tuple[int, ...]] = {
    4: (32, 32),
    5: (43, 43),
    6: (27, 27, 27, 27),
    7: (31, 31, 31, 31),
    8: (38, 38, 39, 39),
    9: (36, 36, 36, 37, 37),
    10: (43, 43, 43, 43, 44),
    11: (50, 51, 51, 51, 51),
}
ALIGNED = {
    4: (6, 26),
    5: (6, 30),
    6: (6, 34),
    7: (6, 22, 38),
    8: (6, 24, 42),
    9: (6, 26, 46),
    10: (6, 28, 50),
    11: (6, 30, 54),
}


def joined(words: list[int], *sizes: int) -> list[int]:
    """The data words, which a code interleaves block by block; the correction words behind them are left alone."""
    blocks: list[list[int]] = [[] for _ in sizes]
    stream = iter(words)
    for position in range(max(sizes)):
        for block, size in zip(blocks, sizes, strict=True):
            if position < size:
                block.append(next(stream))
    return [word for block in blocks for word in block]


def reading_order(size: int) -> Iterator[tuple[int, int]]:
    """Pairs of columns from the right, up and down in turn; the timing column is left out."""
    up = True
    for right in [*range(size - 1, 6, -2), 5, 3, 1]:
        for y in range(size - 1, -1, -1) if up else range(size):
            yield from ((y, right), (y, right - 1))
        up = not up


def fixed(version: int, size: int, y: int, x: int) -> bool:
    """Is this square part of the patterns, not of the text?"""
    low, high = 9, size - 8
    if (y < low and (x < low or x >= high)) or (y >= high and x < low) or 6 in (x, y):
        return True
    if version >= 7 and ((y < 6 and x >= size - 11) or (x < 6 and y >= size - 11)):
        return True
    centres = [(a, b) for a in ALIGNED[version] for b in ALIGNED[version]]
    corners = {(6, 6), (6, size - 7), (size - 7, 6)}
    return any(abs(y - a) <= 2 and abs(x - b) <= 2 for a, b in centres if (a, b) not in corners)
