"""The load: a synthetic log, written once into a Kafka of its own, and where each report lies."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from confluent_kafka import Producer

from benchmarks.live.contenders.job import Cell, cells_of, is_counted
from benchmarks.synthetic import Workload, write_log
from streams.kafka.admin import admin_client
from streams.kafka.partitioner import partition_of
from streams.kafka.topics import LOG, apply_topics, required_topics
from streams.records.encode import encode_record
from streams.settings import Settings

PARTITIONS = Settings().log_partitions
QUEUED_MAX = 50_000
"""Records that the producer may hold: its own limit is 100,000, and it raises there."""

TRIALS = 200

Edit = Callable[[bytes], bytes]


@dataclass(slots=True)
class PartitionLoad:
    """One partition: how many records it has, and which of them are counted by everybody.

    *counted* holds the places, from 1, of the adverse events; *last* is the cell that the last
    of them brings to its final number.
    """

    records: int = 0
    counted_positions: list[int] = field(default_factory=list[int])
    last_cell: Cell | None = None

    def records_read(self, counted: int) -> int:
        """How many records were read by whoever has *counted* so many, or too many."""
        return (
            self.counted_positions[min(counted, len(self.counted_positions)) - 1] if counted else 0
        )


class Message(NamedTuple):
    """A record as it is sent, to the partition that is its study's."""

    partition: int
    key: str
    value: bytes


@dataclass(slots=True)
class Load:
    """A log in Kafka: the file it came from, with its truth beside it, and its partitions."""

    file: Path
    partitions: list[PartitionLoad] = field(
        default_factory=lambda: [PartitionLoad() for _ in range(PARTITIONS)]
    )

    @property
    def records(self) -> int:
        """All records of the log, whatever their type."""
        return sum(part.records for part in self.partitions)

    def messages(self, edit: Edit = bytes) -> Iterator[Message]:
        """The records as *edit* leaves them, each noted where it comes to lie."""
        with self.file.open("rb") as lines:
            for line in lines:
                record = json.loads(line)
                yield Message(self.add_record(record), record["study"], edit(line.rstrip(b"\n")))

    def add_record(self, record: dict[str, Any]) -> int:
        """Note *record* after those before it; its partition."""
        partition = partition_of(record["study"], PARTITIONS)
        partition_load = self.partitions[partition]
        partition_load.records += 1
        if is_counted(record):
            partition_load.counted_positions.append(partition_load.records)
            partition_load.last_cell = cells_of(record)[0]
        return partition


def draw_log(folder: Path, reports: int, trials: int = TRIALS) -> Path:
    """The log that `make bench` folds, drawn anew; its truth lies beside it."""
    print(f"drawing {reports:,} reports of {trials:,} trials", file=sys.stderr)
    return write_log(Workload(trials=trials, reports=reports), folder / f"{reports}.jsonl")


def write_to_kafka(broker: str, file: Path, edit: Edit = bytes) -> Load:
    """Write *file* into the log, each record as *edit* leaves it."""
    load = Load(file)
    make_topics(broker)
    send_messages(broker, load.messages(edit))
    return load


def make_topics(broker: str) -> None:
    """The five topics as `tocsin topics apply` makes them."""
    with admin_client(broker) as admin:
        apply_topics(admin, required_topics(Settings(broker=broker)), alter=False)


def send_messages(broker: str, messages: Iterable[Message]) -> None:
    """Send *messages* as they come, in their order."""
    failures: list[str] = []

    def record_failure(error: object, _: object) -> None:
        if error:
            failures.append(str(error))

    # Without idempotence a retry would change the order, and a plan come after its records.
    ordered = {"enable.idempotence": True, "linger.ms": 1}
    producer = Producer({"bootstrap.servers": broker, "log_level": 3, **ordered})
    for message in messages:
        producer.produce(
            LOG, message.value, message.key, message.partition, on_delivery=record_failure
        )
        producer.poll(0)
        while len(producer) > QUEUED_MAX:
            producer.poll(0.01)
    assert not producer.flush(60) and not failures, f"the broker did not take all: {failures[:1]}"


def without_watches(line: bytes) -> bytes:
    """The record, and if it is a plan, the same plan without groups, watches and screening."""
    if b'"toml"' not in line:
        return line
    record = json.loads(line)
    toml = record["toml"].partition("[groups.")[0]
    toml = toml.replace("[screening]\n", "[screening]\nenabled = false\n")
    return encode_record(record | {"toml": toml, "sha256": sha256(toml.encode()).hexdigest()})
