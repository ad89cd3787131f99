"""The log that is fed while things break: hundreds of small trials, and what no log is free of."""

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
from tests.independent.builders import event, tick
from tests.simulation.logs import DAYS, POISON, course, sent

Client: Any = confluent_kafka
"""The client has no types."""

PARTITIONS = 12

ABREAST = 40
"""Trials that are reported on at the same time; where one ends, the next begins."""

STRAYS = 0.03
"""How often a record is followed by one that is there already, or belongs to no trial."""


class Sent(NamedTuple):
    """One record, and where it is put."""

    key: bytes
    value: bytes
    partition: int


def records(random: Random) -> Iterator[Sent]:
    """Records without end."""
    numbers, past = count(), deque[Sent](maxlen=500)
    running = [trial(random, next(numbers)) for _ in range(ABREAST)]
    while True:
        at = random.randrange(ABREAST)
        record = next(running[at], None)
        if record is None:
            running[at] = trial(random, next(numbers))
            continue
        yield record
        past.append(record)
        if random.random() < STRAYS:
            yield stray(random, random.choice(past))


def trial(random: Random, number: int) -> Iterator[Sent]:
    """All records of one trial: every third is larger and quieter than those of the storms."""
    if number % 3 == 0:
        workload = Workload(
            trials=1, reports=1, effect=Effect.EVERYTHING, seed=random.randrange(1 << 32)
        )
        drawn = Trial(workload, number)
        entries = sorted(drawn.entries(random.randint(60, 200)), key=lambda each: each.known_at)
        for entry in entries:
            yield placed(drawn.study.encode(), entry.line)
    else:
        for said in course(random, f"COURSE-{number}"):
            yield placed(*sent(said["study"], said))


def placed(key: bytes, value: bytes) -> Sent:
    """A record where its key belongs."""
    return Sent(key, value, partition_of(key.decode(), PARTITIONS))


def stray(random: Random, past: Sent) -> Sent:
    """A record that must change no table: a copy, poison, a wrong key or place, or no plan."""
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
            return placed(*sent(f"NOBODY-{random.randrange(99)}", tick(DAYS)))


def quiet_trial(name: str) -> Iterator[Sent]:
    """A trial that ends with a case called *name*."""
    study = f"QUIET-{name}"[:64]
    for said in [*course(Random(name), study), event(name, "S1", DAYS, known=DAYS)]:
        yield placed(*sent(study, said))


def ticks() -> Iterator[Sent]:
    """A last record for each partition, so that no transaction marker is the last of it."""
    for partition in range(PARTITIONS):
        names = (f"LAST-{number}" for number in count())
        name = next(each for each in names if partition_of(each, PARTITIONS) == partition)
        yield placed(*sent(name, tick(DAYS)))


@dataclass(slots=True)
class Feed:
    """Puts *waiting* records into the log; *ends* is where each partition ends, as confirmed."""

    broker: str
    waiting: Iterator[Sent]
    ends: dict[int, int] = field(default_factory=dict[int, int])
    producer: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        plain = {"enable.idempotence": True, "linger.ms": 2, "message.timeout.ms": 300_000}
        self.producer = Client.Producer({"bootstrap.servers": self.broker, **plain, **QUIET})

    def burst(self, size: int) -> None:
        """Send so many records, and do not wait for them."""
        self.send(islice(self.waiting, size))

    def send(self, those: Iterable[Sent]) -> None:
        """Send *those*."""
        for each in those:
            self.producer.produce(
                LOG, each.value, each.key, each.partition, on_delivery=self.confirmed
            )
        self.producer.poll(0)

    def confirmed(self, error: Any, record: Any) -> None:
        """Note that the broker has a record."""
        if error is None:
            ends, partition = self.ends, record.partition()
            ends[partition] = max(ends.get(partition, 0), record.offset() + 1)

    def flush(self, patience: float = 60) -> bool:
        """Wait until everything that was sent is confirmed; whether it is."""
        return self.producer.flush(patience) == 0

    def transaction(self, size: int, name: str, *, commit: bool) -> None:
        """Send records in a transaction: its marker takes an offset, and so do aborted records."""
        producer = Client.Producer(
            {"bootstrap.servers": self.broker, "transactional.id": name, **QUIET}
        )
        producer.init_transactions(30)
        producer.begin_transaction()
        for each in islice(self.waiting, size):
            producer.produce(LOG, each.value, each.key, each.partition)
        producer.flush(30)
        if commit:
            producer.commit_transaction(30)
        else:
            producer.abort_transaction(30)


QUIET = {"log_level": 2}
"""That the broker is gone is what a campaign is about."""
