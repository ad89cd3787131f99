"""Lanes over a log that is a list and a store that may fail, and what they leave behind."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from alerts.alert import Alert
from monitor.records import Record
from monitor.state.digest import digest, fields
from monitor.state.study import Study
from streams.kafka.partitioner import partition_of
from streams.processor import Lane, Limits
from streams.processor.pipeline import Pipeline, Told, take_in
from streams.records.encode import wire
from streams.store import Applied, Fields, StoreUnreachable, Write
from streams.store.memory import MemoryStore
from streams.store.rows.load import restore
from tests.paths import ROOT
from tests.streams.list_log import Kept, KeptLog

PRODERM = (ROOT / "studies" / "proderm" / "log.jsonl").read_bytes().splitlines()
STUDY = "PRODERM"

UNREADABLE = b"\xff"


def log_of(values: Iterable[bytes | None], study: str = STUDY, partitions: int = 1) -> KeptLog:
    """A log that holds *values*, each under the key *study*."""
    log = KeptLog(partition=partition_of(study, partitions), partitions=partitions)
    for value in values:
        log.append(value, study.encode())
    return log


def said(kind: str, thing: str, study: str = STUDY, version: int = 1, **fields: Any) -> bytes:
    """A record of *study* about *thing*."""
    source = {"system": "edc", "id": thing, "version": version}
    known = fields.pop("known_at", "2017-03-05T10:00:00Z")
    envelope = {"schema": "trial.log/1", "type": kind, "study": study, "known_at": known}
    return wire({**envelope, "source": source, **fields})


def records(log: KeptLog, start: int = 0, end: int | None = None) -> Sequence[Kept]:
    """The records of *log* from offset *start* to before *end*."""
    end = log.next if end is None else end
    return [each for offset, each in sorted(log.records.items()) if start <= offset < end]


async def claimed(log: KeptLog, store: MemoryStore, **more: Any) -> Lane:
    """A lane that has claimed its partition."""
    lane = Lane(log, store, partition=log.partition, **more)
    await lane.claim()
    return lane


async def caught_up(log: KeptLog, store: MemoryStore, **more: Any) -> Lane:
    """A lane that has claimed its partition and folded what the log holds."""
    lane = await claimed(log, store, **more)
    await lane.take(records(log, lane.position))
    return lane


def pass_of(log: KeptLog) -> tuple[Pipeline, list[Alert]]:
    """One pass of the fold over *log*, without a store; and the alerts it rings."""
    pipeline = Pipeline()
    told = [pipeline.advance(each.value or b"", each.offset) for each in records(log)]
    return pipeline, [alert for each in told for alert in each.alerts]


def study_in(store: MemoryStore, study: str = STUDY) -> Study:
    """The study as its row in *store* has it."""
    return restore(study, store.get(f"s:{study}")).study


def state(study: Study) -> dict[str, str]:
    """The study's state by name, but for subjects of whom nothing holds any more.

    One pass may have met such a subject before its records were voided; counting anew has not.
    """
    return {name: value for name, value in fields(study) if value != "None ()"}


def settled(store: MemoryStore) -> dict[str, Fields]:
    """All that *store* holds, without what is emptied, and so equal for equal projections."""
    return {
        name: {field: value for field, value in fields.items() if value}
        for name, fields in store.held.items()
    }


async def projection(log: KeptLog) -> dict[str, Fields]:
    """What a store must hold once *log* is folded."""
    store = MemoryStore()
    await caught_up(log, store)
    return settled(store)


@dataclass(slots=True)
class Failing(MemoryStore):
    """A store that does *left* more commands and then, for once, does not answer.

    An apply that is cut short leaves what was written before: Redis may come back so.  Until all
    that it is *waiting* with have come to an apply, none of them gets on.
    """

    left: int | None = None
    waiting: asyncio.Barrier | None = None

    async def apply(self, write: Write) -> Applied:
        if self.waiting is not None:
            await self.waiting.wait()
        return await MemoryStore.apply(self, write)

    def set(self, name: str, fields: Fields) -> None:
        self.count()
        MemoryStore.set(self, name, fields)

    def move(self, old: str, new: str) -> None:
        self.count()
        MemoryStore.move(self, old, new)

    def count(self) -> None:
        """One command more, or the failure."""
        if self.left == 0:
            self.left = None
            raise StoreUnreachable("cut short")
        if self.left is not None:
            self.left -= 1


@dataclass(slots=True)
class Raising:
    """A fold that raises at some offsets, as many times as is said of each."""

    times: Counter[int]
    seen: list[int] = field(default_factory=list[int])

    def __call__(
        self, study: Study | None, record: Record, offset: int
    ) -> tuple[Study | None, Told]:
        self.seen.append(offset)
        if self.times[offset] > 0:
            self.times[offset] -= 1
            if study is not None:
                study.ledger.things.clear()  # Whatever it left half done is nobody's to keep.
            raise ArithmeticError("at the record")
        return take_in(study, record, offset)


__all__ = [
    "PRODERM", "STUDY", "UNREADABLE", "Failing", "Limits", "Raising", "caught_up", "claimed",
    "digest", "log_of", "pass_of", "projection", "records", "said", "settled", "state", "study_in",
]  # fmt: skip
