"""What the portal answers to requests: origins, sessions, headers, limits, documents (R11, R18-R21, R32, R34, R61)."""

from __future__ import annotations

import hashlib
import re
import statistics
import time
from collections.abc import Iterator

import httpx
import pytest

from models import Guardianship
from tests.portal import DOCUMENT, NORA, OMAR, PASSWORD, PDF, Portal, running_portal
from tests.web.sockets import client_id_in, record, target_in

ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
ONCE = [*ALWAYS, "permissions-policy", "content-security-policy", "cache-control", "content-type", "content-length"]


def test_a_post_from_elsewhere_is_refused(portal: Portal, subtests: pytest.Subtests) -> None:
    nora = portal.sign_in(NORA)
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        for path in ("/login", "/logout", "/language", "/trial", "/nowhere", "/_nicegui/client/x/upload/1"):
            with subtests.test(path=path, headers=headers):
                answer = nora.post(path, data={"identifier": NORA, "password": PASSWORD}, headers=headers)
                assert answer.status_code == 403
                assert "set-cookie" not in answer.headers
                assert nora.get("/trial").status_code == 200, "and she is still signed in"


def test_a_post_that_does_not_say_where_it_comes_from_is_refused(portal: Portal) -> None:
    with httpx.Client(base_url=portal.url) as client:
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"):
            assert client.request(method, "/login").status_code == 403


def test_without_a_session_every_page_leads_to_signing_in(portal: Portal, subtests: pytest.Subtests) -> None:
    for path in ("/", "/invitations", "/trial", "/documents/x", "/nowhere", "/login/", "//login", "/assets"):
        with subtests.test(path=path):
            answer = portal.client().get(portal.url + path)
            assert answer.status_code == 303
            assert answer.headers["location"] == "/login" + (f"?next={path}" if path != "/" else "")


def test_without_a_session_nicegui_has_nothing_but_its_files(portal: Portal, subtests: pytest.Subtests) -> None:
    for path in ("/_nicegui/client/x/upload/1", "/_nicegui/auto/static/x", "/_nicegui/3.17.0/static/x"):
        with subtests.test(path=path):
            assert portal.client().get(path).status_code == 401
            assert portal.client().post(path).status_code == 401


def test_the_way_back_keeps_its_question(portal: Portal) -> None:
    answer = portal.client().get("/invitations?tab=paid&page=2")
    assert answer.headers["location"] == "/login?next=/invitations%3Ftab%3Dpaid%26page%3D2"
    assert portal.client().get("/invitations?x=" + "y" * 600).headers["location"] == "/login"


def test_signing_in_gives_a_new_token_and_ends_the_old_session(portal: Portal) -> None:
    """R11: whatever the browser brought along, it leaves with a token nobody knew before."""
    client = portal.client()
    client.cookies.set("sid", "planted", domain="127.0.0.1")
    client.post("/login", data={"identifier": NORA, "password": PASSWORD})
    first = client.cookies["sid"]
    assert first != "planted"
    client.post("/login", data={"identifier": OMAR, "password": PASSWORD})
    second = client.cookies["sid"]
    assert first != second
    old = portal.client()
    old.cookies.set("sid", first, domain="127.0.0.1")
    assert old.get("/trial").headers["location"] == "/login?next=/trial"
    old.cookies.set("sid", "planted", domain="127.0.0.1")
    assert old.get("/trial").status_code == 303
    assert client.get("/trial").status_code == 200


def test_signing_out_ends_the_session_and_clears_the_browser(portal: Portal) -> None:
    nora = portal.sign_in(NORA)
    token = nora.cookies["sid"]
    answer = nora.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert "sid" not in nora.cookies
    nora.cookies.set("sid", token, domain="127.0.0.1")
    assert nora.get("/trial").status_code == 303
    assert nora.post("/logout").headers["location"] == "/login", "once more does no harm"


@pytest.mark.parametrize("path", ["/favicon.ico", "/healthz"])
def test_what_a_browser_asks_for_by_itself_keeps_no_session_alive(portal: Portal, path: str) -> None:
    nora = portal.sign_in(NORA)
    assert nora.get("/trial").status_code == 200
    portal.move_clock(seconds=29 * 60)
    assert nora.get(path).status_code == 200
    portal.move_clock(seconds=30 * 60 + 5)
    assert nora.get("/trial").headers["location"] == "/login?next=/trial"


