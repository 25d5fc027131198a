"""Take the README's pictures of the real pages anew, from a fresh demo: python -m tests.pictures.take"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
from playwright.sync_api import sync_playwright

from creos_ui.demo import IDENTIFIERS, PASSWORD
from tests.chromium import executable
from tests.e2e.conftest import FLAGS
from tests.portal import free_port

HERE = Path(__file__).parent


def main() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "creos_ui", "demo", "--port", str(port), "--data", f"{folder}/demo"]
        demo = subprocess.Popen(command)
        try:
            _wait_for(url, demo)
            _take(url)
        finally:
            demo.terminate()
            demo.wait(20)


def _take(url: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1366, "height": 768}, locale="fr-BE", reduced_motion="reduce")
        page.goto(f"{url}/login")
        page.get_by_label("Identifiant").fill(IDENTIFIERS[0])
        page.get_by_label("Mot de passe").fill(PASSWORD)
        page.get_by_role("button", name="Connexion").click()
        page.get_by_role("checkbox", name="Sélectionner Musée du jouet").check()
        page.get_by_role("checkbox").first.check()
        page.get_by_role("region", name="Sélection").wait_for()
        page.mouse.move(0, 0)
        page.screenshot(path=HERE / "invitations.png")
        page.get_by_role("button", name="Tout désélectionner").click()
        page.get_by_role("button", name="Payer Classes vertes").click()
        page.get_by_role("dialog").get_by_role("img").wait_for()
        page.screenshot(path=HERE / "insufficient-credit.png", animations="disabled")
        for path in ("wallet", "calendar"):
            page.goto(f"{url}/{path}")
            page.wait_for_function("window.did_handshake === true")
            page.screenshot(path=HERE / f"{path}.png", animations="disabled")
        browser.close()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    transport = httpx.HTTPTransport(retries=12)  # with growing pauses between them
    with httpx.Client(transport=transport, timeout=60) as client:
        assert client.get(f"{url}/healthz").text == "ok"
    assert process.poll() is None


if __name__ == "__main__":
    main()
