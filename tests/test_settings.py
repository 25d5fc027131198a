"""Nonsense or a missing setting stops the start with one line that names it and never shows its value (R66)."""

from __future__ import annotations

import pytest

from creos_ui.settings import SettingsUnusable, data_settings, portal_settings

GOOD = {
    "CREOS_SECRET": "s3cret-s3cret-s3cret-s3cret-s3cret",
    "CREOS_PUBLIC_URL": "https://ecole.example",
    "CREOS_SCHOOL_NAME": "École communale",
    "CREOS_SCHOOL_CONTACT": "02 555 01 23",
    "CREOS_PAYEE_NAME": "Commune de Tilleul",
    "CREOS_PAYEE_IBAN": "BE68 5390 0754 7034",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Only the good settings, whatever the machine has."""
    for name in ("DATA", "DATABASE_URL", "HOST", "PORT", "TRUSTED_PROXY"):
        monkeypatch.delenv(f"CREOS_{name}", raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_good_settings_are_taken(environment: pytest.MonkeyPatch) -> None:
    settings = portal_settings()
    assert (settings.payee_iban, settings.port, settings.secure) == ("BE68539007547034", 8080, True)
    assert settings.database == "sqlite:data/creos.db"


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_one_is_named(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.delenv(name)
    with pytest.raises(SettingsUnusable, match=f"^{name} is not set") as refusal:
        portal_settings()
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CREOS_SECRET", "tooshort-9f8e7d"),
        ("CREOS_PUBLIC_URL", "http://ecole.example"),
        ("CREOS_PUBLIC_URL", "http://192.168.1.4:8080"),
        ("CREOS_PUBLIC_URL", "https://ecole.example/portal"),
        ("CREOS_PUBLIC_URL", "ecole.example"),
        ("CREOS_PUBLIC_URL", "javascript:alert(1)"),
        ("CREOS_PUBLIC_URL", "https://parent:hunter2@ecole.example"),
        ("CREOS_PUBLIC_URL", "https://ecole.example#portal"),
        ("CREOS_PUBLIC_URL", "https://ecole.example:0"),
        ("CREOS_PUBLIC_URL", "https://ecole.example:port"),
        ("CREOS_PORT", "0"),
        ("CREOS_PORT", "65536"),
        ("CREOS_PORT", "http"),
        ("CREOS_TRUSTED_PROXY", ""),
        ("CREOS_TRUSTED_PROXY", "*"),
        ("CREOS_TRUSTED_PROXY", "proxy.example"),
        ("CREOS_TRUSTED_PROXY", "10.0.0.300"),
        ("CREOS_TRUSTED_PROXY", "10.0.0.1;10.0.0.2"),
        ("CREOS_TRUSTED_PROXY", "10.0.0.1,"),
        ("CREOS_TRUSTED_PROXY", "0.0.0.0/0"),
        ("CREOS_TRUSTED_PROXY", "::/0"),
        ("CREOS_SCHOOL_NAME", ""),
        ("CREOS_SCHOOL_CONTACT", "-"),
        ("CREOS_PAYEE_NAME", "C" * 71),
        ("CREOS_PAYEE_IBAN", "BE68539007547035"),
        ("CREOS_PAYEE_IBAN", "123456789"),
        ("CREOS_DATABASE_URL", "mysql://user:hunter2@host/base"),
        ("CREOS_DATABASE_URL", "postgres://user:hunter2@host:port/base"),
        ("CREOS_DATABASE_URL", "postgres://user:hunter2@host:99999/base"),
        ("CREOS_DATABASE_URL", "postgres://user:hunter2@[host/base"),
        ("CREOS_DATABASE_URL", "postgres://user:hunter2@host:5432"),
        ("CREOS_DATABASE_URL", "postgres://user:hunter2@host/base?sslmode=sure"),
        ("CREOS_DATABASE_URL", "postgres://user:hunter2@host/base?sslmode="),
        ("CREOS_DATABASE_URL", "postgres://user:hunter2@host/base?ssl=true"),
    ],
)
def test_nonsense_is_named_and_secrets_are_not_repeated(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(name, value)
    with pytest.raises(SettingsUnusable, match=f"^{name} ") as refusal:
        portal_settings()
    line = str(refusal.value)
    assert "\n" not in line
    assert "9f8e7d" not in line
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("written", "believed"),
    [
        (None, ["127.0.0.1/32", "::1/128", "::ffff:127.0.0.1/128"]),
        ("10.0.0.7", ["10.0.0.7/32", "::ffff:10.0.0.7/128"]),
        ("172.18.0.1/16, 2001:db8::/32", ["172.18.0.0/16", "2001:db8::/32", "::ffff:172.18.0.0/112"]),
    ],
)
def test_the_trusted_proxies(environment: pytest.MonkeyPatch, written: str | None, believed: list[str]) -> None:
    if written:
        environment.setenv("CREOS_TRUSTED_PROXY", written)
    assert portal_settings().proxies == believed


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"])
def test_plain_http_is_for_this_machine_alone(environment: pytest.MonkeyPatch, url: str) -> None:
    environment.setenv("CREOS_PUBLIC_URL", url)
    assert not portal_settings().secure


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://Ecole.Example", "https://ecole.example"),
        ("https://ecole.example:443/", "https://ecole.example"),
        ("https://ecole.example:8443", "https://ecole.example:8443"),
        ("https://école.be", "https://xn--cole-9oa.be"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[::1]", "http://localhost"),
        ("http://localhost:8080", "http://[::1]:8080"),
    ],
)
def test_the_address_is_what_a_browser_sends_as_origin(
    environment: pytest.MonkeyPatch, written: str, origin: str
) -> None:
    environment.setenv("CREOS_PUBLIC_URL", written)
    assert origin in portal_settings().origins


def test_the_other_commands_need_no_serving_settings(environment: pytest.MonkeyPatch) -> None:
    for name in GOOD:
        environment.delenv(name)
    environment.setenv("CREOS_DATA", "/srv/school")
    assert data_settings().database == "sqlite:/srv/school/creos.db"
    environment.setenv("CREOS_DATABASE_URL", "postgres://creos:hunter2@db/creos")
    assert data_settings().database == "postgres://creos:hunter2@db/creos"
    assert "hunter2" not in repr(data_settings())
