"""Who looked at what, and who changed what: a chain of entries that cannot be mended unseen.

A chain is a process's.  Each entry names the digest of the one before it; the first names the
entry that was the last of the whole trail when the process began, so that chains hold each other.
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
"""Stands for the digest of an entry where there is none before."""

TEXT_CHARACTERS_MAX = 200
"""Of a text in an entry: it may quote what somebody typed."""

Value = str | int
Where = Mapping[str, Value]


class AuditAction(StrEnum):
    """What was done, or was to be done."""

    READ = "read"  # Data by treatment were shown.
    MOVE = "move"  # A member moved an alert.
    CHANGE = "change"  # Topics, store, quarantine or tables were changed.


class AuditOutcome(StrEnum):
    """Whether it came to it."""

    DONE = "done"
    REFUSED = "refused"


class TrailHead(NamedTuple):
    """The last entry of a trail: where it is, and its digest."""

    offset: int = -1
    digest: str = NO_DIGEST


class Trail(Protocol):
    """Where entries are kept, all of them, in one order."""

    async def head(self) -> TrailHead:
        """The last entry."""
        ...

    async def add(self, entry: bytes) -> None:
        """Come back once it is there for good.  Raises LogUnreachable where it may not be."""
        ...

    async def close(self) -> None:
        """Let go of the service."""
        ...


@dataclass(slots=True)
class AuditLog:
    """The chain of one process, on its *trail*.

    *who* is the principal that it runs for, *writer* names the process, once and for all.  What
    is noted is there before the call returns: note first, then show.
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
        """Note that *what* was done (a command, a page), for which study, alert or partition.

        *who* is named where it is another than the process runs for: a member, a token.  Raises
        LogUnreachable where it may not be there: then do nothing.
        """
        async with self.lock:
            if self.unconfirmed is not None:
                await self._write(self.unconfirmed)  # It may be there: twice the same is once.
            head = TrailHead(digest=self.previous) if self.seq else await self.trail.head()
            fields: dict[str, Any] = {"act": action, "what": what, "why": why, "outcome": outcome}
            fields |= {"who": self.who if who is None else who, "where": dict(where or {})}
            fields |= {"writer": self.writer, "seq": self.seq + 1, "previous": head.digest}
            if not self.seq:
                fields["follows"] = head.offset
            await self._write(encode_entry(fields, datetime.now(UTC)))

    async def close(self) -> None:
        """Let go of the trail."""
        await self.trail.close()

    async def _write(self, encoded: bytes) -> None:
        self.unconfirmed = encoded
        await self.trail.add(encoded)
        self.unconfirmed, self.seq, self.previous = None, self.seq + 1, read_digest(encoded)


def encode_entry(fields: Mapping[str, Any], now: datetime) -> bytes:
    """The bytes of an entry: canonical, its own digest within."""
    content = {name: _truncate(value) for name, value in fields.items()}
    content |= {"schema": SCHEMA, "at": f"{now:%Y-%m-%dT%H:%M:%S.%fZ}"}
    return canonical_json(content | {"digest": digest_of(content)})


def canonical_json(content: Mapping[str, Any]) -> bytes:
    """The one way to write *content*."""
    return orjson.dumps(dict(content), option=orjson.OPT_SORT_KEYS)


def digest_of(content: Mapping[str, Any]) -> str:
    """Names *content*, an entry without its digest."""
    return sha256(canonical_json(content)).hexdigest()


def read_digest(encoded: bytes) -> str:
    """The digest that an entry names as its own."""
    return orjson.loads(encoded)["digest"]


def _truncate(value: Any) -> Any:
    """A text no longer than it may be, and such as every UTF-8 can carry."""
    if isinstance(value, dict):
        return {name: _truncate(each) for name, each in cast(dict[str, Any], value).items()}
    if not isinstance(value, str):
        return value
    return str(value).encode(errors="replace").decode()[:TEXT_CHARACTERS_MAX]
