"""Processors over an in-memory log and a store that may fail, and the expected contents."""

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
from streams.processor.limits import Limits
from streams.processor.pipeline import Pipeline, RecordResult, apply_record
from streams.processor.processor import PartitionProcessor
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
    """A log that holds *values*, each with the key *study*, in the partition of *study*."""
    log = ListLog(partition=partition_of(study, partition_count), partitions=partition_count)
    for value in values:
        log.append(value, study.encode())
    return log


def record_bytes(
    kind: str, entity: str, study: str = STUDY, version: int = 1, **fields: Any
) -> bytes:
    """A record of type *kind* about *entity* in *study*; *fields* are those after the envelope."""
    source = {"system": "edc", "id": entity, "version": version}
    known = fields.pop("known_at", "2017-03-05T10:00:00Z")
    envelope = {"schema": "trial.log/1", "type": kind, "study": study, "known_at": known}
    return encode_record({**envelope, "source": source, **fields})


def records_between(log: ListLog, start: int = 0, end: int | None = None) -> Sequence[ListRecord]:
    """The records of *log* from offset *start* to before *end*."""
    end = log.next if end is None else end
    return [each for offset, each in sorted(log.records.items()) if start <= offset < end]


async def claimed_processor(log: ListLog, store: MemoryStore, **more: Any) -> PartitionProcessor:
    """A processor that has claimed its partition; *more* are arguments of PartitionProcessor."""
    processor = PartitionProcessor(log, store, partition=log.partition, **more)
    await processor.claim()
    return processor


async def caught_up_processor(log: ListLog, store: MemoryStore, **more: Any) -> PartitionProcessor:
    """A processor that has claimed its partition and folded all records of the log."""
    processor = await claimed_processor(log, store, **more)
    await processor.fold_batch(records_between(log, processor.position))
    return processor


def single_pass(log: ListLog) -> tuple[Pipeline, list[Alert]]:
    """One pass of the fold over *log*, without a store, and the alerts that it raises."""
    pipeline = Pipeline()
    results = [
        pipeline.process_bytes(each.value or b"", each.offset) for each in records_between(log)
    ]
    return pipeline, [alert for each in results for alert in each.alerts]


def study_in(store: MemoryStore, study: str = STUDY) -> Study:
    """The state of *study* that its row in *store* has."""
    return load_row(study, store.get(f"s:{study}")).study


def state_by_name(study: Study) -> dict[str, str]:
    """The state of *study* by name, without subjects that have no valid record.

    One pass keeps a subject whose records were voided later; a row loaded from a store may not.
    """
    return {name: value for name, value in state_fields(study) if value != "None ()"}


def store_contents(store: MemoryStore) -> dict[str, Fields]:
    """The non-empty fields of *store* by key, which are equal for equal projections."""
    return {
        name: {field: value for field, value in fields.items() if value}
        for name, fields in store.hashes.items()
    }


async def expected_contents(log: ListLog) -> dict[str, Fields]:
    """The contents that a store must have once *log* is folded."""
    store = MemoryStore()
    await caught_up_processor(log, store)
    return store_contents(store)


@dataclass(slots=True)
class FailingStore(MemoryStore):
    """A store that executes *commands_left* more commands, and then fails the next one.

    An apply that fails keeps the commands before the failure, as Redis may after a crash.  An apply
    waits at *barrier*, if there is one, before it executes a command.
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
        """Count one command; raise StoreUnreachable where none is left."""
        if self.commands_left == 0:
            self.commands_left = None
            raise StoreUnreachable("cut short")
        if self.commands_left is not None:
            self.commands_left -= 1


@dataclass(slots=True)
class RaisingFold:
    """A fold that raises at each offset of *failures_left*, that many times."""

    failures_left: Counter[int]
    offsets_seen: list[int] = field(default_factory=list[int])

    def __call__(
        self, study: Study | None, record: Record, offset: int
    ) -> tuple[Study | None, RecordResult]:
        self.offsets_seen.append(offset)
        if self.failures_left[offset] > 0:
            self.failures_left[offset] -= 1
            if study is not None:
                study.entities.by_id.clear()  # The processor must discard a half-changed study.
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
