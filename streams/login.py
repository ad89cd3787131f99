"""Credentials of Kafka clients: SASL user and password, TLS, and secrets in files."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Security = Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Security protocol and credentials of a Kafka client.

    Files are read again for each connection, so that a password can be rotated while a worker runs.
    """

    security: Security = "plaintext"
    mechanism: Mechanism = "PLAIN"
    user: str | None = None
    password_file: str | None = None
    ca_file: str | None = None

    @property
    def uses_sasl(self) -> bool:
        """Whether the security protocol uses SASL, with a user and a password."""
        return self.security.startswith("sasl")

    @property
    def password(self) -> str:
        """The password.  Raises OSError where its file cannot be read."""
        return read_secret(self.password_file or "")

    @property
    def ssl_context(self) -> ssl.SSLContext | None:
        """TLS context that trusts *ca_file*, or the CAs of the system; None without TLS."""
        if not self.security.endswith("ssl"):
            return None
        return ssl.create_default_context(cafile=self.ca_file)


class Brokers(str):
    """Broker addresses (`host:port`, comma-separated) together with the *login* to use there."""

    __slots__ = ("login",)
    login: Login

    def __new__(cls, addresses: str, login: Login) -> Brokers:
        """Create from the text *addresses* and attach *login*."""
        brokers = super().__new__(cls, addresses)
        brokers.login = login
        return brokers


def login_of(bootstrap: str) -> Login:
    """Return the login of *bootstrap*; a plain string has the default one, without credentials."""
    return bootstrap.login if isinstance(bootstrap, Brokers) else Login()


def client_options(bootstrap: str) -> dict[str, Any]:
    """Return the client options for *bootstrap*, by the names that kafka-python and aiokafka share.

    Raises OSError where the password file or the CA file cannot be read.
    """
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
    """Explain why brokers do not describe *topic*.

    Brokers report a missing topic and one that the login may not describe in the same way.
    """
    user = login_of(bootstrap).user or "this login"
    if_absent = "it does not exist (`tocsin topics apply` creates the topics)"
    if_forbidden = (
        f"{user} may not describe it (`tocsin topics apply --acls FILE` grants the ACLs of FILE)"
    )
    return f"no topic {topic}: {if_absent}, or {if_forbidden}"


def read_secret(path: str) -> str:
    """Return the secret in the file at *path*, without the line end.

    Raises OSError where the file cannot be read, UnicodeDecodeError where it is not UTF-8.
    """
    return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
