"""Draws what a worker announces: alerts that rise, are answered, opened again, closed, repeated."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from streams.kafka.partitioner import partition_of
from tests.alerts.notification.published_alerts import acknowledgement, alert_bytes, closure
from tests.streams.delivery.remote import TopicPartition

PARTITIONS = 2


@dataclass
class RandomAlerts:
    """The revisions of each alert in their order, told over *seconds*.

    Some are told twice, some late and out of order, and in some stories a store is built anew and
    everything is announced once more.
    """

    random: Random
    seconds: float
    published: list[tuple[str, int, bytes]] = field(default_factory=list[tuple[str, int, bytes]])
    rebuilt: bool = field(init=False)

    def __post_init__(self) -> None:
        self.rebuilt = self.random.random() < 0.5

    async def publish_all(self, topics: list[TopicPartition]) -> None:
        """Announce everything."""
        histories = [
            list(revisions_of(self.random, f"a{number}"))
            for number in range(self.random.choice((2, 4, 6)))
        ]
        order = [index for index, each in enumerate(histories) for _ in each]
        self.random.shuffle(order)
        for index in order:
            await asyncio.sleep(self.random.expovariate(len(order) / self.seconds))
            self._publish(topics, histories[index].pop(0))
            if self.random.random() < 0.1:
                self._publish(topics, self.random.choice(self.published))
        if self.rebuilt:
            for revision in list(dict.fromkeys(self.published)):
                self._publish(topics, revision)

    def _publish(self, topics: list[TopicPartition], message: tuple[str, int, bytes]) -> None:
        alert, revision, value = message
        self.published.append(message)
        topics[partition_of(alert, PARTITIONS)].append(f"{alert}:{revision}".encode(), value)


def revisions_of(random: Random, alert: str) -> Iterator[tuple[str, int, bytes]]:
    """The revisions of one alert."""
    moves = ["raise", *random.choice(MOVE_SEQUENCES)]
    for revision, move in enumerate(moves, start=1):
        make = {"ack": acknowledgement, "close": closure}.get(move)
        if make is not None:
            value = make(revision, id=alert)
        else:
            state = "reopened" if move == "change" else "raised"
            value = alert_bytes(id=alert, revision=revision, move=move, state=state)
        yield alert, revision, value


MOVE_SEQUENCES = (
    (),
    ("rise",),
    ("ack",),
    ("rise", "ack", "close"),
    ("ack", "change"),
    ("ack", "change", "ack", "close"),
    ("rise", "rise", "rise"),
)
