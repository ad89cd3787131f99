"""How a process says to Kafka who it is: by name and password, over TLS, with secrets in files."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Security = Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What brokers ask of a client.

    The files are read anew for each connection, so a password can change under a running worker.
    """

    security: Security = "plaintext"
    mechanism: Mechanism = "PLAIN"
    user: str | None = None
    password_file: str | None = None
    ca_file: str | None = None

    @property
    def uses_sasl(self) -> bool:
        """Whether it has a name and a password."""
        return self.security.startswith("sasl")

    @property
    def password(self) -> str:
        """The password; raises OSError where its file cannot be read."""
        return read_secret(self.password_file or "")

    @property
    def ssl_context(self) -> ssl.SSLContext | None:
        """What checks the broker's certificate: the given authority, or those of the system."""
        if not self.security.endswith("ssl"):
            return None
        return ssl.create_default_context(cafile=self.ca_file)


class Brokers(str):
    """Addresses of brokers, `host:port` with commas between them, that know their *login*."""

    __slots__ = ("login",)
    login: Login

    def __new__(cls, addresses: str, login: Login) -> Brokers:
        """The same text, with a login."""
        brokers = super().__new__(cls, addresses)
        brokers.login = login
        return brokers


def login_of(bootstrap: str) -> Login:
    """The login of brokers; plain addresses have none."""
    return bootstrap.login if isinstance(bootstrap, Brokers) else Login()


def client_options(bootstrap: str) -> dict[str, Any]:
    """The login at *bootstrap* in the terms of kafka-python, which aiokafka has kept."""
    login = login_of(bootstrap)
    result: dict[str, Any] = {"security_protocol": login.security.upper()}
    if (ssl_context := login.ssl_context) is not None:
        result["ssl_context"] = ssl_context
    if login.uses_sasl:
        result["sasl_mechanism"] = login.mechanism
        result["sasl_plain_username"] = login.user
        result["sasl_plain_password"] = login.password
    return result


def missing_topic_message(topic: str, bootstrap: str) -> str:
    """What to say where brokers show us no *topic*: absent and forbidden look alike."""
    user = login_of(bootstrap).user or "this login"
    if_absent = "it is absent (`tocsin topics apply` makes the topics)"
    if_forbidden = (
        f"{user} may not describe it (`tocsin topics apply --acls FILE` grants what FILE gives)"
    )
    return f"no topic {topic}: {if_absent}, or {if_forbidden}"


def read_secret(path: str) -> str:
    """The secret that a file holds, without the end of its line."""
    return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
