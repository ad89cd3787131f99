"""The stored cursor of a partition: next offset, identity of the log, records without a study."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from streams.log import LogIdentity, LogRecord
from streams.store import Fields
from streams.store.cursor_fields import passed_offsets, studies_with_rows

FOLD_VERSION = "6"
"""Version of the fold and of the format of its rows; another version needs its own space."""


class RecordMark(NamedTuple):
    """Offset and SHA-256 of a record by which the log that was folded is recognised."""

    offset: int
    sha256: str

    @classmethod
    def of(cls, record: LogRecord) -> RecordMark:
        """Return the mark of *record*; a tombstone has the digest of no bytes."""
        return cls(record.offset, sha256(record.value or b"").hexdigest())


@dataclass(slots=True)
class Cursor:
    """The cursor of one partition, as read from the store and advanced by the fold.

    *next* is the next offset to fold.  *first_mark* and *last_mark* are the first and the last
    record handled.  *unreadable* is the number of consecutive unreadable records directly before
    *next*, and *unreadable_from* the offset of the first of them; an operator has released
    unreadable records up to *released_through*, and passed unreadable batches at the offsets of
    *passed*.  *refusal_counts* counts records that belong to no
    row, by reason, and *marker_count* the offsets of transaction markers.  *positions* has, by
    study, the offset of the last record folded into its row.
    """

    next: int = 0
    fold_version: str = ""
    log_identity: LogIdentity | None = None
    first_mark: RecordMark | None = None
    last_mark: RecordMark | None = None
    unreadable_from: int = 0
    unreadable: int = 0
    refusal_counts: Counter[str] = field(default_factory=Counter[str])
    marker_count: int = 0
    positions: dict[str, int] = field(default_factory=dict[str, int])
    released_through: int = -1
    passed: tuple[range, ...] = ()

    @classmethod
    def from_fields(cls, fields: Fields) -> Cursor:
        """Parse the stored *fields*; without fields the cursor is at offset 0."""
        values = {name: value for name, value in fields.items() if value}
        log, last, unreadable_run, counts = (
            _load_json(values, name) for name in ("log", "last", "run", "counts")
        )
        return cls(
            next=int(values.get("next", b"0")),
            fold_version=values.get("code", b"").decode(),
            log_identity=LogIdentity(log["cluster"], log["partitions"]) if log else None,
            first_mark=RecordMark(log["first"], log["sha256"]) if log else None,
            last_mark=RecordMark(last["offset"], last["sha256"]) if last else None,
            unreadable_from=unreadable_run.get("first", 0),
            unreadable=unreadable_run.get("count", 0),
            refusal_counts=Counter(counts.get("refusals", {})),
            marker_count=counts.get("markers", 0),
            positions={study: int(values[f"pos|{study}"]) for study in studies_with_rows(values)},
            released_through=int(values.get("released", b"-1")),
            passed=passed_offsets(values),
        )

    def to_fields(self, studies: Iterable[str], stopped: str = "") -> Fields:
        """Return the fields to store, with the `pos` of *studies*.

        *stopped* is the reason why the partition is stopped, or "".  `released` and `passed` are
        left out: only an operator writes them.
        """
        values: Fields = {"next": b"%d" % self.next, "code": self.fold_version.encode()}
        values["stopped"] = stopped.encode()
        if self.log_identity is not None and self.first_mark is not None:
            log = {"cluster": self.log_identity.cluster, "partitions": self.log_identity.partitions}
            values["log"] = _dump_json(
                **log, first=self.first_mark.offset, sha256=self.first_mark.sha256
            )
        if self.last_mark is not None:
            values["last"] = _dump_json(offset=self.last_mark.offset, sha256=self.last_mark.sha256)
        unreadable_run = (
            _dump_json(first=self.unreadable_from, count=self.unreadable)
            if self.unreadable
            else b""
        )
        outcomes = {"refused": self.refusal_counts.total()}
        counts = _dump_json(
            outcomes=outcomes, refusals=dict(self.refusal_counts), markers=self.marker_count
        )
        values |= {"run": unreadable_run, "counts": counts}
        for study in studies:
            pos = self.positions.get(study)
            values[f"pos|{study}"] = b"" if pos is None else b"%d" % pos
        return values

    @property
    def operators_part(self) -> tuple[int, tuple[range, ...]]:
        """What an operator has written: where it differs, the partition must be claimed again."""
        return self.released_through, self.passed

    def has_passed(self, offset: int) -> bool:
        """Return whether *offset* belongs to an unreadable batch that an operator has passed."""
        return any(offset in each for each in self.passed)

    def without_passed(self, records: Sequence[LogRecord]) -> Sequence[LogRecord]:
        """Return *records* without those of unreadable batches that an operator has passed."""
        if not self.passed:
            return records
        return [each for each in records if not self.has_passed(each.offset)]


def _load_json(fields: Fields, name: str) -> dict[str, Any]:
    return orjson.loads(fields[name]) if name in fields else {}


def _dump_json(**values: object) -> bytes:
    return orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
