"""Reads one sink of the delivery file: its kind, address and credentials."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from monitor.plan.section import TomlSection

NAME_HINT = "Name it with 1 to 64 of letters, digits and _ . : -"


class SinkKind(StrEnum):
    """Protocol of a sink."""

    ALERTMANAGER = "alertmanager"
    WEBHOOK = "webhook"
    APPRISE = "apprise"
    KAFKA = "kafka"


class Security(StrEnum):
    """Security protocol of a Kafka sink's cluster (Kafka: ``security.protocol``)."""

    PLAINTEXT = "plaintext"
    SSL = "ssl"
    SASL_PLAINTEXT = "sasl_plaintext"
    SASL_SSL = "sasl_ssl"

    @property
    def needs_password(self) -> bool:
        """Whether a user and a password are needed (SASL)."""
        return self.value.startswith("sasl")

    @property
    def is_encrypted(self) -> bool:
        """Whether the connection is encrypted (TLS)."""
        return self.value.endswith("ssl")


class Mechanism(StrEnum):
    """SASL mechanism.  PLAIN sends the password itself, so it is for encrypted connections."""

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkConfig:
    """One ``[[sink]]`` of the delivery file.  Secrets are in separate files, named here.

    *allow_private* permits a webhook to use a private address and plain HTTP.  *security*,
    *mechanism*, *user* and *ca_file* are for a Kafka sink; with SASL, *secret_file* holds the
    password of *user*.
    """

    name: str
    kind: SinkKind
    url: str = ""
    secret_file: str = ""
    allow_private: bool = False
    topic: str = ""
    partition: int = 0
    security: Security = Security.PLAINTEXT
    mechanism: Mechanism = Mechanism.PLAIN
    user: str = ""
    ca_file: str = ""

    @property
    def address(self) -> tuple[str, str, str]:
        """Where the notifications arrive; equal for two sinks with the same receiver."""
        return self.url, self.topic, self.secret_file if self.only_pages else ""

    @property
    def only_pages(self) -> bool:
        """Whether the sink is only sent revisions that page people."""
        return self.kind is SinkKind.APPRISE


def read_sink(section: TomlSection) -> SinkConfig:
    """Read one ``[[sink]]`` table.  Raises PlanError where it is invalid."""
    name = section.identifier("name", NAME_HINT)
    kinds = ", ".join(SinkKind)
    kind_text = section.required("kind", str, f"Use one of: {kinds}.")
    if kind_text not in set(SinkKind):
        raise section.error("kind", f"`{kind_text}` is not known", f"Use one of: {kinds}.")
    kind, required = SinkKind(kind_text), REQUIRED_KEYS[SinkKind(kind_text)]
    values: dict[str, Any] = {
        key: section.required(key, str, hint) for key, hint in required.items()
    }
    if kind is SinkKind.WEBHOOK:
        values["allow_private"] = section.get("allow_private", bool, False)
    if kind is SinkKind.KAFKA:
        values["partition"] = section.integer("partition", 0, 0, 9_999)
        values |= read_kafka_login(section)
    section.refuse_unknown_keys()
    config = SinkConfig(name=name, kind=kind, **values)
    if kind in (SinkKind.WEBHOOK, SinkKind.ALERTMANAGER):
        allow_http = config.allow_private or kind is SinkKind.ALERTMANAGER
        if not config.url.startswith(("https://", "http://") if allow_http else "https://"):
            raise section.error("url", "is not a permitted URL", "Begin it with https://")
    return config


def read_kafka_login(section: TomlSection) -> dict[str, Any]:
    """Read the login of a Kafka sink's cluster.

    Keys that the security protocol does not use are not read, so the caller refuses them.
    """
    security = section.choice("security", Security, Security.PLAINTEXT)
    values: dict[str, Any] = {"security": security}
    if security.needs_password:
        values["mechanism"] = section.choice("mechanism", Mechanism, Mechanism.PLAIN)
        values["user"] = section.required("user", str, "Give the user name for that cluster.")
        values["secret_file"] = section.required(
            "secret_file", str, "Name the file with the password."
        )
    if security.is_encrypted:
        values["ca_file"] = section.get("ca_file", str, "")
    return values


REQUIRED_KEYS: dict[SinkKind, dict[str, str]] = {
    SinkKind.ALERTMANAGER: {"url": "Give the address of the closed Alertmanager."},
    SinkKind.WEBHOOK: {
        "url": "Give the address of the receiver.",
        "secret_file": "Name the file of the secret shared with the receiver.",
    },
    SinkKind.APPRISE: {"secret_file": "Name the file that holds the service's URL."},
    SinkKind.KAFKA: {"url": "Give host:port of the brokers.", "topic": "Name the topic."},
}
