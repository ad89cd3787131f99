"""Holds an audit trail to its chains: names what was altered, moved or taken out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple, cast

import orjson

from streams.audit.audit_log import NOTHING, SCHEMA, Head, canonical, digest_of
from streams.log import LogRecord

Entry = dict[str, Any]

DIGEST_BYTES = 32
SKIPPED_MAX = 1_000
"""Missing entries of one gap that are named one by one."""

ENTRY = "the entry"

FIELDS: dict[str, type] = {
    "schema": str,
    "at": str,
    "writer": str,
    "seq": int,
    "previous": str,
    "digest": str,
}


class Wrong(StrEnum):
    """What is wrong with an entry."""

    UNREADABLE = "is no entry"
    ALTERED = "was altered"
    MISSING = "is missing"
    MOVED = "is out of its order"


class Fault(NamedTuple):
    """What is *wrong* with an *entry* (its writer and number), found at *offset*."""

    offset: int
    wrong: Wrong
    entry: str

    def __str__(self) -> str:
        return f"offset {self.offset}: {self.entry} {self.wrong}"


@dataclass(slots=True)
class Chain:
    """How far a writer's chain has come: number, digest and offset of its last entry."""

    seq: int = 0
    digest: str = NOTHING
    offset: int = -1
    skipped: dict[int, Fault] = field(default_factory=dict[int, Fault])


@dataclass(slots=True)
class Audited:
    """What was read: *entries* of so many *writers*, some said *again*, and what is wrong.

    *mark* stands for all of it: noted elsewhere, it shows later whether this is still the trail.
    """

    entries: int = 0
    again: int = 0
    writers: int = 0
    mark: Head = field(default_factory=Head)
    faults: list[Fault] = field(default_factory=list[Fault])


