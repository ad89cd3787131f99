"""The cursor: how far a partition has been folded, of which log, and what belongs to no study."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson

from monitor.errors import Refusal
from streams.log import Identity, LogRecord
from streams.store import Fields
from streams.store.cursor_fields import studies_in

CODE = "4"
"""Version of the fold and of the form of its rows; another one needs a space of its own."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A record by which the log is known again."""

    offset: int
    sha256: str

    @classmethod
    def of(cls, record: LogRecord) -> Mark:
        """The mark of *record*."""
        return cls(record.offset, sha256(record.value or b"").hexdigest())


@dataclass(slots=True)
class Cursor:
    """What the store's cursor says, and where the folding takes it.

    *unreadable* records in a row lie before `next`, the first at *since*; up to *released* an
    operator lets them pass.  *counts* are of records that belong to no row.
    """

    next: int = 0
    code: str = ""
    log: Identity | None = None
    first: Mark | None = None
    last: Mark | None = None
    since: int = 0
    unreadable: int = 0
    counts: Counter[str] = field(default_factory=Counter[str])
    markers: int = 0
    positions: dict[str, int] = field(default_factory=dict[str, int])
    released: int = -1

    @classmethod
    def of(cls, fields: Fields) -> Cursor:
        """The cursor in *fields*; where there is none, one that stands before the first record."""
        said = {name: value for name, value in fields.items() if value}
        log, last, run, counts = (_loaded(said, name) for name in ("log", "last", "run", "counts"))
        return cls(
            next=int(said.get("next", b"0")),
            code=said.get("code", b"").decode(),
            log=Identity(log["cluster"], log["partitions"]) if log else None,
            first=Mark(log["first"], log["sha256"]) if log else None,
            last=Mark(last["offset"], last["sha256"]) if last else None,
            since=run.get("first", 0),
            unreadable=run.get("count", 0),
            counts=Counter(counts.get("refusals", {})),
            markers=counts.get("markers", 0),
            positions={study: int(said[f"pos|{study}"]) for study in studies_in(said)},
            released=int(said.get("released", b"-1")),
        )

    def fields(self, studies: Iterable[str], stopped: str = "") -> Fields:
        """All but `released`, with the `pos` of *studies*, and why it has *stopped* if it has."""
        said: Fields = {"next": b"%d" % self.next, "code": self.code.encode()}
        said["stopped"] = stopped.encode()
        if self.log is not None and self.first is not None:
            log = {"cluster": self.log.cluster, "partitions": self.log.partitions}
            said["log"] = _dumped(**log, first=self.first.offset, sha256=self.first.sha256)
        if self.last is not None:
            said["last"] = _dumped(offset=self.last.offset, sha256=self.last.sha256)
        run = _dumped(first=self.since, count=self.unreadable) if self.unreadable else b""
        refused = {"refused": self.counts.total()}
        counts = _dumped(outcomes=refused, refusals=dict(self.counts), markers=self.markers)
        said |= {"run": run, "counts": counts}
        for study in studies:
            pos = self.positions.get(study)
            said[f"pos|{study}"] = b"" if pos is None else b"%d" % pos
        return said

    def refuse(self, refusal: Refusal) -> None:
        """Count a record that belongs to no row."""
        self.counts[refusal.reason.value] += 1


def _loaded(said: Fields, name: str) -> dict[str, Any]:
    return orjson.loads(said[name]) if name in said else {}


def _dumped(**said: object) -> bytes:
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
