"""Settings by environment (CREOS_*). A missing one, or nonsense, stops the start with one line that says what to set
(R66)."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlsplit

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, AnyHttpUrl, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from stdnum import iban

from creos_ui.database.config import PARAMETERS, SSL_MODES, sqlite_url

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class SettingsUnusable(Exception):
    """One line for the operator: which setting, what is wrong, what to set."""


def _public_url(value: str) -> str:
    """As a browser sends it for Origin: small letters, a name with accents as xn--, no port where it is the usual."""
    try:
        url = AnyHttpUrl(value)
    except ValidationError:
        raise ValueError("must be scheme and host only, as in https://ecole.example") from None
    plain = f"{urlsplit(str(url)).scheme}://{urlsplit(str(url)).netloc}"
    if str(url) != f"{plain}/" or url.username is not None or url.password is not None or url.port == 0:
        raise ValueError("must be scheme and host only, as in https://ecole.example")
    if url.scheme == "http" and url.host not in LOOPBACK | {"[::1]"}:
        raise ValueError("must be https (plain http is for 127.0.0.1 only)")
    return plain


def _iban(value: str) -> str:
    try:  # the Belgian module refuses accounts whose bank code was retired: check the number itself
        return str(iban.validate(value, check_country=False))
    except Exception as exc:
        raise ValueError("is not a valid IBAN") from exc


def _sender(value: str) -> str:
    try:
        return validate_email(value, check_deliverability=False, allow_smtputf8=False, test_environment=True).normalized
    except EmailNotValidError as exc:
        raise ValueError("must be one e-mail address, as in portail@ecole.example") from exc


def _proxies(value: str) -> str:
    try:
        networks = [ipaddress.ip_network(one.strip(), strict=False) for one in value.split(",")]
    except ValueError:
        networks = []
    if not networks or any(network.prefixlen == 0 for network in networks):  # or everybody could name any address
        raise ValueError("must be addresses or networks, as in 127.0.0.1,10.0.0.0/24")
    return ",".join(str(network) for network in networks)


class DataSettings(BaseSettings):
    """Where the data lie: enough for check, create-account and import-invitations."""

    model_config = SettingsConfigDict(env_prefix="CREOS_", extra="ignore")

    data: Path = Path("data")
    database_url: SecretStr | None = None

    @property
    def database(self) -> str:
        """The address creos_ui.database.config understands; PostgreSQL where one is set, else the embedded SQLite."""
        return self.database_url.get_secret_value() if self.database_url else sqlite_url(self.data)

    @property
    def documents(self) -> Path:
        return self.data / "documents"


class SecretSettings(DataSettings):
    """The secret in force and the one to come, for change-secret: in the environment, which other users of the machine
    cannot read, as they can a command's arguments."""

    secret: Annotated[SecretStr, Field(min_length=32)]
    new_secret: Annotated[SecretStr, Field(min_length=32)]


class Settings(DataSettings):
    """All that a served portal needs to know."""

    secret: Annotated[SecretStr, Field(min_length=32)]
    public_url: Annotated[str, AfterValidator(_public_url)]
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    trusted_proxy: Annotated[str, AfterValidator(_proxies)] = "127.0.0.1,::1"
    school_name: Annotated[str, Field(min_length=1, max_length=70)]
    school_contact: Annotated[str, Field(min_length=3, max_length=120)]  # shown to people who cannot sign in
    payee_name: Annotated[str, Field(min_length=1, max_length=70)]  # exactly as the bank has it: banks compare it
    payee_iban: Annotated[str, AfterValidator(_iban)]
    smtp_host: Annotated[str, Field(max_length=253)] | None = None  # None: nothing is sent, `check` says so
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 587
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls: Annotated[Literal["starttls", "tls", "none"], Field(validate_default=True)] = "starttls"
    mail_from: Annotated[Annotated[str, AfterValidator(_sender)] | None, Field(validate_default=True)] = None
    reminder_days: Annotated[str, Field(pattern=r"^\d{1,2}(,\d{1,2})*$")] = "7,2"  # before the due date

    @field_validator("smtp_tls")
    @classmethod
    def _encrypted(cls, value: str, info: ValidationInfo) -> str:
        if value == "none" and info.data.get("smtp_host") not in LOOPBACK | {None}:
            raise ValueError("must be starttls or tls (none is for 127.0.0.1 only)")
        return value

    @field_validator("mail_from")
    @classmethod
    def _sender_set(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("smtp_host"):
            raise ValueError("is not set. Set the address messages are sent from")
        return value

    @property
    def demo(self) -> bool:
        """The imaginary school: its messages are shown at /dev/mail. No environment can switch that on."""
        return False

    @property
    def secure(self) -> bool:
        """Served over https: cookies are Secure and __Host-, HSTS is sent."""
        return self.public_url.startswith("https:")

    @property
    def proxies(self) -> list[str]:
        """Whose X-Forwarded-For is believed: these networks, an IPv4 one also as IPv6 writes it (::ffff:10.0.0.1)."""
        networks = [ipaddress.ip_network(network) for network in self.trusted_proxy.split(",")]
        mapped = [f"::ffff:{n.network_address}/{96 + n.prefixlen}" for n in networks if n.version == 4]
        return [*map(str, networks), *mapped]

    @property
    def origins(self) -> set[str]:
        """What a browser on this portal sends as Origin; on loopback under any of its names."""
        parts = urlsplit(self.public_url)
        if parts.hostname not in LOOPBACK:
            return {self.public_url}
        port = f":{parts.port}" if parts.port else ""
        return {f"{parts.scheme}://{name}{port}" for name in ("127.0.0.1", "localhost", "[::1]")}


def data_settings() -> DataSettings:
    """From the environment; raises SettingsUnusable."""
    try:
        settings = DataSettings()
    except ValidationError as exc:
        raise SettingsUnusable(_one_line(exc)) from None
    if not _is_database_url(settings.database):
        raise SettingsUnusable(
            "CREOS_DATABASE_URL must look like postgres://user:password@host:5432/database; "
            "after a ? it may have sslmode and sslrootcert, as libpq knows them."
        )
    return settings


def _is_database_url(url: str) -> bool:
    if url.startswith("sqlite:"):
        return True
    try:
        parts = urlsplit(url)
        asked = dict(parse_qsl(parts.query, keep_blank_values=True))
        known = asked.keys() <= PARAMETERS and asked.get("sslmode", "prefer") in SSL_MODES
        return parts.scheme in ("postgres", "postgresql") and parts.port != 0 and bool(parts.path.strip("/")) and known
    except ValueError:  # a port that is none, brackets that do not close
        return False


def secret_settings() -> SecretSettings:
    """From the environment; raises SettingsUnusable."""
    data_settings()
    try:
        return SecretSettings()  # type: ignore[call-arg]  # the environment fills it
    except ValidationError as exc:
        raise SettingsUnusable(_one_line(exc)) from None


def portal_settings() -> Settings:
    """From the environment, whole; raises SettingsUnusable."""
    data_settings()
    try:
        return Settings()  # type: ignore[call-arg]  # the environment fills it
    except ValidationError as exc:
        raise SettingsUnusable(_one_line(exc)) from None


def _one_line(exc: ValidationError) -> str:
    """The first fault only, without the value: it may be a secret."""
    fault = exc.errors(include_input=False, include_url=False)[0]
    name = f"CREOS_{fault['loc'][0]}".upper()
    if fault["type"] == "missing":
        return f"{name} is not set. Set it in the environment (README, configuration)."
    return f"{name} {fault['msg'].removeprefix('Value error, ')}."