def test_a_page_brings_its_icon_along(portal: Portal) -> None:
    page = portal.sign_in(NORA).get("/trial").text
    assert 'href="data:image/svg+xml,' in page
    assert "/favicon.ico" not in page


def test_the_cookies(portal: Portal) -> None:
    answer = portal.client().post("/login", data={"identifier": NORA, "password": PASSWORD})
    cookies = {line.split("=")[0]: line for line in answer.headers.get_list("set-cookie")}
    assert set(cookies) == {"sid", "known"}
    for line in cookies.values():
        assert "HttpOnly" in line
        assert "SameSite=lax" in line
        assert "Path=/" in line
        assert "Domain" not in line
    assert "Max-Age" not in cookies["sid"]
    assert "Max-Age=31536000" in cookies["known"]


def test_signing_in_leads_on(portal: Portal, subtests: pytest.Subtests) -> None:
    for next_, location in (
        ("", "/invitations"),
        ("/trial", "/trial"),
        ("/invitations?tab=paid", "/invitations?tab=paid"),
        ("//evil.example", "/invitations"),
        ("/\\evil.example", "/invitations"),
        ("https://evil.example/", "/invitations"),
        ("/login", "/invitations"),
    ):
        with subtests.test(next=next_):
            answer = portal.client().post("/login", data={"identifier": NORA, "password": PASSWORD, "next": next_})
            assert (answer.status_code, answer.headers["location"]) == (303, location)


def test_a_refusal_says_why_and_repeats_nothing(portal: Portal) -> None:
    def refused(**fields: str) -> str:
        answer = portal.client().post("/login", data=fields)
        assert answer.status_code == 303
        assert "sid" not in str(answer.headers.get_list("set-cookie"))
        location, _, word = answer.headers["location"].rpartition("&typed=")
        assert len(word) == 22  # random; the page gets back by it what was typed
        return location

    assert refused(identifier=NORA, password="wrong") == "/login?refusal=sign_in"
    assert refused(identifier=NORA, password="wrong", next="/trial") == "/login?refusal=sign_in&next=%2Ftrial"
    assert refused(identifier="n@example.org", password=PASSWORD) == "/login?refusal=email_is_not_identifier"
    assert refused() == "/login?refusal=sign_in"
    for _ in range(9):
        refused(identifier=NORA, password="wrong")
    assert refused(identifier=NORA, password=PASSWORD) == "/login?refusal=too_many_tries&minutes=5"


def test_a_wait_nobody_could_have_is_shown_as_a_day_at_most(portal: Portal, subtests: pytest.Subtests) -> None:
    for minutes, shown in (("9" * 5_000, "1440"), ("-5", "1"), ("\N{SUPERSCRIPT TWO}", "1"), ("", "1"), ("7", "7")):
        with subtests.test(minutes=minutes[:9]):
            answer = portal.client().get("/login", params={"refusal": "too_many_tries", "minutes": minutes})
            assert answer.status_code == 200
            assert re.search(rf"dans {shown} min\b", answer.text)


def test_unknown_and_wrong_are_answered_alike(portal: Portal) -> None:
    answers, times = [], []
    for identifier in (NORA, "nobody.here"):
        since = time.perf_counter()
        answer = portal.client().post("/login", data={"identifier": identifier, "password": "wrong"})
        times.append(time.perf_counter() - since)
        headers = {name: value for name, value in answer.headers.items() if name != "date"}
        headers["location"] = headers["location"].rpartition("&typed=")[0]  # a random word
        answers.append((answer.status_code, headers, answer.content))
    assert answers[0] == answers[1]
    assert statistics.mean(times) > 0.005


