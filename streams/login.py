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
    def by_name(self) -> bool:
        """Whether it has a name and a password."""
        return self.security.startswith("sasl")

    @property
    def password(self) -> str:
        """The password; raises OSError where its file cannot be read."""
        return word_in(self.password_file or "")

    @property
    def context(self) -> ssl.SSLContext | None:
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
        made = super().__new__(cls, addresses)
        made.login = login
        return made


def login_of(bootstrap: str) -> Login:
    """The login of brokers; plain addresses have none."""
    return bootstrap.login if isinstance(bootstrap, Brokers) else Login()


def options(bootstrap: str) -> dict[str, Any]:
    """The login at *bootstrap* in the terms of kafka-python, which aiokafka has kept."""
    login = login_of(bootstrap)
    told: dict[str, Any] = {"security_protocol": login.security.upper()}
    if (context := login.context) is not None:
        told["ssl_context"] = context
    if login.by_name:
        told["sasl_mechanism"] = login.mechanism
        told["sasl_plain_username"] = login.user
        told["sasl_plain_password"] = login.password
    return told


def unseen(topic: str, bootstrap: str) -> str:
    """What to say where brokers show us no *topic*: absent and forbidden look alike."""
    who = login_of(bootstrap).user or "this login"
    absent = "it is absent (`tocsin topics apply` makes the topics)"
    hidden = f"{who} may not describe it (`tocsin topics apply --acls FILE` grants what FILE gives)"
    return f"no topic {topic}: {absent}, or {hidden}"


def word_in(path: str) -> str:
    """The secret that a file holds, without the end of its line."""
    return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
