"""Produces the log of a campaign: hundreds of small trials, with duplicates and bad records."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from random import Random
from typing import Any, NamedTuple

import confluent_kafka

from benchmarks.synthetic import Effect, Trial, Workload
from streams.kafka.partitioner import partition_of
from streams.kafka.topics import LOG
from tests.attack.feeds import corrections as subject_log
from tests.attack.wire import wire_bytes
from tests.independent.builders import event, tick
from tests.simulation.random_logs import POISON, STUDY_DAYS, key_and_value, trial_records

Client: Any = confluent_kafka
"""The client has no type annotations."""

PARTITIONS = 12

CONCURRENT_TRIALS = 40
"""Number of trials that run at the same time; when one ends, the next begins."""

STRAY_SHARE = 0.03
"""Share of records that are followed by a duplicate or by one that no trial accepts."""


class ProducedRecord(NamedTuple):
    """Key and value of one record, and its partition."""

    key: bytes
    value: bytes
    partition: int


def endless_records(random: Random) -> Iterator[ProducedRecord]:
    """Yield records without end."""
    numbers, past = count(), deque[ProducedRecord](maxlen=500)
    running = [produced_trial(random, next(numbers)) for _ in range(CONCURRENT_TRIALS)]
    while True:
        at = random.randrange(CONCURRENT_TRIALS)
        record = next(running[at], None)
        if record is None:
            running[at] = produced_trial(random, next(numbers))
            continue
        yield record
        past.append(record)
        if random.random() < STRAY_SHARE:
            yield stray_record(random, random.choice(past))


def produced_trial(random: Random, number: int) -> Iterator[ProducedRecord]:
    """Yield all records of one trial; every third trial is synthetic and larger."""
    if number % 3 == 0:
        workload = Workload(
            trials=1, reports=1, effect=Effect.EVERYTHING, seed=random.randrange(1 << 32)
        )
        trial = Trial(workload, number)
        entries = sorted(
            trial.draw_records(random.randint(60, 200)), key=lambda each: each.known_at
        )
        for entry in entries:
            yield with_partition(trial.study.encode(), entry.line)
    else:
        for fields in trial_records(random, f"COURSE-{number}"):
            yield with_partition(*key_and_value(fields["study"], fields))


def with_partition(key: bytes, value: bytes) -> ProducedRecord:
    """Return a record with the partition of its key."""
    return ProducedRecord(key, value, partition_of(key.decode(), PARTITIONS))


def stray_record(random: Random, past: ProducedRecord) -> ProducedRecord:
    """Draw a record that must change no table: a copy, or one that is refused."""
    match random.choice(("copy", "copy", "copy", "poison", "key", "partition", "no plan")):
        case "copy":
            return past
        case "poison":
            return past._replace(value=random.choice(POISON))
        case "key":
            return past._replace(key=b"somebody")
        case "partition":
            return past._replace(partition=(past.partition + 1) % PARTITIONS)
        case _:
            return with_partition(
                *key_and_value(f"NOBODY-{random.randrange(99)}", tick(STUDY_DAYS))
            )


def quiet_trial(name: str) -> Iterator[ProducedRecord]:
    """Yield the records of a trial whose last record is a case with the id *name*."""
    study = f"QUIET-{name}"[:64]
    for fields in [
        *trial_records(Random(name), study),
        event(name, "S1", STUDY_DAYS, known=STUDY_DAYS),
    ]:
        yield with_partition(*key_and_value(study, fields))


def long_subject(name: str, cases: int, corrections: int) -> Iterator[ProducedRecord]:
    """Yield a trial of one subject with many *cases*, and *corrections* that move all of them."""
    study = f"LONG-{name}"[:64]
    for record in subject_log(cases, corrections, days=1):
        yield with_partition(study.encode(), wire_bytes(record, study))


def last_ticks() -> Iterator[ProducedRecord]:
    """Yield a last record for each partition, so that none ends with a transaction marker."""
    for partition in range(PARTITIONS):
        names = (f"LAST-{number}" for number in count())
        name = next(each for each in names if partition_of(each, PARTITIONS) == partition)
        yield with_partition(*key_and_value(name, tick(STUDY_DAYS)))


@dataclass(slots=True)
class LogProducer:
    """Produces *records* to the log; *ends* has the confirmed next offset of each partition."""

    broker: str
    records: Iterator[ProducedRecord]
    ends: dict[int, int] = field(default_factory=dict[int, int])
    client: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        options = {"enable.idempotence": True, "linger.ms": 2, "message.timeout.ms": 300_000}
        self.client = Client.Producer({"bootstrap.servers": self.broker, **options, **QUIET_CLIENT})

    def burst(self, size: int) -> None:
        """Send the next *size* records without waiting for confirmation."""
        self.send(islice(self.records, size))

    def send(self, records: Iterable[ProducedRecord]) -> None:
        """Send *records* without waiting for confirmation."""
        for each in records:
            self.client.produce(
                LOG, each.value, each.key, each.partition, on_delivery=self.on_confirmed
            )
        self.client.poll(0)

    def compressed(self, size: int, codec: str) -> None:
        """Send the next *size* records as batches in *codec*, and wait for confirmation."""
        options = {"compression.type": codec, "linger.ms": 50, **QUIET_CLIENT}
        producer = Client.Producer({"bootstrap.servers": self.broker, **options})
        for each in islice(self.records, size):
            producer.produce(
                LOG, each.value, each.key, each.partition, on_delivery=self.on_confirmed
            )
        producer.flush(30)

    def on_confirmed(self, error: Any, record: Any) -> None:
        """Update the end of the partition of a confirmed record."""
        if error is None:
            ends, partition = self.ends, record.partition()
            ends[partition] = max(ends.get(partition, 0), record.offset() + 1)

    def flush(self, timeout: float = 60) -> bool:
        """Wait up to *timeout* seconds for all confirmations; return whether all arrived."""
        return self.client.flush(timeout) == 0

    def transaction(self, size: int, name: str, *, commit: bool) -> None:
        """Send records in a transaction; its marker and aborted records occupy offsets."""
        producer = Client.Producer(
            {"bootstrap.servers": self.broker, "transactional.id": name, **QUIET_CLIENT}
        )
        producer.init_transactions(30)
        producer.begin_transaction()
        for each in islice(self.records, size):
            producer.produce(LOG, each.value, each.key, each.partition)
        producer.flush(30)
        if commit:
            producer.commit_transaction(30)
        else:
            producer.abort_transaction(30)


QUIET_CLIENT = {"log_level": 2}
"""Silences the client, because the campaign stops the broker on purpose."""