def test_the_language_is_remembered_on_the_browser_and_with_the_account(portal: Portal) -> None:
    visitor = portal.client()
    assert '<html lang="fr' in visitor.get("/login").text
    answer = visitor.post("/language", data={"language": "en", "next": "/reset"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/reset")
    assert '<html lang="en' in visitor.get("/login").text
    assert visitor.post("/language", data={"language": "en", "next": "/login"}).headers["location"] == "/login"
    visitor.post("/language", data={"language": "xx"})
    assert visitor.cookies["lang"] == "en"
    nora = portal.sign_in(NORA)
    assert nora.post("/language", data={"language": "en", "next": "//evil"}).headers["location"] == "/invitations"
    assert '<html lang="en' in nora.get("/nowhere").text
    assert portal.query("SELECT language FROM account WHERE identifier = ?", NORA) == [("en",)]
    nora.post("/language", data={"language": "fr"})


def routes(portal: Portal) -> Iterator[tuple[str, httpx.Response]]:
    """Every kind of answer there is, to a visitor and to Nora."""
    visitor, nora = portal.client(), portal.sign_in(NORA)
    page = nora.get("/trial").text
    asset = re.search(r'"(/_nicegui/[^"]+\.js)"', page)
    assert asset
    paths = [
        "/", "/login", "/reset", "/healthz", "/favicon.ico", "/invitations", "/trial", "/nowhere", "/trial/broken",
        "/trial/broken-later", "/trial/broken-route", "/trial/slow", f"/documents/{DOCUMENT}", "/documents/none",
        asset[1], "/_nicegui/3.18.0/static/none.js", "/_nicegui_ws/socket.io/", theme(portal), "/assets/0/theme.css",
    ]  # fmt: skip
    for who, client in (("visitor", visitor), ("Nora", nora)):
        for path in paths:
            for method in ("GET", "HEAD"):
                yield f"{who} {method} {path}", client.request(method, path)
        for path in ("/login", "/language", "/nowhere", "/trial"):
            yield f"{who} POST {path}", client.post(path, data={"identifier": "nobody", "language": "fr"})
        yield f"{who} too much", client.post("/login", content=b"x" * 70_000)
        yield f"{who} from elsewhere", client.post("/login", headers={"Origin": "https://evil.example"})
    yield "range", nora.get(f"/documents/{DOCUMENT}", headers={"Range": "bytes=0-9"})
    yield "bad range", nora.get(f"/documents/{DOCUMENT}", headers={"Range": "bytes=999999-"})
    yield "signing out", nora.post("/logout")


def theme(portal: Portal) -> str:
    found = re.search(r'href="(/assets/[^"]+/theme\.css)"', portal.sign_in(NORA).get("/nowhere").text)
    assert found
    return found[1]


def test_every_answer_has_the_headers_and_each_once(portal: Portal) -> None:
    seen = set()
    for name, answer in routes(portal):
        seen.add(answer.status_code)
        for header, value in ALWAYS.items():
            assert answer.headers.get(header) == value, (name, header)
        assert "camera=()" in answer.headers["permissions-policy"], name
        policy = answer.headers["content-security-policy"]
        for part in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert part in policy, name
        for header in ONCE:
            assert len(answer.headers.get_list(header)) <= 1, (name, header)
        assert "server" not in answer.headers, name
        assert "strict-transport-security" not in answer.headers, "plain http on the loopback"
        kept = answer.headers["cache-control"]
        if answer.status_code == 200 and ("/_nicegui/" in name or "/assets/" in name):
            assert kept == "public, max-age=31536000, immutable", name
        else:
            assert "no-store" in kept, name
    assert seen >= {200, 206, 303, 401, 403, 404, 405, 413, 416, 500}


@pytest.mark.served
def test_behind_https_cookies_are_bound_to_the_host_and_hsts_is_sent(tmp_path_factory: pytest.TempPathFactory) -> None:
    school = "https://ecole.example"
    with running_portal(tmp_path_factory.mktemp("secure"), CREOS_PUBLIC_URL=school) as portal:
        client = httpx.Client(base_url=portal.url, headers={"Origin": school})
        answer = client.post("/login", data={"identifier": NORA, "password": PASSWORD})
        assert answer.status_code == 303
        for line in answer.headers.get_list("set-cookie"):
            assert line.startswith("__Host-")
            assert "Secure" in line
            assert "Path=/" in line
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
        sid = answer.headers.get_list("set-cookie")[0].split(";")[0].partition("=")[2]
        assert client.get("/invitations", headers={"Cookie": f"sid={sid}"}).status_code == 303
        page = client.get("/invitations", headers={"Cookie": f"__Host-sid={sid}"})
        assert page.status_code == 200
        assert "wss://ecole.example" in page.headers["content-security-policy"]
        client.headers["Origin"] = portal.url
        assert client.post("/login").status_code == 403
        client.close()


def test_only_the_templates_own_scripts_carry_the_nonce(portal: Portal) -> None:
    nora = portal.sign_in(NORA)
    answers = [nora.get("/trial"), nora.get("/trial")]
    nonces = []
    for answer in answers:
        found = re.search(r"script-src 'self' 'nonce-([^']+)' 'unsafe-eval'", answer.headers["content-security-policy"])
        assert found
        nonces.append(found[1])
        scripts = re.findall(r"<script[^>]*>", answer.text)
        injected = [script for script in scripts if "nonce" not in script]
        assert injected == ["<script>"], "the one the page put into its head"
        assert len(scripts) > 5
        assert all(f'nonce="{found[1]}"' in script for script in scripts if script not in injected)
    assert nonces[0] != nonces[1]


def test_no_exception_text_reaches_a_reader_and_the_reference_is_in_the_log(portal: Portal) -> None:
    nora = portal.sign_in(NORA)
    for path in ("/trial/broken", "/trial/broken-later", "/trial/broken-route"):
        before = portal.log().count("hunter2")
        answer = nora.get(path)
        assert answer.status_code == 500
        for ours in ("hunter2", "RuntimeError", "Traceback", "Error:"):
            assert ours not in answer.text, path
        reference = re.search(r"[0-9a-f]{4}-[0-9a-f]{4}", answer.text)
        assert reference
        assert "<script" not in answer.text
        assert f"reference {reference[0]}" in portal.log()
        # told once: Starlette raises what it has answered again, and its task groups wrap it
        assert portal.log().count(f"reference {reference[0]}") == 1
        assert portal.log().count("hunter2") == before + 1
    assert nora.get("/trial").status_code == 200


def test_a_page_too_slow_to_build_says_so_without_our_words(portal: Portal) -> None:
    answer = portal.sign_in(NORA).get("/trial/slow")
    assert answer.status_code == 500
    assert "response_timeout" not in answer.text
    assert re.search(r"[0-9a-f]{4}-[0-9a-f]{4}", answer.text)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_error_pages_speak_the_readers_language(portal: Portal, language: str) -> None:
    answer = portal.client(Cookie=f"lang={language}").post("/nowhere")
    assert answer.status_code == 401
    assert f'<html lang="{language}' in answer.text
    assert "École du Tilleul" in answer.text


def test_too_much_is_refused_with_an_answer(portal: Portal) -> None:
    def chunks(number: int) -> Iterator[bytes]:
        for _ in range(number):
            yield b"x" * 8_192

    client = portal.client(**{"Content-Type": "application/x-www-form-urlencoded"})
    assert client.post("/login", content=b"x" * (64 * 1024)).status_code == 303
    assert client.post("/login", content=b"x" * (64 * 1024 + 1)).status_code == 413
    assert client.post("/login", content=chunks(8)).status_code == 303
    assert client.post("/login", content=chunks(9)).status_code == 413
    assert client.post("/login", content=b"x" * 20_000_000).status_code == 413
    assert client.get("/healthz").text == "ok"


def test_an_upload_address_belongs_to_its_pages_session(portal: Portal) -> None:
    nora, omar = portal.sign_in(NORA), portal.sign_in(OMAR)
    page = nora.get("/trial/upload").text
    upload = f"/_nicegui/client/{client_id_in(page)}/upload/{target_in_upload(page)}"
    files = {"file": ("a.txt", b"hello")}
    assert omar.post(upload, files=files).status_code == 404
    assert portal.client().post(upload, files=files).status_code == 401
    assert omar.post("/_nicegui/client/none/upload/1", files=files).status_code == 404
    assert record(portal) == []
    assert nora.post(upload, files=files).status_code == 200
    assert record(portal) == ["uploaded"]


def target_in_upload(page: str) -> str:
    found = re.search(r"/upload/(\d+)", page)
    assert found
    return found[1]


def test_a_document_is_read_by_debtor_and_guardian_only(portal: Portal) -> None:
    nora, omar = portal.sign_in(NORA), portal.sign_in(OMAR)
    path = f"/documents/{DOCUMENT}"
    answer = nora.get(path)
    assert (answer.status_code, answer.content) == (200, PDF)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-encoding"] == "identity", "asked for gzip, and refused it"
    assert answer.headers["content-disposition"] == (
        "inline; filename*=utf-8''Mus%C3%A9e%20du%20jouet%20%E2%80%93%20%C3%A9t%C3%A9.pdf"
    )
    plain = {"Accept-Encoding": "identity"}  # compressed, the reference alone changes the length
    absent = "/documents/" + "e" * 43
    assert without_reference(omar.get(path, headers=plain)) == without_reference(omar.get(absent, headers=plain))
    assert "authz_denied account:2 document" in portal.log()
    assert DOCUMENT not in portal.log()
    # guardian of a child invited to it, though somebody else pays
    portal.elsewhere(lambda: Guardianship.create(guardian_id=2, pupil_id=1))
    try:
        assert omar.get(path).content == PDF
    finally:
        portal.elsewhere(lambda: Guardianship.filter(guardian_id=2, pupil_id=1).delete())
    assert omar.get(path).status_code == 404


def without_reference(answer: httpx.Response) -> tuple[int, str, list[tuple[str, str]]]:
    headers = [(k, v) for k, v in answer.headers.multi_items() if k not in ("date", "content-security-policy")]
    return answer.status_code, re.sub(r"[0-9a-f]{4}-[0-9a-f]{4}", "", answer.text), headers


def test_no_other_address_reaches_a_file(portal: Portal, subtests: pytest.Subtests) -> None:
    nora = portal.sign_in(NORA)
    for token in ("%2e%2e%2fcreos.db", "x" * 44, "x", DOCUMENT + ".pdf", DOCUMENT + "%00"):
        with subtests.test(token=token):
            answer = nora.get(f"/documents/{token}")
            assert answer.status_code == 404
            assert "PDF-1.4" not in answer.text


def test_a_document_is_read_in_parts(portal: Portal) -> None:
    nora, path = portal.sign_in(NORA), f"/documents/{DOCUMENT}"
    part = nora.get(path, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, PDF[5:10])
    assert part.headers["content-range"] == f"bytes 5-9/{len(PDF)}"
    assert nora.get(path, headers={"Range": f"bytes={len(PDF)}-"}).status_code == 416
    head = nora.head(path)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(PDF)))


