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

NOTHING = "0" * 64
"""Stands for the digest of an entry where there is none before."""

WORDS_MAX = 200
"""Of a text in an entry: it may quote what somebody typed."""

Value = str | int
Where = Mapping[str, Value]


class Act(StrEnum):
    """What was done, or was to be done."""

    READ = "read"  # Data by treatment were shown.
    MOVE = "move"  # A member moved an alert.
    CHANGE = "change"  # Topics, store, quarantine or tables were changed.


class Outcome(StrEnum):
    """Whether it came to it."""

    DONE = "done"
    REFUSED = "refused"


class Head(NamedTuple):
    """The last entry of a trail: where it is, and its digest."""

    offset: int = -1
    digest: str = NOTHING


class Trail(Protocol):
    """Where entries are kept, all of them, in one order."""

    async def head(self) -> Head:
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
    previous: str = NOTHING
    unsure: bytes | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def note(
        self,
        act: Act,
        what: str,
        *,
        why: str = "",
        where: Where | None = None,
        outcome: Outcome = Outcome.DONE,
        who: str | None = None,
    ) -> None:
        """Note that *what* was done (a command, a page), for which study, alert or partition.

        *who* is named where it is another than the process runs for: a member, a token.  Raises
        LogUnreachable where it may not be there: then do nothing.
        """
        async with self.turn:
            if self.unsure is not None:
                await self._add(self.unsure)  # It may be there: twice the same is once.
            follows = Head(digest=self.previous) if self.seq else await self.trail.head()
            said: dict[str, Any] = {"act": act, "what": what, "why": why, "outcome": outcome}
            said |= {"who": self.who if who is None else who, "where": dict(where or {})}
            said |= {"writer": self.writer, "seq": self.seq + 1, "previous": follows.digest}
            if not self.seq:
                said["follows"] = follows.offset
            await self._add(entry(said, datetime.now(UTC)))

    async def close(self) -> None:
        """Let go of the trail."""
        await self.trail.close()

    async def _add(self, made: bytes) -> None:
        self.unsure = made
        await self.trail.add(made)
        self.unsure, self.seq, self.previous = None, self.seq + 1, digest_in(made)


def entry(said: Mapping[str, Any], now: datetime) -> bytes:
    """The bytes of an entry: canonical, its own digest within."""
    content = {name: _short(value) for name, value in said.items()}
    content |= {"schema": SCHEMA, "at": f"{now:%Y-%m-%dT%H:%M:%S.%fZ}"}
    return canonical(content | {"digest": digest_of(content)})


def canonical(content: Mapping[str, Any]) -> bytes:
    """The one way to write *content*."""
    return orjson.dumps(dict(content), option=orjson.OPT_SORT_KEYS)


def digest_of(content: Mapping[str, Any]) -> str:
    """Names *content*, an entry without its digest."""
    return sha256(canonical(content)).hexdigest()


def digest_in(made: bytes) -> str:
    """The digest that an entry names as its own."""
    return orjson.loads(made)["digest"]


def _short(value: Any) -> Any:
    """A text no longer than it may be, and such as every UTF-8 can carry."""
    if isinstance(value, dict):
        return {name: _short(each) for name, each in cast(dict[str, Any], value).items()}
    if not isinstance(value, str):
        return value
    return str(value).encode(errors="replace").decode()[:WORDS_MAX]
