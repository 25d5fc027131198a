"""Which new passwords are taken, and that weighing them holds up nobody (R1, R2)."""

from __future__ import annotations

import asyncio
import random
import string
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from creos_ui.errors import PasswordCommon, PasswordPersonal
from creos_ui.services.accounts import password_policy
from creos_ui.services.school import InForce
from models import Account, folded
from tests.services.signing_in import nora, secret

__all__ = ["nora", "secret"]
COMMON = [
    "Printemps2026!", "mercredi2024", "lesparents2026", "jemappelle123", "motdepasse2024", "Motdepasse123!",
    "Pr1ntemps2026!", "M0tdepasse123!", "P@rents2026!!", "Février2026!", "Été2026!été2026", "Vacances2025!",
    "Bruxelles1000", "Anderlecht1908!", "soleilsoleil", "JeanPierre1975", "bonjourbonjour", "Noël2025Noël",
    "décembre2025", "azertyuiop123", "mamanpapa2016", "chouchou2015!", "lesenfants2026", "marieclaire1980",
    "standardliege1", "jetaime123456", "2026printemps", "01092026rentrée", "wachtwoord2026", "Welkom2026!!",
    "zomervakantie", "Zomer2025Zomer", "donderdag2024", "deouders2026", "ikheet123456", "mijnkinderen1",
    "Gent9000Gent", "Sinterklaas2025", "W@chtwoord123", "herfst-2026-herfst", "maandagdinsdag",
    "vrijdag13maart2026", "Passwort2026!", "willkommen123", "Frühling2026!", "donnerstag2024", "dieeltern2026",
    "meineklasse26", "Weihnachten2025", "ichheisse123", "Fußball2026!!", "Schmetterling1", "montagdienstag",
    "Geburtstag2026", "password12345", "qwertyuiop12", "Welcome2026!!", "november2025!", "iloveyou2026",
    "Printemps 2026 !", "Je m’appelle 2016", "mot de passe 2026", "mot*de*passe*2026", "lundi mardi mercredi",
    "vive les vacances 2026", "printemps ete automne hiver", "je t’aime maman", "Le portail des parents",
    "Mijn wachtwoord 1", "mama en papa 2016", "Mein Passwort 12", "Mama und Papa 2016",
]  # fmt: skip
PERSONAL = [
    "Lou-2016-2019", "LouTim20162019", "Lou2016Tim2019", "lou.tim.2016.2019", "!!2016Lou2019!!",
    "L0u&T1m&2016&2019", "Peeters-01-09-2026", "NoraPeeters1985", "Tilleul2026!!", "École du Tilleul 2026",
    "creos2026creos",
]  # fmt: skip
GOOD = [
    "Le tilleul fleurit", "Trois chats dorment", "Trois cerises volent bas", "Une autre phrase", "la pluie tambourine",
    "Un autre mot de passe ?!", "cheval pile agrafe correct", "cactus velours moulin brise", "la soupe est trop salée",
    "Quatre renards bleus courent", "Mon voisin joue du tuba", "on mange des crêpes jeudi", "Lou aime les girafes",
    "mon chat s’appelle Zazou", "brouillard sur la Meuse 7", "Printemps tardif à Dinant", "maison cheval soleil livre",
    "Drie katten slapen diep", "paard batterij nietje juist", "de buurman speelt tuba", "wolk spijker tafel lepel",
    "Mijn fiets staat scheef", "appeltaart met kaneel", "zoutkamerbriefpaal",
    "Vier Füchse laufen schnell", "Wolke Nagel Löffel Treppe", "Der Nachbar spielt Tuba", "Mein Rad steht schief",
    "Pferd Batterie Klammer", "correct horse battery staple",
    "kX9#pL2v$Qw8", "v7Tq-mZ3k-Rw9d", "hq3xw9zkt2vb", "8Jd!s0Lq_2nX", "oPA([$W1P#Yh", "L2'_b=]Jos,a", "xkqzvwjhfpmd",
    "🌳🌷🦆🚲🍟🧀🐈🎈🌧️🚂🧩🪁", "مدرسة الزيزفون الجميلة",
]  # fmt: skip
ODD = "4@8({[<369&#!1|75$+2%0"  # each may stand for a letter, some for two


@pytest.fixture(autouse=True)
def of_the_school(monkeypatch: pytest.MonkeyPatch) -> None:
    tilleul = InForce(name="École du Tilleul", payee_name="Commune du Tilleul")
    monkeypatch.setattr(password_policy, "school", lambda: tilleul)


async def until(there: Callable[[], bool]) -> None:
    for _ in range(10_000):
        if there():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never was")


def calls_of(work: Callable[..., Any], *values: Any) -> int:
    """How many functions this calls: the same on every machine, however busy."""
    count = 0

    def each(_: FrameType, event: str, __: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(each)
    try:
        work(*values)
    finally:
        sys.setprofile(None)
    return count


def test_the_slowest_password_is_measured_quickly() -> None:
    """So many steps take a tenth of a second; the limit in seconds, of the processor's time, is for slow machines."""
    chosen = random.Random(3)
    for _ in range(5):
        odd = ("".join(chosen.sample(ODD, len(ODD))) * 12)[:256]
        assert 5_000 < calls_of(password_policy._measure, odd, password_policy.COMMON) < 13_000
        since = time.thread_time()
        password_policy._measure(odd, password_policy.COMMON)
        assert time.thread_time() - since < 0.5


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_what_is_tried_first_is_refused_with_its_reason(nora: Account, subtests: pytest.Subtests) -> None:
    for passwords, reason in ((COMMON, PasswordCommon), (PERSONAL, PasswordPersonal)):
        for password in passwords:
            with subtests.test(password=password):
                assert type(await password_policy.weakness(password, account_id=nora.id)) is reason


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_good_passwords_and_phrases_are_taken(nora: Account, subtests: pytest.Subtests) -> None:
    for password in GOOD:
        with subtests.test(password=password):
            assert await password_policy.weakness(password, account_id=nora.id) is None


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_twelve_characters_at_random_are_taken(nora: Account, subtests: pytest.Subtests) -> None:
    chosen = random.Random(30)
    letters, digits = string.ascii_letters, string.digits
    for alphabet in (string.ascii_lowercase, letters + digits, letters + digits + string.punctuation):
        for _ in range(40):
            password = "".join(chosen.choices(alphabet, k=12))
            with subtests.test(password=password):
                assert await password_policy.weakness(password, account_id=nora.id) is None


def test_the_list_is_as_it_is_matched() -> None:
    for word in password_policy.COMMON:
        assert word == "".join(folded(word).split()), word
        assert len(word) >= 3, word
    assert len(password_policy.COMMON) == len(set(password_policy.COMMON)) > 1_000


async def test_one_account_at_most_once_in_the_queue(db: object, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    go = threading.Event()

    def measure(text: str, _: object) -> dict[str, Any]:
        go.wait(10)
        order.append(text)
        return {"score": 4}

    monkeypatch.setattr(password_policy, "_measure", measure)
    hostile = [f"{number} of a hundred odd passwords" for number in range(30)]
    honest = "le tilleul fleurit"
    weighed = [asyncio.create_task(password_policy.weakness(one, account_id=1)) for one in hostile]
    await until(lambda: 1 in password_policy._turns)
    weighed.append(asyncio.create_task(password_policy.weakness(honest, account_id=2)))
    await until(lambda: 2 in password_policy._turns)
    go.set()
    assert await asyncio.gather(*weighed) == [None] * 31
    assert order.index(honest) <= 2
    assert sorted(order) == sorted([*hostile, honest])
    assert not password_policy._turns