def test_a_document_whose_file_is_gone_is_not_there(portal: Portal) -> None:
    file = portal.folder / "data" / "documents" / f"{DOCUMENT}.pdf"
    file.rename(file.with_suffix(".away"))
    try:
        assert portal.sign_in(NORA).get(f"/documents/{DOCUMENT}").status_code == 404
    finally:
        file.with_suffix(".away").rename(file)


def test_reading_changes_nothing(portal: Portal) -> None:
    """R18: GET and HEAD of everything, signed in and not; the database stays as it was."""
    nora, visitor = portal.sign_in(NORA), portal.client()

    def checksum() -> str:
        digest = hashlib.sha256()
        for (table,) in portal.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"):
            columns = "id, token_hash, account_id, revoked_at" if table == "session" else "*"  # not last_used_at
            digest.update(repr(portal.query(f"SELECT {columns} FROM {table}")).encode())
        return digest.hexdigest()

    before = checksum()
    for client in (nora, visitor):
        for path in ("/", "/login", "/logout", "/language", "/reset", "/healthz", "/invitations", "/trial", "/nowhere"):
            for query in ("", f"?identifier={NORA}&password={PASSWORD}&language=en&next=/x&logout=1"):
                for method in ("GET", "HEAD"):
                    client.request(method, path + query)
        client.get(f"/documents/{DOCUMENT}")
    assert checksum() == before
    assert nora.get("/trial").status_code == 200


def test_health_says_one_word_and_knows_the_database(portal: Portal) -> None:
    answer = httpx.get(f"{portal.url}/healthz")
    assert (answer.status_code, answer.text) == (200, "ok")


def test_nicegui_answers_no_forwarded_prefix(portal: Portal) -> None:
    headers = {"X-Forwarded-Prefix": "/evil", "Purpose": "prefetch"}
    page = portal.client().get("/login", headers=headers)
    assert "evil" not in page.text
    assert "'implicit_handshake': True" in page.text or '"implicit_handshake":true' in page.text
    assert portal.client().get("/trial", headers=headers).headers["location"] == "/login?next=/trial"


def test_the_log_holds_no_secrets(portal: Portal) -> None:
    """R63: what this whole file did, and not one of these in the log."""
    nora = portal.sign_in(NORA)
    target = target_in(nora)
    nora.get(f"/_nicegui/client/{target.client_id}/upload/none")
    nora.get("/nowhere/" + "canary")
    nora.get("/%0d%0aforged line")
    log = portal.log()
    for secret in (PASSWORD, NORA, "Peeters", target.client_id, nora.cookies["sid"], nora.cookies["known"], "canary"):
        assert secret not in log
    assert "\nforged" not in log
