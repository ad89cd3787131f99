"""Writes a synthetic log into a private Kafka, and keeps the position of each counted report."""

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
from streams.records.encode import Headers, cloudevents_headers, encode_record
from streams.settings import Settings

PARTITIONS = Settings().log_partitions
QUEUED_MAX = 50_000
"""Records that the producer may queue: it raises at its own limit of 100,000."""

TRIALS = 200

Edit = Callable[[bytes], bytes]


@dataclass(slots=True)
class PartitionLoad:
    """The number of records of one partition, and which of them the job counts.

    *counted_positions* are the positions, from 1, of the adverse events; *last_cell* is the cell
    that the last of them completes.
    """

    records: int = 0
    counted_positions: list[int] = field(default_factory=list[int])
    last_cell: Cell | None = None

    def records_read(self, counted: int) -> int:
        """Return the position of the last of *counted* counted records; 0 where none is counted."""
        return (
            self.counted_positions[min(counted, len(self.counted_positions)) - 1] if counted else 0
        )


class Message(NamedTuple):
    """A record as it is sent, with the partition of its study."""

    partition: int
    key: str
    value: bytes
    headers: Headers = ()


@dataclass(slots=True)
class Load:
    """A log in Kafka: its file, with the truth beside it, and its partitions."""

    file: Path
    partitions: list[PartitionLoad] = field(
        default_factory=lambda: [PartitionLoad() for _ in range(PARTITIONS)]
    )

    @property
    def records(self) -> int:
        """The number of all records of the log, of every type."""
        return sum(part.records for part in self.partitions)

    def messages(self, edit: Edit = bytes, *, with_headers: bool = False) -> Iterator[Message]:
        """Yield the records, each changed by *edit*, and register them by partition.

        *with_headers* adds the CloudEvents headers that `tocsin produce` sends.
        """
        with self.file.open("rb") as lines:
            for line in lines:
                record = json.loads(line)
                value = edit(line.rstrip(b"\n"))
                headers = cloudevents_headers(value) if with_headers else ()
                yield Message(self.add_record(record), record["study"], value, headers)

    def add_record(self, record: dict[str, Any]) -> int:
        """Register *record* after the earlier ones; return its partition."""
        partition = partition_of(record["study"], PARTITIONS)
        partition_load = self.partitions[partition]
        partition_load.records += 1
        if is_counted(record):
            partition_load.counted_positions.append(partition_load.records)
            partition_load.last_cell = cells_of(record)[0]
        return partition


def draw_log(folder: Path, reports: int, trials: int = TRIALS) -> Path:
    """Draw the log of `make bench` into *folder*, with its truth beside it."""
    print(f"drawing {reports:,} reports of {trials:,} trials", file=sys.stderr)
    return write_log(Workload(trials=trials, reports=reports), folder / f"{reports}.jsonl")


def write_to_kafka(
    broker: str, file: Path, edit: Edit = bytes, *, with_headers: bool = False
) -> Load:
    """Create the topics, and write *file* to the log topic: see ``Load.messages``."""
    load = Load(file)
    make_topics(broker)
    send_messages(broker, load.messages(edit, with_headers=with_headers))
    return load


def make_topics(broker: str) -> None:
    """Create the topics as `tocsin topics apply` does."""
    with admin_client(broker) as admin:
        apply_topics(admin, required_topics(Settings(broker=broker)), alter=False)


def send_messages(broker: str, messages: Iterable[Message]) -> None:
    """Send *messages* in order; assert that the broker acknowledges all of them."""
    failures: list[str] = []

    def record_failure(error: object, _: object) -> None:
        if error:
            failures.append(str(error))

    # Without idempotence a retry could reorder records and put a plan after its study's records.
    ordered = {"enable.idempotence": True, "linger.ms": 1}
    producer = Producer({"bootstrap.servers": broker, "log_level": 3, **ordered})
    for message in messages:
        producer.produce(
            LOG,
            message.value,
            message.key,
            message.partition,
            on_delivery=record_failure,
            headers=list(message.headers),
        )
        producer.poll(0)
        while len(producer) > QUEUED_MAX:
            producer.poll(0.01)
    assert not producer.flush(60) and not failures, f"not all records acknowledged: {failures[:1]}"


def without_watches(line: bytes) -> bytes:
    """Return the record; a plan loses its groups, watches and screening."""
    if b'"toml"' not in line:
        return line
    record = json.loads(line)
    toml = record["toml"].partition("[groups.")[0]
    toml = toml.replace("[screening]\n", "[screening]\nenabled = false\n")
    return encode_record(record | {"toml": toml, "sha256": sha256(toml.encode()).hexdigest()})
