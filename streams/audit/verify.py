"""Verifies the hash chains of an audit trail: finds altered, moved and missing entries."""

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
"""Most missing entries of one gap that are reported individually."""

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
    """A fault of an *entry* (its writer and number), detected at *offset*."""

    offset: int
    kind: FaultKind
    entry: str

    def __str__(self) -> str:
        return f"offset {self.offset}: {self.entry} {self.kind}"


@dataclass(slots=True)
class WriterChain:
    """Number, digest and offset of a writer's last entry, and its *missing* entries by number."""

    seq: int = 0
    digest: str = NO_DIGEST
    offset: int = -1
    missing: dict[int, Fault] = field(default_factory=dict[int, Fault])


@dataclass(slots=True)
class ChainReport:
    """The result of a verification: counts, the mark of the trail, and its faults.

    *repeated* counts entries that their writer sent twice.  *mark* is the last offset with a
    digest of the whole trail: kept elsewhere, it later detects that the trail was rewritten.
    """

    entries: int = 0
    repeated: int = 0
    writers: int = 0
    mark: TrailHead = field(default_factory=TrailHead)
    faults: list[Fault] = field(default_factory=list[Fault])


@dataclass(slots=True)
class ChainVerifier:
    """Verifies a trail entry by entry; ``finish`` returns the report.

    *expected_mark* is a mark of an earlier verification, kept outside of the trail.  It detects
    a trail that was rewritten as a whole or cut at its end.
    """

    expected_mark: TrailHead | None = None
    chains: dict[str, WriterChain] = field(default_factory=dict[str, WriterChain])
    digests: bytearray = field(default_factory=bytearray)
    report: ChainReport = field(default_factory=ChainReport)

    @property
    def next_offset(self) -> int:
        """The offset of the next entry."""
        return len(self.digests) // DIGEST_BYTES

    def add(self, records: Iterable[LogRecord]) -> None:
        """Verify the next *records*, in order; skipped offsets are missing entries."""
        for record in records:
            while self.next_offset < record.offset:
                self.add_fault(self.next_offset, FaultKind.MISSING, UNNAMED_ENTRY)
                self.digests += bytes(DIGEST_BYTES)
            self.report.entries += 1
            self.digests += self._check_entry(record.offset, record.value or b"")

    def finish(self) -> ChainReport:
        """Compare the trail with the expected mark, and return the report, faults by offset."""
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
        """Return the digest of the entry at *offset*, which was added before."""
        start = offset * DIGEST_BYTES
        return self.digests[start : start + DIGEST_BYTES].hex()

    def digest_up_to(self, offset: int) -> str:
        """Return a digest of all entries up to the one at *offset*."""
        return sha256(self.digests[: (offset + 1) * DIGEST_BYTES]).hexdigest()

    def add_fault(self, offset: int, kind: FaultKind, entry: str) -> None:
        """Add a fault to the report."""
        self.report.faults.append(Fault(offset, kind, entry))

    def _check_entry(self, offset: int, value: bytes) -> bytes:
        """Verify one entry; return the digest that it contains."""
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
        """Compare an intact entry with the chain of its writer."""
        seq, writer = entry["seq"], entry["writer"]
        if seq == chain.seq and entry["digest"] == chain.digest:
            self.report.repeated += 1  # Its writer got no confirmation, and sent it again.
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
        """Compare the first entry of a chain with the entry of the trail that it follows."""
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
        """Return the offset of the entry with *digest*; None where there is none."""
        wanted, index = bytes.fromhex(digest), -1
        while (index := self.digests.find(wanted, index + 1)) >= 0:
            if index % DIGEST_BYTES == 0:
                return index // DIGEST_BYTES
        return None


def head_of(record: LogRecord) -> TrailHead:
    """Return offset and digest of *record*, which the first entry of a new chain follows."""
    value = record.value or b""
    entry = parse_entry(value)
    return TrailHead(record.offset, sha256(value).hexdigest() if entry is None else entry["digest"])


def entry_name(entry: Entry) -> str:
    """Return the writer and the number of *entry*."""
    return f"{entry['writer']} {entry['seq']}"


def parse_entry(value: bytes) -> Entry | None:
    """Decode the entry in *value*; None where it is not a valid entry."""
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
    """Return whether *value* is the canonical form of *entry* and matches its digest."""
    content = {each: what for each, what in entry.items() if each != "digest"}
    return canonical_json(entry) == value and digest_of(content) == entry["digest"]
