"""Holds an audit trail to its chains: names what was altered, moved or taken out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple, cast

import orjson

from streams.audit.audit_log import NO_DIGEST, SCHEMA, TrailHead, canonical_json, digest_of
from streams.log import LogRecord

Entry = dict[str, Any]

DIGEST_BYTES = 32
MISSING_MAX = 1_000
"""Missing entries of one gap that are named one by one."""

UNNAMED_ENTRY = "the entry"

FIELD_TYPES: dict[str, type] = {
    "schema": str,
    "at": str,
    "writer": str,
    "seq": int,
    "previous": str,
    "digest": str,
}


class FaultKind(StrEnum):
    """What is wrong with an entry."""

    UNREADABLE = "is no entry"
    ALTERED = "was altered"
    MISSING = "is missing"
    MOVED = "is out of its order"


class Fault(NamedTuple):
    """What is *wrong* with an *entry* (its writer and number), found at *offset*."""

    offset: int
    kind: FaultKind
    entry: str

    def __str__(self) -> str:
        return f"offset {self.offset}: {self.entry} {self.kind}"


@dataclass(slots=True)
class WriterChain:
    """How far a writer's chain has come: number, digest and offset of its last entry."""

    seq: int = 0
    digest: str = NO_DIGEST
    offset: int = -1
    missing: dict[int, Fault] = field(default_factory=dict[int, Fault])


@dataclass(slots=True)
class ChainReport:
    """What was read: *entries* of so many *writers*, some said *again*, and what is wrong.

    *mark* stands for all of it: noted elsewhere, it shows later whether this is still the trail.
    """

    entries: int = 0
    repeated: int = 0
    writers: int = 0
    mark: TrailHead = field(default_factory=TrailHead)
    faults: list[Fault] = field(default_factory=list[Fault])


