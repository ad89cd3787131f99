"""Where a deployment finds its services and how large it is, read from the environment."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

RECORD_BYTES_MAX = 1 << 20
"""The largest value of a record; a larger one is refused when it is read."""

HEADROOM_BYTES = 64 << 10
"""What a record may need around its value: key, headers, and the frame of a batch."""

PREFIX = "TOCSIN_"

ADDRESS = r"(\[[0-9a-fA-F:]+\]|[^,:\s]+)(:\d{1,5})?"
BROKERS = f"^{ADDRESS}(,{ADDRESS})*$"
"""Addresses such as `one:9092,two:9092` or `[::1]:9092`."""

OFF = "off"
LISTENER = f"^({ADDRESS}|{OFF})$"

Partitions = Annotated[int, Field(ge=1, le=10_000)]


class BadSettings(Exception):
    """A setting makes no sense; the message names it.  Exit code 2."""


class Settings(BaseSettings):
    """One deployment: each field is the environment's `TOCSIN_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    broker: str = Field(default="127.0.0.1:9092", pattern=BROKERS)
    """Kafka's brokers, `host:port`, with commas between them."""

    store: str = Field(default="redis://127.0.0.1:6379/0", pattern="^(redis|rediss|unix)://")
    """The address of Redis or Valkey; it may hold a password."""

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

    health: str = Field(default="127.0.0.1:8010", pattern=f"^{ADDRESS}$")
    """Where `/livez` and `/readyz` are served; they say nothing of the arms."""

    metrics_open: str = Field(default="127.0.0.1:8011", pattern=LISTENER)
    """Where `/metrics` is served that anybody may see, or `off`."""

    metrics_closed: str = Field(default="127.0.0.1:8012", pattern=LISTENER)
    """Where `/metrics` by treatment is served to whoever shows the token, or `off`."""

    metrics_token_file: str | None = None
    """A file that holds the token; without one there is no closed `/metrics`."""

    lag_max: int = Field(default=10_000, ge=0)
    """Records behind the log beyond which a worker is not ready: its tables are of the past."""

    def __repr__(self) -> str:
        """The settings that are no secret."""
        return f"Settings(broker={self.broker!r}, log_partitions={self.log_partitions})"

    __str__ = __repr__


def read_settings() -> Settings:
    """The settings of this process; a refusal names each bad one and never shows its value."""
    try:
        return Settings()
    except ValidationError as error:
        told = [
            f"{PREFIX}{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()
        ]
        raise BadSettings("; ".join(told)) from None
