"""Lanes over a log that is a list and a store that may fail, and what they leave behind."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from alerts.alert import Alert
from monitor.records import Record
from monitor.state.digest import state_digest, state_fields
from monitor.state.study import Study
from streams.kafka.partitioner import partition_of
from streams.processor import Limits, PartitionProcessor
from streams.processor.pipeline import Pipeline, RecordResult, apply_record
from streams.records.encode import encode_record
from streams.store import ApplyRequest, ApplyResult, Fields, StoreUnreachable
from streams.store.memory import MemoryStore
from streams.store.rows.load import load_row
from tests.paths import ROOT
from tests.streams.list_log import ListLog, ListRecord

PRODERM = (ROOT / "studies" / "proderm" / "log.jsonl").read_bytes().splitlines()
STUDY = "PRODERM"

UNREADABLE = b"\xff"


def log_of(values: Iterable[bytes | None], study: str = STUDY, partition_count: int = 1) -> ListLog:
    """A log that holds *values*, each under the key *study*."""
    log = ListLog(partition=partition_of(study, partition_count), partitions=partition_count)
    for value in values:
        log.append(value, study.encode())
    return log


def record_bytes(
    kind: str, entity: str, study: str = STUDY, version: int = 1, **fields: Any
) -> bytes:
    """A record of *study* about *thing*."""
    source = {"system": "edc", "id": entity, "version": version}
    known = fields.pop("known_at", "2017-03-05T10:00:00Z")
    envelope = {"schema": "trial.log/1", "type": kind, "study": study, "known_at": known}
    return encode_record({**envelope, "source": source, **fields})


def records_between(log: ListLog, start: int = 0, end: int | None = None) -> Sequence[ListRecord]:
    """The records of *log* from offset *start* to before *end*."""
    end = log.next if end is None else end
    return [each for offset, each in sorted(log.records.items()) if start <= offset < end]


async def claimed_processor(log: ListLog, store: MemoryStore, **more: Any) -> PartitionProcessor:
    """A lane that has claimed its partition."""
    processor = PartitionProcessor(log, store, partition=log.partition, **more)
    await processor.claim()
    return processor


async def caught_up_processor(log: ListLog, store: MemoryStore, **more: Any) -> PartitionProcessor:
    """A lane that has claimed its partition and folded what the log holds."""
    processor = await claimed_processor(log, store, **more)
    await processor.fold_batch(records_between(log, processor.position))
    return processor


def single_pass(log: ListLog) -> tuple[Pipeline, list[Alert]]:
    """One pass of the fold over *log*, without a store; and the alerts it rings."""
    pipeline = Pipeline()
    results = [
        pipeline.process_bytes(each.value or b"", each.offset) for each in records_between(log)
    ]
    return pipeline, [alert for each in results for alert in each.alerts]


def study_in(store: MemoryStore, study: str = STUDY) -> Study:
    """The study as its row in *store* has it."""
    return load_row(study, store.get(f"s:{study}")).study


def state_by_name(study: Study) -> dict[str, str]:
    """The study's state by name, but for subjects of whom nothing holds any more.

    One pass may have met such a subject before its records were voided; counting anew has not.
    """
    return {name: value for name, value in state_fields(study) if value != "None ()"}


def store_contents(store: MemoryStore) -> dict[str, Fields]:
    """All that *store* holds, without what is emptied, and so equal for equal projections."""
    return {
        name: {field: value for field, value in fields.items() if value}
        for name, fields in store.hashes.items()
    }


async def expected_contents(log: ListLog) -> dict[str, Fields]:
    """What a store must hold once *log* is folded."""
    store = MemoryStore()
    await caught_up_processor(log, store)
    return store_contents(store)


@dataclass(slots=True)
class FailingStore(MemoryStore):
    """A store that does *left* more commands and then, for once, does not answer.

    An apply that is cut short leaves what was written before: Redis may come back so.  Until all
    that it is *waiting* with have come to an apply, none of them gets on.
    """

    commands_left: int | None = None
    barrier: asyncio.Barrier | None = None

    async def apply(self, request: ApplyRequest) -> ApplyResult:
        if self.barrier is not None:
            await self.barrier.wait()
        return await MemoryStore.apply(self, request)

    def set(self, name: str, fields: Fields) -> None:
        self.count_command()
        MemoryStore.set(self, name, fields)

    def move(self, old: str, new: str) -> None:
        self.count_command()
        MemoryStore.move(self, old, new)

    def count_command(self) -> None:
        """One command more, or the failure."""
        if self.commands_left == 0:
            self.commands_left = None
            raise StoreUnreachable("cut short")
        if self.commands_left is not None:
            self.commands_left -= 1


@dataclass(slots=True)
class RaisingFold:
    """A fold that raises at some offsets, as many times as is said of each."""

    failures_left: Counter[int]
    offsets_seen: list[int] = field(default_factory=list[int])

    def __call__(
        self, study: Study | None, record: Record, offset: int
    ) -> tuple[Study | None, RecordResult]:
        self.offsets_seen.append(offset)
        if self.failures_left[offset] > 0:
            self.failures_left[offset] -= 1
            if study is not None:
                study.entities.by_id.clear()  # Whatever it left half done is nobody's to keep.
            raise ArithmeticError("at the record")
        return apply_record(study, record, offset)


__all__ = [
    "PRODERM",
    "STUDY",
    "UNREADABLE",
    "FailingStore",
    "Limits",
    "RaisingFold",
    "caught_up_processor",
    "claimed_processor",
    "expected_contents",
    "log_of",
    "record_bytes",
    "records_between",
    "single_pass",
    "state_by_name",
    "state_digest",
    "store_contents",
    "study_in",
]  # fmt: skip
