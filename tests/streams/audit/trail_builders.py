"""An audit trail in memory, chains of several processes on it, and somebody who tampers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from streams.audit.audit_log import Act, AuditLog, Head, digest_of
from streams.audit.verify import Audited, Checker, head_of
from streams.log import LogUnreachable
from streams.log.file import Line
from streams.records.encode import wire


@dataclass(slots=True)
class MemoryTrail:
    """Entries in a list; it does not answer while it is *down*, after it took the entry or not."""

    entries: list[bytes] = field(default_factory=list[bytes])
    down: bool = False
    deaf: bool = False

    async def head(self) -> Head:
        return head_of(self.records[-1]) if self.entries else Head()

    async def add(self, entry: bytes) -> None:
        if self.down:
            raise LogUnreachable("down")
        self.entries.append(entry)
        if self.deaf:
            raise LogUnreachable("it may be there")

    async def close(self) -> None:
        """Nothing is open."""

    @property
    def records(self) -> list[Line]:
        return records(self.entries)


def records(entries: list[bytes]) -> list[Line]:
    """*entries* at offsets from 0 on."""
    return [Line(offset, None, value) for offset, value in enumerate(entries)]


def checked(entries: list[bytes], kept: Head | None = None) -> Audited:
    """What is found of a trail of *entries*."""
    checker = Checker(kept)
    checker.take(records(entries))
    return checker.close()


def chain(trail: MemoryTrail, writer: str) -> AuditLog:
    return AuditLog(trail, who="ann", writer=writer)


async def written(order: list[int]) -> list[bytes]:
    """A trail on which each number of *order* is an entry of a process of that number."""
    trail = MemoryTrail()
    chains: dict[int, AuditLog] = {}
    for number in order:
        log = chains.setdefault(number, chain(trail, f"w{number}"))
        await log.note(Act.READ, "tocsin verify", where={"partition": len(trail.entries)})
    return trail.entries


def said(entry: bytes) -> dict[str, Any]:
    return orjson.loads(entry)


def forged(entry: bytes, **changed: Any) -> bytes:
    """*entry* with other content, and the digest that belongs to it."""
    content = {name: value for name, value in said(entry).items() if name != "digest"} | changed
    return wire(content | {"digest": digest_of(content)})
