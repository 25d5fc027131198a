"""The demo's letter to the parents, « Sortie au Musée du jouet »: one A4 page, written as a PDF by hand."""

from __future__ import annotations

from creos_ui.clock import today
from creos_ui.demo.former_system import MUSEUM, school_day

_PAGE = (595, 842)  # A4 in points
_BRAND, _SOFT = "0.043 0.365 0.341", "0.886 0.945 0.933"  # the portal's own colours
_INK, _MUTED, _WHITE = "0.114 0.165 0.165", "0.333 0.392 0.373", "1 1 1"
_MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()  # noqa: SIM905
_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_BRING = (
    "un pique-nique sans déchets et une gourde d’eau",
    "un petit sac à dos, facile à porter",
    "un vêtement de pluie : nous irons de la gare au musée à pied",
    "si possible, le plus vieux jouet de la maison, en photo",
)


def museum_pdf() -> bytes:
    """The letter as PDF bytes, with the day of the outing as it stands today."""
    return _file(_letter())


def _letter() -> list[bytes]:
    day = school_day(MUSEUM.starts)
    outing = f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"
    parts = [
        _box(0, 712, 595, 130, _BRAND),
        _text(56, 786, 12, "École communale du Tilleul · 4e primaire", _WHITE),
        _text(56, 744, 28, "Sortie au Musée du jouet", _WHITE, bold=True),
        _text(56, 668, 12, "Chers parents,"),
        _text(56, 642, 12, "La classe de 4e primaire part à la découverte des jouets d’autrefois et d’ailleurs :"),
        _text(56, 624, 12, "une visite guidée, puis un atelier où chaque enfant fabrique sa toupie."),
        _box(56, 462, 483, 130, _SOFT),
    ]
    facts = (
        ("Date", outing),
        ("Lieu", "Musée du jouet, Bruxelles"),
        ("Départ", "8 h 45 à l’école, en train et à pied"),
        ("Retour", "15 h 15 à l’école"),
        ("Prix", "5,00 € par enfant : entrée, atelier et trajet"),
    )
    for number, (name, fact) in enumerate(facts):
        y = 568 - 22 * number
        parts += [_text(74, y, 12, name, _BRAND, bold=True), _text(150, y, 12, fact)]
    parts.append(_text(56, 432, 14, "À emporter", _BRAND, bold=True))
    for number, thing in enumerate(_BRING):
        parts.append(_text(56, 406 - 20 * number, 12, f"•  {thing}"))
    parts += [
        _text(
            56, 306, 12, "Cette sortie fait partie du programme : tous les élèves y participent, même si le paiement"
        ),
        _text(56, 288, 12, "n’est pas encore arrivé. Une difficulté ? Parlez-nous-en, en toute discrétion."),
        _text(56, 250, 12, "Bien à vous,"),
        _text(56, 230, 12, "Madame Colette, titulaire, et la direction"),
        _box(56, 80, 483, 1, _BRAND),
        _text(56, 60, 10, "secretariat@tilleul.example · 02 555 01 23 · Une école imaginaire, pour l’essai.", _MUTED),
    ]
    return parts


def _text(x: int, y: int, size: int, text: str, colour: str = _INK, *, bold: bool = False) -> bytes:
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"{colour} rg BT /{'B' if bold else 'R'} {size} Tf {x} {y} Td ({escaped}) Tj ET".encode("cp1252")


def _box(x: int, y: int, width: int, height: int, colour: str) -> bytes:
    return f"{colour} rg {x} {y} {width} {height} re f".encode()


def _file(page: list[bytes]) -> bytes:
    """Objects, the table of where each begins, and the trailer."""
    content = b"\n".join(page)
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /{} /Encoding /WinAnsiEncoding >>"
    title = ("\ufeff" + "Sortie au Musée du jouet").encode("utf-16-be").hex()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (fr-BE) /ViewerPreferences << /DisplayDocTitle true >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_PAGE[0]} {_PAGE[1]}] /Contents 4 0 R "
        "/Resources << /Font << /R 5 0 R /B 6 0 R >> >> >>".encode(),
        f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream",
        font.format("Helvetica").encode(),
        font.format("Helvetica-Bold").encode(),
        f"<< /Title <{title}> /Producer (CREOS UI) /CreationDate (D:{today():%Y%m%d}) >>".encode(),
    ]
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    starts = []
    for number, body in enumerate(objects, 1):
        starts.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{start:010} 00000 n \n".encode() for start in starts)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 7 0 R >>\nstartxref\n{table}\n%%EOF\n".encode()
    return bytes(out)
