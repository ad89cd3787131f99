"""Settings of a deployment, read from environment variables `TOCSIN_*`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from streams.login import Brokers, Login, Mechanism, Security, read_secret

RECORD_BYTES_MAX = 1 << 20
"""Maximum size of a record value in bytes; decoding refuses larger ones."""

HEADROOM_BYTES = 64 << 10
"""Bytes allowed in addition to a record value: key, headers and batch framing."""

ENV_PREFIX = "TOCSIN_"

ADDRESS_PATTERN = r"(\[[0-9a-fA-F:]+\]|[^,:\s]+)(:\d{1,5})?"
BROKERS_PATTERN = f"^{ADDRESS_PATTERN}(,{ADDRESS_PATTERN})*$"
"""Matches broker addresses such as `one:9092,two:9092` or `[::1]:9092`."""

OFF = "off"
LISTENER_PATTERN = f"^({ADDRESS_PATTERN}|{OFF})$"

AUDIT_TOPIC_SINK = "topic"
LOCAL_PATTERN = r"(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$"
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
"""Names of this machine in an address."""

Partitions = Annotated[int, Field(ge=1, le=10_000)]
Tls = Literal["off", "own", "proxy"]


class SettingsError(Exception):
    """A setting is invalid; the message names it and omits its value.  Exit code 2."""


class Settings(BaseSettings):
    """Settings of one deployment: each field is read from the variable `TOCSIN_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, hide_input_in_errors=True)

    broker: str = Field(default="127.0.0.1:9092", pattern=BROKERS_PATTERN)
    """Kafka brokers, `host:port`, comma-separated."""

    kafka_security: Security = "plaintext"
    """Security protocol for Kafka; in production `sasl_ssl`: user and password over TLS."""

    kafka_mechanism: Mechanism = "PLAIN"
    """SASL mechanism.  PLAIN sends the password in clear text, so use it over TLS only."""

    kafka_user: str | None = None
    """SASL user name of this process."""

    kafka_password_file: str | None = None
    """File with the password of `kafka_user`."""

    kafka_ca_file: str | None = None
    """File with the CA that signed the brokers' certificates; by default the CAs of the system."""

    store: str = Field(default="redis://127.0.0.1:6379/0", pattern="^(redis|rediss|unix)://")
    """URL of Redis or Valkey, with user; it may contain a password."""

    store_password_file: str | None = None
    """File with the store's password, as an alternative to a password in the URL."""

    log_partitions: Partitions = 12
    """Partitions of the log.  Never change it: a study's partition depends on this number."""

    alert_partitions: Partitions = 4
    """Partitions of the alerts topic and of the notification log, which must be equal in number."""

    replication: int = Field(default=-1, ge=-1, le=32_767)
    """Replication factor of each topic; -1 uses the brokers' default."""

    poll_records: int = Field(default=5_000, ge=1, le=100_000)
    """Maximum records in one fetch.  More save round trips; fewer shorten a rebalance."""

    memory_mib: int = Field(default=1_024, ge=16)
    """MiB for the study rows that a worker caches; the least recently used are evicted first."""

    health: str = Field(default="127.0.0.1:8010", pattern=f"^{ADDRESS_PATTERN}$")
    """Address of `/livez` and `/readyz`, which reveal nothing by treatment."""

    metrics_open: str = Field(default="127.0.0.1:8011", pattern=LISTENER_PATTERN)
    """Address of the open `/metrics`, without numbers by treatment, or `off`."""

    metrics_closed: str = Field(default="127.0.0.1:8012", pattern=LISTENER_PATTERN)
    """Address of the closed `/metrics`, by treatment, which requires the token, or `off`."""

    metrics_token_file: str | None = None
    """File with the token; without it the closed `/metrics` is not served."""

    lag_max: int = Field(default=10_000, ge=0)
    """Maximum lag in records with which a worker is ready; beyond it, its tables are outdated."""

    delivery_file: str | None = None
    """TOML file with the audiences and sinks of alerts, which `tocsin deliver` reads."""

    plan_keys_file: str | None = None
    """File of public keys, one per line; a plan without a signature by one of them is refused."""

    plan_signers: int = Field(default=1, ge=1, le=16)
    """Number of different keys that must sign a plan; 2 requires two persons."""

    board: str = Field(default="127.0.0.1:8020", pattern=f"^{ADDRESS_PATTERN}$")
    """Address of the board's page, closed or open."""

    board_users_file: str | None = None
    """TOML file with the users of the page (docs/board.md)."""

    board_hosts: str = Field(default="127.0.0.1,localhost", pattern=r"^[^,:/\s]+(,[^,:/\s]+)*$")
    """Names in the page's address, without port, comma-separated; others are refused."""

    board_tls: Tls = "off"
    """TLS of the page: `own` certificate, that of a `proxy` before it, or `off` on loopback."""

    board_tls_cert_file: str | None = None
    """File with the certificate chain of the page, where board_tls is `own`."""

    board_tls_key_file: str | None = None
    """File with the key of the certificate."""

    board_keys_folder: str | None = None
    """Folder with the members' encrypted signing keys; without it the page makes no moves."""

    board_folder: str | None = None
    """Folder of the sockets between the follower and the pages; by default a private one."""

    intake: str = Field(default="127.0.0.1:8030", pattern=f"^{ADDRESS_PATTERN}$")
    """Address at which `tocsin intake` receives records over HTTP."""

    intake_clients_file: str | None = None
    """TOML file with the clients of the intake: tokens, studies, systems (docs/intake.md)."""

    intake_tls: Tls = "off"
    """TLS of the intake: `own` certificate, that of a `proxy` before it, or `off` on loopback."""

    intake_tls_cert_file: str | None = None
    """File with the certificate chain of the intake, where intake_tls is `own`."""

    intake_tls_key_file: str | None = None
    """File with the key of the certificate."""

    intake_mappings_folder: str | None = None
    """Folder with the mappings of listings that the intake receives, `NAME.toml` each."""

    intake_redcap_file: str | None = None
    """TOML file with the REDCap projects that a nudge pulls (docs/intake.md)."""

    intake_requests_per_second: int = Field(default=1_000, ge=1, le=100_000)
    """Requests of one client in a second, on average; further ones are answered with 429."""

    audit: str = Field(
        default=AUDIT_TOPIC_SINK, pattern=f"^({AUDIT_TOPIC_SINK}|{OFF}|file:.+)$", max_length=1000
    )
    """Destination of the audit log of reads and changes: `topic`, `file:PATH` or `off`."""

    why: str = Field(default="", max_length=200)
    """Reason for a command, which its audit entry records."""

    @property
    def in_production(self) -> bool:
        """Whether plans must be signed, or a broker is on another machine."""
        local = all(re.match(LOCAL_PATTERN, address) for address in self.broker.split(","))
        return self.plan_keys_file is not None or not local

    @model_validator(mode="after")
    def _check_tls(self) -> Self:
        """Refuse TLS of its own without certificate and key."""
        for page in ("board", "intake"):
            own = getattr(self, f"{page}_tls") == "own"
            cert, key = (f"{page}_tls_cert_file", f"{page}_tls_key_file")
            if own and not (getattr(self, cert) and getattr(self, key)):
                prefix = f"{ENV_PREFIX}{page.upper()}_TLS"
                message = f"{prefix}: `own` needs {prefix}_CERT_FILE and {prefix}_KEY_FILE"
                raise PydanticCustomError("tls", message)
        return self

    @field_validator("store")
    @classmethod
    def _check_store_address(cls, store: str) -> str:
        """Refuse a URL that cannot be parsed.

        The client's own error would quote the invalid part, which may be part of a password.
        """
        try:
            _ = urlsplit(store).port
        except ValueError:
            message = "is not a valid URL; in a password write # as %23, / as %2F and ? as %3F"
            raise PydanticCustomError("address", message) from None
        return store

    @model_validator(mode="after")
    def _add_secrets(self) -> Self:
        """Attach the credentials to the addresses, and refuse files that cannot be read."""
        login = Login(
            security=self.kafka_security,
            mechanism=self.kafka_mechanism,
            user=self.kafka_user,
            password_file=self.kafka_password_file,
            ca_file=self.kafka_ca_file,
        )
        if login.uses_sasl and not (login.user and login.password_file):
            message = "sasl requires TOCSIN_KAFKA_USER and TOCSIN_KAFKA_PASSWORD_FILE"
            raise PydanticCustomError("login", f"{ENV_PREFIX}KAFKA_SECURITY: {message}")
        for name in ("kafka_password_file", "kafka_ca_file", "store_password_file"):
            path, text = getattr(self, name), name != "kafka_ca_file"
            if path and (reason := read_failure(path, text=text)):
                context = {"name": f"{ENV_PREFIX}{name.upper()}", "why": reason}
                raise PydanticCustomError("file", "{name}: {why}", context)
        object.__setattr__(self, "broker", Brokers(self.broker, login))
        if self.store_password_file:
            store_url = with_password(self.store, read_secret(self.store_password_file))
            object.__setattr__(self, "store", store_url)
        return self

    @model_validator(mode="after")
    def _check_audit(self) -> Self:
        """Refuse to audit anywhere but on the topic in production."""
        if self.audit != AUDIT_TOPIC_SINK and self.in_production:
            message = "with signed plans, or a broker on another machine, it must be `topic`"
            raise PydanticCustomError("audit", f"{ENV_PREFIX}AUDIT: {message}")
        return self

    def __repr__(self) -> str:
        """Show two settings that are not secret."""
        return f"Settings(broker={self.broker!r}, log_partitions={self.log_partitions})"

    __str__ = __repr__


def read_failure(path: str, *, text: bool) -> str:
    """Return why the file at *path* cannot be read (as UTF-8 if *text*), or an empty string."""
    try:
        _ = read_secret(path) if text else Path(path).read_bytes()
    except FileNotFoundError:
        return "no such file"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        return "not text in UTF-8"
    return ""


def with_password(url: str, password: str) -> str:
    """Return the store's *url* (redis, rediss or unix) with *password* in place of its own."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        query = "&".join(filter(None, (parts.query, f"password={quote(password, safe='')}")))
        return urlunsplit(parts._replace(query=query))
    user, _, host = parts.netloc.rpartition("@")
    netloc = f"{user.partition(':')[0]}:{quote(password, safe='')}@{host}"
    return urlunsplit(parts._replace(netloc=netloc))


def read_settings() -> Settings:
    """Read the settings of this process.

    Raises SettingsError, which names every invalid setting and omits its value.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("; ".join(map(_describe_error, error.errors()))) from None


def _describe_error(error: ErrorDetails) -> str:
    """Format one error; errors about several settings name them in their message."""
    name = ".".join(map(str, error["loc"])).upper()
    return f"{ENV_PREFIX}{name}: {error['msg']}" if name else error["msg"]
