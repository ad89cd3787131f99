"""Draws alert histories from a seed, and publishes their revisions as a worker does."""

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
    """Publishes the revisions of each alert in order, over *seconds*.

    Some revisions are published again later.  If *rebuilt*, all are published once more, as after
    a rebuild of the store.
    """

    random: Random
    seconds: float
    published: list[tuple[str, int, bytes]] = field(default_factory=list[tuple[str, int, bytes]])
    rebuilt: bool = field(init=False)

    def __post_init__(self) -> None:
        self.rebuilt = self.random.random() < 0.5

    async def publish_all(self, topics: list[TopicPartition]) -> None:
        """Publish all revisions to *topics*, one topic partition each."""
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
    """Yield the id, number and bytes of each revision of *alert*."""
    moves = ["raise", *random.choice(MOVE_SEQUENCES)]
    for revision, move in enumerate(moves, start=1):
        build = {"ack": acknowledgement, "close": closure}.get(move)
        if build is not None:
            value = build(revision, id=alert)
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
