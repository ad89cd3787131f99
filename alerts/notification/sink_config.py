"""One sink as the delivery file describes it: what kind it is, and what it needs to be reached."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from monitor.plan.section import TomlSection

NAME_HINT = "Name it with 1 to 64 of letters, digits and _ . : -"


class SinkKind(StrEnum):
    """How a sink is spoken to."""

    ALERTMANAGER = "alertmanager"
    WEBHOOK = "webhook"
    APPRISE = "apprise"
    KAFKA = "kafka"


class Security(StrEnum):
    """How another cluster of Kafka is spoken to."""

    PLAINTEXT = "plaintext"
    SSL = "ssl"
    SASL_PLAINTEXT = "sasl_plaintext"
    SASL_SSL = "sasl_ssl"

    @property
    def needs_password(self) -> bool:
        """Whether it asks for a name and a password."""
        return self.value.startswith("sasl")

    @property
    def is_encrypted(self) -> bool:
        """Whether nobody else can listen."""
        return self.value.endswith("ssl")


class Mechanism(StrEnum):
    """How the password is shown; PLAIN is for TLS, where nobody listens."""

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkConfig:
    """A sink as the file describes it.  Secrets are in files of their own, named here.

    With *allow_private* a webhook may go to a private address, and without encryption.  *security*
    is how another cluster of Kafka is spoken to: by *user* and the password in *secret_file* where
    it says sasl, over TLS where it says ssl.
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
        """Where its notices can be read."""
        return self.url, self.topic, self.secret_file if self.only_pages else ""

    @property
    def only_pages(self) -> bool:
        """Whether it calls people, and so has no use for a revision that calls nobody."""
        return self.kind is SinkKind.APPRISE


def read_sink(section: TomlSection) -> SinkConfig:
    """One ``[[sink]]``."""
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
            raise section.error("url", "is no address that may be called", "Begin it https://")
    return config


def read_kafka_login(section: TomlSection) -> dict[str, Any]:
    """How another cluster is logged into; a word that its security has no use for stays unread."""
    security = section.choice("security", Security, Security.PLAINTEXT)
    values: dict[str, Any] = {"security": security}
    if security.needs_password:
        values["mechanism"] = section.choice("mechanism", Mechanism, Mechanism.PLAIN)
        values["user"] = section.required("user", str, "Give the name that the cluster knows.")
        values["secret_file"] = section.required(
            "secret_file", str, "Name the file of its password."
        )
    if security.is_encrypted:
        values["ca_file"] = section.get("ca_file", str, "")
    return values


REQUIRED_KEYS: dict[SinkKind, dict[str, str]] = {
    SinkKind.ALERTMANAGER: {"url": "Give the address of the closed Alertmanager."},
    SinkKind.WEBHOOK: {
        "url": "Give the address of the receiver.",
        "secret_file": "Name the file of the secret that both sides know.",
    },
    SinkKind.APPRISE: {"secret_file": "Name the file that holds the service's URL."},
    SinkKind.KAFKA: {"url": "Give host:port of the brokers.", "topic": "Name the topic."},
}
