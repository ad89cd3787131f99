"""Records who read and who changed what, in a hash chain that shows any later alteration.

Each process writes its own chain.  An entry contains the digest of the entry before it.  The first
entry of a chain contains the digest of the last entry of the whole trail at that time, which links
the chains to each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple, Protocol, cast

import orjson

SCHEMA = "safety.audit/1"

NO_DIGEST = "0" * 64
"""The previous digest of an entry that has no entry before it."""

TEXT_CHARACTERS_MAX = 200
"""Longest text in an entry; texts may contain user input."""

Value = str | int
Where = Mapping[str, Value]


class AuditAction(StrEnum):
    """The kind of action that an entry is about."""

    READ = "read"  # Shows data by treatment.
    MOVE = "move"  # A member moves an alert.
    CHANGE = "change"  # Changes topics, store, quarantine or tables.


class AuditOutcome(StrEnum):
    """Whether the action was done or refused."""

    DONE = "done"
    REFUSED = "refused"


class TrailHead(NamedTuple):
    """Offset and digest of the last entry of a trail; the defaults are an empty trail."""

    offset: int = -1
    digest: str = NO_DIGEST


class Trail(Protocol):
    """Stores the entries of all processes in one order."""

    async def head(self) -> TrailHead:
        """Return the last entry.  Raises LogUnreachable."""
        ...

    async def add(self, entry: bytes) -> None:
        """Append *entry* durably.  Raises LogUnreachable where it may not be stored."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


@dataclass(slots=True)
class AuditLog:
    """The chain of one process on a *trail*.

    *who* is the principal that runs the process, *writer* a unique name of the process.
    ``log_action`` returns only when the entry is stored: call it before the action.
    """

    trail: Trail
    who: str
    writer: str
    seq: int = 0
    previous: str = NO_DIGEST
    unconfirmed: bytes | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def log_action(
        self,
        action: AuditAction,
        what: str,
        *,
        why: str = "",
        where: Where | None = None,
        outcome: AuditOutcome = AuditOutcome.DONE,
        who: str | None = None,
    ) -> None:
        """Append the entry of an *action*; *what* is a command or a page.

        *where* names study, alert, partition or address, *why* the reason given.  *who* defaults
        to the principal of the process; pass a member or a token instead.  Raises LogUnreachable
        where the entry may be missing; the action must not be done then.
        """
        async with self.lock:
            if self.unconfirmed is not None:
                # It may be stored already; a verifier accepts the same entry twice.
                await self._write(self.unconfirmed)
            head = TrailHead(digest=self.previous) if self.seq else await self.trail.head()
            fields: dict[str, Any] = {"act": action, "what": what, "why": why, "outcome": outcome}
            fields |= {"who": self.who if who is None else who, "where": dict(where or {})}
            fields |= {"writer": self.writer, "seq": self.seq + 1, "previous": head.digest}
            if not self.seq:
                fields["follows"] = head.offset
            await self._write(encode_entry(fields, datetime.now(UTC)))

    async def close(self) -> None:
        """Close the trail."""
        await self.trail.close()

    async def _write(self, encoded: bytes) -> None:
        self.unconfirmed = encoded
        await self.trail.add(encoded)
        self.unconfirmed, self.seq, self.previous = None, self.seq + 1, read_digest(encoded)


def encode_entry(fields: Mapping[str, Any], now: datetime) -> bytes:
    """Encode an entry as canonical JSON that contains its own digest."""
    content = {name: _truncate(value) for name, value in fields.items()}
    content |= {"schema": SCHEMA, "at": f"{now:%Y-%m-%dT%H:%M:%S.%fZ}"}
    return canonical_json(content | {"digest": digest_of(content)})


def canonical_json(content: Mapping[str, Any]) -> bytes:
    """Encode *content* as JSON with sorted keys and without spaces."""
    return orjson.dumps(dict(content), option=orjson.OPT_SORT_KEYS)


def digest_of(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of *content*, an entry without its digest, in hexadecimal."""
    return sha256(canonical_json(content)).hexdigest()


def read_digest(encoded: bytes) -> str:
    """Return the digest that the entry *encoded* contains."""
    return orjson.loads(encoded)["digest"]


def _truncate(value: Any) -> Any:
    """Shorten texts in *value* to the limit, and replace what UTF-8 cannot encode."""
    if isinstance(value, dict):
        return {name: _truncate(each) for name, each in cast(dict[str, Any], value).items()}
    if not isinstance(value, str):
        return value
    return str(value).encode(errors="replace").decode()[:TEXT_CHARACTERS_MAX]