@dataclass(slots=True)
class Checker:
    """Takes a trail entry by entry; ``close`` then says what is wrong with it.

    *kept* is a mark that somebody noted outside of the trail: against it even a trail that was
    written anew as a whole, or cut at its end, does not hold.
    """

    kept: Head | None = None
    chains: dict[str, Chain] = field(default_factory=dict[str, Chain])
    digests: bytearray = field(default_factory=bytearray)
    found: Audited = field(default_factory=Audited)

    @property
    def next(self) -> int:
        """The offset that comes next."""
        return len(self.digests) // DIGEST_BYTES

    def take(self, records: Iterable[LogRecord]) -> None:
        """Take the records that come next."""
        for record in records:
            while self.next < record.offset:
                self.fault(self.next, Wrong.MISSING, ENTRY)
                self.digests += bytes(DIGEST_BYTES)
            self.found.entries += 1
            self.digests += self._digest(record.offset, record.value or b"")

    def close(self) -> Audited:
        """What was found; its faults by offset, the first first."""
        found = self.found
        found.writers = len(self.chains)
        found.mark = Head(self.next - 1, self.sum_of(self.next - 1))
        if self.kept is not None and self.kept.offset >= self.next:
            self.fault(self.next, Wrong.MISSING, f"what was kept in mind up to {self.kept.offset}")
        elif self.kept is not None and self.kept.digest != self.sum_of(self.kept.offset):
            self.fault(self.kept.offset, Wrong.ALTERED, "what was kept in mind up to here")
        for chain in self.chains.values():
            found.faults += chain.skipped.values()
        found.faults.sort(key=lambda fault: fault.offset)
        return found

    def digest(self, offset: int) -> str:
        """The digest of the entry at *offset*, which was taken."""
        at = offset * DIGEST_BYTES
        return self.digests[at : at + DIGEST_BYTES].hex()

    def sum_of(self, offset: int) -> str:
        """Names all entries up to the one at *offset*."""
        return sha256(self.digests[: (offset + 1) * DIGEST_BYTES]).hexdigest()

    def fault(self, offset: int, wrong: Wrong, entry: str) -> None:
        """Note a fault."""
        self.found.faults.append(Fault(offset, wrong, entry))

    def _digest(self, offset: int, value: bytes) -> bytes:
        """Look at one entry; what it says its digest is."""
        said = read(value)
        if said is None:
            self.fault(offset, Wrong.UNREADABLE, ENTRY)
            return sha256(value).digest()
        chain = self.chains.setdefault(said["writer"], Chain())
        if not is_whole(said, value):
            self.fault(offset, Wrong.ALTERED, name(said))
            chain.skipped.pop(said["seq"], None)
        else:
            self._link(offset, said, chain)
        if said["seq"] > chain.seq:
            chain.seq, chain.digest, chain.offset = said["seq"], said["digest"], offset
        return bytes.fromhex(said["digest"])

    def _link(self, offset: int, said: Entry, chain: Chain) -> None:
        """Hold an entry to the chain of its writer."""
        seq, writer = said["seq"], said["writer"]
        if seq == chain.seq and said["digest"] == chain.digest:
            self.found.again += 1  # Its writer did not hear that it was there, and said it again.
        elif seq <= chain.seq:
            chain.skipped.pop(seq, None)
            self.fault(offset, Wrong.MOVED, name(said))
        elif seq > chain.seq + 1:
            for each in range(chain.seq + 1, min(seq, chain.seq + 1 + SKIPPED_MAX)):
                chain.skipped[each] = Fault(offset, Wrong.MISSING, f"{writer} {each}")
        elif seq > 1:
            if said["previous"] != chain.digest:
                self.fault(chain.offset, Wrong.ALTERED, f"{writer} {chain.seq}")
        else:
            self._anchor(offset, said["follows"], said["previous"], name(said))

    def _anchor(self, offset: int, follows: int, previous: str, who: str) -> None:
        """Hold the first entry of a chain to the trail as its writer found it."""
        if follows < 0:
            if previous != NOTHING:
                self.fault(offset, Wrong.ALTERED, who)
        elif follows >= offset:
            self.fault(offset, Wrong.MISSING, f"an entry before {who}")
        elif self.digest(follows) != previous:
            at = self._place_of(previous)
            if at is None:
                self.fault(follows, Wrong.ALTERED, ENTRY)
            elif at < follows:
                self.fault(at, Wrong.MISSING, f"an entry up to offset {at},")
            else:
                self.fault(at, Wrong.MOVED, ENTRY)

    def _place_of(self, digest: str) -> int | None:
        """Where the entry with *digest* is."""
        wanted, at = bytes.fromhex(digest), -1
        while (at := self.digests.find(wanted, at + 1)) >= 0:
            if at % DIGEST_BYTES == 0:
                return at // DIGEST_BYTES
        return None


def head_of(record: LogRecord) -> Head:
    """Where *record* is, and its digest: what the next chain that begins will follow."""
    value = record.value or b""
    said = read(value)
    return Head(record.offset, sha256(value).hexdigest() if said is None else said["digest"])


def name(said: Entry) -> str:
    """What an entry is called: its writer, and its number."""
    return f"{said['writer']} {said['seq']}"


def read(value: bytes) -> Entry | None:
    """The entry in *value*; None where there is none."""
    try:
        said = orjson.loads(value)
        if not isinstance(said, dict):
            return None
        entry = cast(Entry, said)
        kinds = all(type(entry[each]) is kind for each, kind in FIELDS.items())
        digests = all(len(bytes.fromhex(entry[each])) == 32 for each in ("digest", "previous"))
        first = entry["seq"] != 1 or type(entry["follows"]) is int
    except (orjson.JSONDecodeError, KeyError, ValueError):
        return None
    good = kinds and digests and first and entry["seq"] > 0 and entry["schema"] == SCHEMA
    return entry if good else None


def is_whole(said: Entry, value: bytes) -> bool:
    """Whether an entry is what its digest says, to the byte."""
    content = {each: what for each, what in said.items() if each != "digest"}
    return canonical(said) == value and digest_of(content) == said["digest"]