@dataclass(slots=True)
class ChainVerifier:
    """Takes a trail entry by entry; ``close`` then says what is wrong with it.

    *kept* is a mark that somebody noted outside of the trail: against it even a trail that was
    written anew as a whole, or cut at its end, does not hold.
    """

    expected_mark: TrailHead | None = None
    chains: dict[str, WriterChain] = field(default_factory=dict[str, WriterChain])
    digests: bytearray = field(default_factory=bytearray)
    report: ChainReport = field(default_factory=ChainReport)

    @property
    def next_offset(self) -> int:
        """The offset that comes next."""
        return len(self.digests) // DIGEST_BYTES

    def add(self, records: Iterable[LogRecord]) -> None:
        """Take the records that come next."""
        for record in records:
            while self.next_offset < record.offset:
                self.add_fault(self.next_offset, FaultKind.MISSING, UNNAMED_ENTRY)
                self.digests += bytes(DIGEST_BYTES)
            self.report.entries += 1
            self.digests += self._check_entry(record.offset, record.value or b"")

    def finish(self) -> ChainReport:
        """What was found; its faults by offset, the first first."""
        report = self.report
        report.writers = len(self.chains)
        report.mark = TrailHead(self.next_offset - 1, self.digest_up_to(self.next_offset - 1))
        if self.expected_mark is not None and self.expected_mark.offset >= self.next_offset:
            self.add_fault(
                self.next_offset,
                FaultKind.MISSING,
                f"what was kept in mind up to {self.expected_mark.offset}",
            )
        elif self.expected_mark is not None and self.expected_mark.digest != self.digest_up_to(
            self.expected_mark.offset
        ):
            self.add_fault(
                self.expected_mark.offset, FaultKind.ALTERED, "what was kept in mind up to here"
            )
        for chain in self.chains.values():
            report.faults += chain.missing.values()
        report.faults.sort(key=lambda fault: fault.offset)
        return report

    def digest_at(self, offset: int) -> str:
        """The digest of the entry at *offset*, which was taken."""
        start = offset * DIGEST_BYTES
        return self.digests[start : start + DIGEST_BYTES].hex()

    def digest_up_to(self, offset: int) -> str:
        """Names all entries up to the one at *offset*."""
        return sha256(self.digests[: (offset + 1) * DIGEST_BYTES]).hexdigest()

    def add_fault(self, offset: int, kind: FaultKind, entry: str) -> None:
        """Note a fault."""
        self.report.faults.append(Fault(offset, kind, entry))

    def _check_entry(self, offset: int, value: bytes) -> bytes:
        """Look at one entry; what it says its digest is."""
        entry = parse_entry(value)
        if entry is None:
            self.add_fault(offset, FaultKind.UNREADABLE, UNNAMED_ENTRY)
            return sha256(value).digest()
        chain = self.chains.setdefault(entry["writer"], WriterChain())
        if not is_intact(entry, value):
            self.add_fault(offset, FaultKind.ALTERED, entry_name(entry))
            chain.missing.pop(entry["seq"], None)
        else:
            self._check_link(offset, entry, chain)
        if entry["seq"] > chain.seq:
            chain.seq, chain.digest, chain.offset = entry["seq"], entry["digest"], offset
        return bytes.fromhex(entry["digest"])

    def _check_link(self, offset: int, entry: Entry, chain: WriterChain) -> None:
        """Hold an entry to the chain of its writer."""
        seq, writer = entry["seq"], entry["writer"]
        if seq == chain.seq and entry["digest"] == chain.digest:
            self.report.repeated += (
                1  # Its writer did not hear that it was there, and said it again.
            )
        elif seq <= chain.seq:
            chain.missing.pop(seq, None)
            self.add_fault(offset, FaultKind.MOVED, entry_name(entry))
        elif seq > chain.seq + 1:
            for each in range(chain.seq + 1, min(seq, chain.seq + 1 + MISSING_MAX)):
                chain.missing[each] = Fault(offset, FaultKind.MISSING, f"{writer} {each}")
        elif seq > 1:
            if entry["previous"] != chain.digest:
                self.add_fault(chain.offset, FaultKind.ALTERED, f"{writer} {chain.seq}")
        else:
            self._check_first_entry(offset, entry["follows"], entry["previous"], entry_name(entry))

    def _check_first_entry(self, offset: int, follows: int, previous: str, label: str) -> None:
        """Hold the first entry of a chain to the trail as its writer found it."""
        if follows < 0:
            if previous != NO_DIGEST:
                self.add_fault(offset, FaultKind.ALTERED, label)
        elif follows >= offset:
            self.add_fault(offset, FaultKind.MISSING, f"an entry before {label}")
        elif self.digest_at(follows) != previous:
            found_at = self._offset_of(previous)
            if found_at is None:
                self.add_fault(follows, FaultKind.ALTERED, UNNAMED_ENTRY)
            elif found_at < follows:
                self.add_fault(found_at, FaultKind.MISSING, f"an entry up to offset {found_at},")
            else:
                self.add_fault(found_at, FaultKind.MOVED, UNNAMED_ENTRY)

    def _offset_of(self, digest: str) -> int | None:
        """Where the entry with *digest* is."""
        wanted, index = bytes.fromhex(digest), -1
        while (index := self.digests.find(wanted, index + 1)) >= 0:
            if index % DIGEST_BYTES == 0:
                return index // DIGEST_BYTES
        return None


def head_of(record: LogRecord) -> TrailHead:
    """Where *record* is, and its digest: what the next chain that begins will follow."""
    value = record.value or b""
    entry = parse_entry(value)
    return TrailHead(record.offset, sha256(value).hexdigest() if entry is None else entry["digest"])


def entry_name(entry: Entry) -> str:
    """What an entry is called: its writer, and its number."""
    return f"{entry['writer']} {entry['seq']}"


def parse_entry(value: bytes) -> Entry | None:
    """The entry in *value*; None where there is none."""
    try:
        decoded = orjson.loads(value)
        if not isinstance(decoded, dict):
            return None
        entry = cast(Entry, decoded)
        types_match = all(type(entry[each]) is kind for each, kind in FIELD_TYPES.items())
        digests_fit = all(len(bytes.fromhex(entry[each])) == 32 for each in ("digest", "previous"))
        first_has_follows = entry["seq"] != 1 or type(entry["follows"]) is int
    except (orjson.JSONDecodeError, KeyError, ValueError):
        return None
    is_valid = (
        types_match
        and digests_fit
        and first_has_follows
        and entry["seq"] > 0
        and entry["schema"] == SCHEMA
    )
    return entry if is_valid else None


def is_intact(entry: Entry, value: bytes) -> bool:
    """Whether an entry is what its digest says, to the byte."""
    content = {each: what for each, what in entry.items() if each != "digest"}
    return canonical_json(entry) == value and digest_of(content) == entry["digest"]
