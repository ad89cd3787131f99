"""The load: a synthetic log, written once into a Kafka of its own, and where each report lies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from benchmarks.live.contenders.job import Cell, cells_of, is_counted
from benchmarks.synthetic import Workload, write_log
from streams.broker import administer
from streams.encode import wire
from streams.partition import partition_of
from streams.settings import Settings
from streams.topics import LOG, apply, topics

PARTITIONS = Settings().log_partitions
CHUNK = 10_000
"""How many records are handed to the producer before it is waited for."""

TRIALS = 200

Edit = Callable[[bytes], bytes]


@dataclass(slots=True)
class Part:
    """One partition: how many records it has, and which of them are counted by everybody.

    *counted* holds the places, from 1, of the adverse events; *last* is the cell that the last
    of them brings to its final number.
    """

    records: int = 0
    counted: list[int] = field(default_factory=list[int])
    last: Cell | None = None

    def place(self, counted: int) -> int:
        """How many records were read by whoever has *counted* so many, or too many."""
        return self.counted[min(counted, len(self.counted)) - 1] if counted else 0


@dataclass(slots=True)
class Load:
    """A log in Kafka: the file it came from, with its truth beside it, and its partitions."""

    file: Path
    parts: list[Part] = field(default_factory=lambda: [Part() for _ in range(PARTITIONS)])

    @property
    def records(self) -> int:
        """All records of the log."""
        return sum(part.records for part in self.parts)

    @property
    def reports(self) -> int:
        """Those that every contender counts."""
        return sum(len(part.counted) for part in self.parts)

    def note(self, record: dict[str, Any]) -> int:
        """Note where *record* comes to lie, after those before it; its partition."""
        number = partition_of(record["study"], PARTITIONS)
        part = self.parts[number]
        part.records += 1
        if is_counted(record):
            part.counted.append(part.records)
            part.last = cells_of(record)[0]
        return number


def draw(folder: Path, reports: int, trials: int = TRIALS) -> Path:
    """The log that `make bench` folds, drawn anew; its truth lies beside it."""
    return write_log(Workload(trials=trials, reports=reports), folder / f"{reports}.jsonl")


def fill(broker: str, file: Path, edit: Edit = lambda line: line) -> Load:
    """Make the topics, and write *file* into the log, each record as *edit* leaves it."""
    with administer(broker) as admin:
        apply(admin, topics(Settings(broker=broker)), alter=False)
    load, failures = Load(file), list[str]()
    producer = Producer({"bootstrap.servers": broker, "linger.ms": 20, "acks": "all"})
    with file.open("rb") as lines:
        for chunk in chunks(lines):
            for line in chunk:
                record = json.loads(line)
                producer.produce(
                    LOG,
                    edit(line.rstrip(b"\n")),
                    record["study"],
                    load.note(record),
                    on_delivery=lambda error, _: error and failures.append(str(error)),
                )
            producer.flush()
    assert not failures, f"the broker did not take {len(failures)} records: {failures[0]}"
    return load


def chunks(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    """The lines, some thousands at a time."""
    while chunk := list(islice(lines, CHUNK)):
        yield chunk


def unwatched(line: bytes) -> bytes:
    """The record, and if it is a plan, the same plan without its groups and its watches.

    The screening of every term goes on: no plan can do without it.
    """
    if b'"toml"' not in line:
        return line
    record = json.loads(line)
    toml = record["toml"].partition("[groups.")[0]
    return wire(record | {"toml": toml, "sha256": sha256(toml.encode()).hexdigest()})
