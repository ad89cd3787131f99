"""An audit trail in memory, chains of several processes on it, and forged entries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from streams.audit.audit_log import AuditAction, AuditLog, TrailHead, digest_of
from streams.audit.verify import ChainReport, ChainVerifier, head_of
from streams.log import LogUnreachable
from streams.log.file import FileRecord
from streams.records.encode import encode_record


@dataclass(slots=True)
class MemoryTrail:
    """Stores entries in a list; every write raises LogUnreachable while one of the flags is set.

    While *down* an entry is not stored; while it *loses_replies* it is stored.
    """

    entries: list[bytes] = field(default_factory=list[bytes])
    down: bool = False
    loses_replies: bool = False

    async def head(self) -> TrailHead:
        return head_of(self.records[-1]) if self.entries else TrailHead()

    async def add(self, entry: bytes) -> None:
        if self.down:
            raise LogUnreachable("down")
        self.entries.append(entry)
        if self.loses_replies:
            raise LogUnreachable("it may be stored")

    async def close(self) -> None:
        """Do nothing: there is no connection."""

    @property
    def records(self) -> list[FileRecord]:
        return records(self.entries)


def records(entries: list[bytes]) -> list[FileRecord]:
    """Return *entries* as records with offsets from 0 on."""
    return [FileRecord(offset, None, value) for offset, value in enumerate(entries)]


def verify_entries(entries: list[bytes], expected_mark: TrailHead | None = None) -> ChainReport:
    """Return the report of a trail of *entries*, compared with *expected_mark*."""
    verifier = ChainVerifier(expected_mark)
    verifier.add(records(entries))
    return verifier.finish()


def chain(trail: MemoryTrail, writer: str) -> AuditLog:
    return AuditLog(trail, who="ann", writer=writer)


async def interleaved_entries(order: list[int]) -> list[bytes]:
    """Return entries in which the process of each number in *order* writes one entry."""
    trail = MemoryTrail()
    chains: dict[int, AuditLog] = {}
    for number in order:
        log = chains.setdefault(number, chain(trail, f"w{number}"))
        await log.log_action(
            AuditAction.READ, "tocsin verify", where={"partition": len(trail.entries)}
        )
    return trail.entries


def parse_entry(entry: bytes) -> dict[str, Any]:
    return orjson.loads(entry)


def forged_entry(entry: bytes, **changed: Any) -> bytes:
    """Return *entry* with *changed* content and the digest that matches it."""
    content = {
        name: value for name, value in parse_entry(entry).items() if name != "digest"
    } | changed
    return encode_record(content | {"digest": digest_of(content)})
