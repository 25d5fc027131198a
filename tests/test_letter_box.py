"""The demo as served: what it would have sent is at /dev/mail, and its links work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from creos_ui.demo import PASSWORD
from tests.portal import free_port

pytestmark = pytest.mark.served


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    port, folder = free_port(), tmp_path_factory.mktemp("demo")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "CREOS_", "NICEGUI_"))}
    command = [sys.executable, "-m", "creos_ui", "demo", "--port", str(port), "--data", str(folder / "data")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=Path(__file__).parent.parent, env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(base_url=url, headers={"Origin": url}, timeout=20) as client:
            until(lambda: _answers(client), seconds=60)
            yield client
    finally:
        process.terminate()
        process.wait(20)


def until(there: Callable[[], object], *, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").text == "ok"
    except httpx.TransportError:
        return False


def letters(demo: httpx.Client) -> dict[str, str]:
    """The letters' addresses, the newest first, each with the words of the list that lead to it."""
    found = re.findall(r'"text":"([^"]+)","props":\{"href":"(/dev/mail/\d+)"', demo.get("/dev/mail").text)
    return {path: words for words, path in found}


def link_in_newest(demo: httpx.Client) -> str:
    newest = next(iter(letters(demo)))
    found = re.search(r'href="(http://127\.0\.0\.1:\d+/reset/\w+)"', demo.get(newest).text)
    return found[1] if found else ""


def test_each_letter_is_listed_by_its_subject(demo: httpx.Client) -> None:
    until(lambda: letters(demo))  # the receipts of what was paid while it was loaded
    for path, subject in letters(demo).items():
        assert subject == "Paiement bien reçu"
        assert f"<title>{subject}</title>" in demo.get(path).text


def test_a_link_from_the_letter_box_sets_a_password(demo: httpx.Client) -> None:
    assert demo.post("/reset", data={"identifier": "dubois.jacqueline"}).status_code == 303
    until(lambda: link_in_newest(demo))
    found = link_in_newest(demo)
    assert found == link_in_newest(demo)  # looking changes nothing
    newest, subject = next(iter(letters(demo).items()))
    assert subject == "Définir un nouveau mot de passe"
    new = "Trois chats dorment"
    answer = demo.post(found, data={"password": new, "again": new})
    assert answer.headers["location"] == "/login?done=password"
    for password, enters in ((PASSWORD, False), (new, True)):
        signed = demo.post("/login", data={"identifier": "dubois.jacqueline", "password": password})
        assert ("refusal" not in signed.headers["location"]) == enters
    assert letters(demo)[newest] == "Message dépassé"  # its link was used
    assert "Ce lien ne peut plus être utilisé" in demo.get(newest).text


@pytest.mark.parametrize("path", ["/dev/mail/0", "/dev/mail/999999", "/dev/mail/99999999999"])
def test_a_letter_that_is_not_there(demo: httpx.Client, path: str) -> None:
    assert demo.get(path).status_code == 404
