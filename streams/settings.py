"""Where a deployment finds its services and how large it is, read from the environment."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from streams.login import Brokers, Login, Mechanism, Security, read_secret

RECORD_BYTES_MAX = 1 << 20
"""The largest value of a record; a larger one is refused when it is read."""

HEADROOM_BYTES = 64 << 10
"""What a record may need around its value: key, headers, and the frame of a batch."""

ENV_PREFIX = "TOCSIN_"

ADDRESS_PATTERN = r"(\[[0-9a-fA-F:]+\]|[^,:\s]+)(:\d{1,5})?"
BROKERS_PATTERN = f"^{ADDRESS_PATTERN}(,{ADDRESS_PATTERN})*$"
"""Addresses such as `one:9092,two:9092` or `[::1]:9092`."""

OFF = "off"
LISTENER_PATTERN = f"^({ADDRESS_PATTERN}|{OFF})$"

AUDIT_TOPIC_SINK = "topic"
LOCAL_PATTERN = r"(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$"

Partitions = Annotated[int, Field(ge=1, le=10_000)]


class SettingsError(Exception):
    """A setting makes no sense; the message names it.  Exit code 2."""


class Settings(BaseSettings):
    """One deployment: each field is the environment's `TOCSIN_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, hide_input_in_errors=True)

    broker: str = Field(default="127.0.0.1:9092", pattern=BROKERS_PATTERN)
    """Kafka's brokers, `host:port`, with commas between them."""

    kafka_security: Security = "plaintext"
    """How Kafka is spoken to; in production `sasl_ssl`: by name and password, over TLS."""

    kafka_mechanism: Mechanism = "PLAIN"
    """How the password is shown; PLAIN is for TLS, where nobody listens."""

    kafka_user: str | None = None
    """The name under which this process is known to Kafka."""

    kafka_password_file: str | None = None
    """A file that holds its password."""

    kafka_ca_file: str | None = None
    """The authority that signed the brokers' certificates; without one, those of the system."""

    store: str = Field(default="redis://127.0.0.1:6379/0", pattern="^(redis|rediss|unix)://")
    """The address of Redis or Valkey, and the user; it may hold a password."""

    store_password_file: str | None = None
    """A file that holds the password instead."""

    log_partitions: Partitions = 12
    """Partitions of the log, once and for all: a study's place follows from their number."""

    alert_partitions: Partitions = 4
    """Partitions of the alerts and of the ledger of notifications, which must be as many."""

    replication: int = Field(default=-1, ge=-1, le=32_767)
    """Copies of each topic; -1 leaves it to the brokers."""

    poll_records: int = Field(default=5_000, ge=1, le=100_000)
    """Records in one fetch: more save round trips, fewer let a rebalance wait for less."""

    memory_mib: int = Field(default=1_024, ge=16)
    """For the studies a worker keeps in memory; those not reported on for longest leave first."""

    health: str = Field(default="127.0.0.1:8010", pattern=f"^{ADDRESS_PATTERN}$")
    """Where `/livez` and `/readyz` are served; they say nothing of the arms."""

    metrics_open: str = Field(default="127.0.0.1:8011", pattern=LISTENER_PATTERN)
    """Where `/metrics` is served that anybody may see, or `off`."""

    metrics_closed: str = Field(default="127.0.0.1:8012", pattern=LISTENER_PATTERN)
    """Where `/metrics` by treatment is served to whoever shows the token, or `off`."""

    metrics_token_file: str | None = None
    """A file that holds the token; without one there is no closed `/metrics`."""

    lag_max: int = Field(default=10_000, ge=0)
    """Records behind the log beyond which a worker is not ready: its tables are of the past."""

    delivery_file: str | None = None
    """Who is told of alerts, by which sinks: the TOML file that `tocsin deliver` reads."""

    plan_keys_file: str | None = None
    """A file of public keys, one a line: a plan that none of them signed does not count."""

    plan_signers: int = Field(default=1, ge=1, le=16)
    """So many of these keys must have signed a plan: 2 is a rule of two persons."""

    audit: str = Field(
        default=AUDIT_TOPIC_SINK, pattern=f"^({AUDIT_TOPIC_SINK}|{OFF}|file:.+)$", max_length=1000
    )
    """Where it is kept who looked and who changed what: `topic`, `file:PATH`, or `off`."""

    why: str = Field(default="", max_length=200)
    """What the audit says of why a command was given."""

    @property
    def in_production(self) -> bool:
        """Whether it is more than one machine's trial: signed plans, or a broker elsewhere."""
        local = all(re.match(LOCAL_PATTERN, address) for address in self.broker.split(","))
        return self.plan_keys_file is not None or not local

    @field_validator("store")
    @classmethod
    def _check_store_address(cls, store: str) -> str:
        """A client would name the part that makes no sense, which may be one of a password."""
        try:
            _ = urlsplit(store).port
        except ValueError:
            message = "is no address; in a password write # as %23, / as %2F and ? as %3F"
            raise PydanticCustomError("address", message) from None
        return store

    @model_validator(mode="after")
    def _add_secrets(self) -> Self:
        """The addresses take up who we are there; a file that is missing is told at once."""
        login = Login(
            security=self.kafka_security,
            mechanism=self.kafka_mechanism,
            user=self.kafka_user,
            password_file=self.kafka_password_file,
            ca_file=self.kafka_ca_file,
        )
        if login.uses_sasl and not (login.user and login.password_file):
            message = "with sasl it needs TOCSIN_KAFKA_USER and TOCSIN_KAFKA_PASSWORD_FILE"
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
        if self.audit != AUDIT_TOPIC_SINK and self.in_production:
            message = "with signed plans, or a broker on another machine, it must be `topic`"
            raise PydanticCustomError("audit", f"{ENV_PREFIX}AUDIT: {message}")
        return self

    def __repr__(self) -> str:
        """The settings that are no secret."""
        return f"Settings(broker={self.broker!r}, log_partitions={self.log_partitions})"

    __str__ = __repr__


def read_failure(path: str, *, text: bool) -> str:
    """Why the file at *path* cannot be read, as *text* if it must be; empty where it can."""
    try:
        _ = read_secret(path) if text else Path(path).read_bytes()
    except FileNotFoundError:
        return "no such file"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        return "it is not text in UTF-8"
    return ""


def with_password(url: str, password: str) -> str:
    """The address of a store with the password of its user."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        query = "&".join(filter(None, (parts.query, f"password={quote(password, safe='')}")))
        return urlunsplit(parts._replace(query=query))
    user, _, host = parts.netloc.rpartition("@")
    netloc = f"{user.partition(':')[0]}:{quote(password, safe='')}@{host}"
    return urlunsplit(parts._replace(netloc=netloc))


def read_settings() -> Settings:
    """The settings of this process; a refusal names each bad one and never shows its value."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("; ".join(map(_describe_error, error.errors()))) from None


def _describe_error(error: ErrorDetails) -> str:
    """What is wrong, with the name of the setting; what holds between several names itself."""
    name = ".".join(map(str, error["loc"])).upper()
    return f"{ENV_PREFIX}{name}: {error['msg']}" if name else error["msg"]
