"""Reads who may send records: hashed tokens and secrets, bound to studies and source systems."""

from __future__ import annotations

import hmac
import secrets
import tomllib
from base64 import b64decode
from binascii import Error
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from streams.intake.webhook import InvalidSecret, WebhookHeaders, read_secret
from streams.login import read_secret as read_file
from streams.records.models import Identifier

TOKEN_PREFIX = "tocsin_"
"""By it a program that searches for leaked secrets recognises a token."""

TOKEN_CHARACTERS_MAX = 1_000

RecordType = Literal[
    "subject",
    "treatment",
    "dose",
    "adverse_event",
    "disposition",
    "collection",
    "assessment",
    "retraction",
    "merge",
    "tick",
    "plan",
]
"""A review is never sent this way: its arrival would reveal that an alert exists."""

DATA_TYPES: tuple[RecordType, ...] = tuple(each for each in get_args(RecordType) if each != "plan")
"""What a client may send unless its `types` say otherwise: everything but a plan."""


class ClientsError(Exception):
    """The file of clients is invalid; the message says where, and contains no secret."""


class ClientTable(BaseModel):
    """One [[client]] of the file."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    name: Identifier
    studies: Annotated[list[Identifier], Field(min_length=1)]
    systems: Annotated[list[Identifier], Field(min_length=1)]
    types: Annotated[list[RecordType], Field(min_length=1)] = list(DATA_TYPES)
    token_sha256: list[Annotated[str, Field(pattern="^[0-9a-f]{64}$")]] = []
    webhook_secret_files: list[str] = []


class ClientsFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    client: Annotated[list[ClientTable], Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A sender: the studies, source systems and types of records that it may send."""

    name: str
    studies: frozenset[str]
    systems: frozenset[str]
    types: frozenset[str] = frozenset(DATA_TYPES)
    token_digests: tuple[bytes, ...] = field(default=(), repr=False)
    webhook_keys: tuple[bytes, ...] = field(default=(), repr=False)

    def may_send_as(self, systems: Iterable[str]) -> bool:
        """Return whether each of *systems* is one of the client's, or a part of one.

        A listing's records have a part for each file: `edc.ae` is a part of `edc`.
        """
        return all(
            any(f"{system}.".startswith(f"{own}.") for own in self.systems) for system in systems
        )


@dataclass(frozen=True, slots=True)
class Clients:
    """All clients.  A search compares each digest and key, so that its time reveals none."""

    all: tuple[Client, ...]

    def find_by_token(self, token: str) -> Client | None:
        """Return the client with this *token*, or None."""
        digest, found = token_digest(token), None
        for client in self.all:
            for each in client.token_digests:
                if hmac.compare_digest(each, digest):
                    found = client
        return found

    def find_by_signature(self, headers: WebhookHeaders, body: bytes) -> Client | None:
        """Return the client whose key has signed *body* with *headers*, or None."""
        found = None
        for client in self.all:
            for key in client.webhook_keys:
                if headers.is_genuine(key, body):
                    found = client
        return found

    @property
    def studies(self) -> list[str]:
        """The studies of all clients, sorted."""
        return sorted({study for client in self.all for study in client.studies})


def token_digest(token: str) -> bytes:
    """Return the SHA-256 of *token*; a token is random, so no slower hash is needed."""
    return sha256(token[:TOKEN_CHARACTERS_MAX].encode(errors="surrogateescape")).digest()


def new_token() -> str:
    """Return a new token of 256 random bits."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def presented_token(authorization: str) -> str | None:
    """Return the token in an ``Authorization`` header, or None.

    It is a bearer token, or the password of Basic authentication for a sender that can only set an
    address, such as REDCap's data entry trigger.

    >>> presented_token("Bearer abc"), presented_token("Basic cmVkY2FwOmFiYw==")
    ('abc', 'abc')
    """
    scheme, _, value = authorization.strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip() or None
    if scheme.lower() != "basic":
        return None
    try:
        return b64decode(value, validate=True).decode().partition(":")[2] or None
    except (Error, ValueError):
        return None


def read_clients(path: Path) -> Clients:
    """Read the [[client]] tables of the file at *path*.  Raises ClientsError."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        tables = ClientsFile.model_validate(document).client
    except OSError as error:
        raise ClientsError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ClientsError(f"{path} is not TOML: {type(error).__name__}") from None
    except ValidationError as error:
        raise ClientsError(f"{path}, {describe_fault(error)}") from None
    clients = tuple(build_client(each, path) for each in tables)
    for what, values in (
        ("name", [each.name for each in clients]),
        ("token", [one for each in clients for one in each.token_digests]),
        ("webhook secret", [one for each in clients for one in each.webhook_keys]),
    ):
        if max(Counter(values).values(), default=0) > 1:
            raise ClientsError(f"{path}: two clients have one {what}")
    return Clients(clients)


def build_client(table: ClientTable, path: Path) -> Client:
    """Build the client of *table*.  Raises ClientsError where it has no usable credential."""
    location = f"{path}, client {table.name}"
    if not table.token_sha256 and not table.webhook_secret_files:
        raise ClientsError(f"{location}: give token_sha256 or webhook_secret_files")
    return Client(
        name=table.name,
        studies=frozenset(table.studies),
        systems=frozenset(table.systems),
        types=frozenset(table.types),
        token_digests=tuple(map(bytes.fromhex, table.token_sha256)),
        webhook_keys=tuple(read_keys(table.webhook_secret_files, path, location)),
    )


def read_keys(files: list[str], path: Path, location: str) -> Iterator[bytes]:
    """Yield the key in each of *files*, relative to the folder of *path*.  Raises ClientsError."""
    for name in files:
        try:
            yield read_secret(read_file(str(path.parent / name)))
        except (OSError, UnicodeDecodeError):
            raise ClientsError(f"{location}: {name} cannot be read") from None
        except InvalidSecret as error:
            raise ClientsError(f"{location}: {name} has {error}") from None


def describe_fault(error: ValidationError) -> str:
    """Return where the first fault of *error* is, and what is expected, without a value."""
    fault: Mapping[str, object] = {**error.errors(include_url=False, include_input=False)[0]}
    steps = [str(step + 1 if isinstance(step, int) else step) for step in error.errors()[0]["loc"]]
    return f"{' '.join(steps)}: {fault['msg']}"
