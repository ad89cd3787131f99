"""Draws what a worker announces: alerts that rise, are answered, opened again, closed, repeated."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from streams.kafka.partitioner import partition_of
from tests.alerts.notification.published_alerts import answer, closing, wire
from tests.streams.delivery.remote import Topic

PARTITIONS = 2


@dataclass
class Story:
    """The revisions of each alert in their order, told over *seconds*.

    Some are told twice, some late and out of order, and in some stories a store is built anew and
    everything is announced once more.
    """

    random: Random
    seconds: float
    said: list[tuple[str, int, bytes]] = field(default_factory=list[tuple[str, int, bytes]])
    rebuilt: bool = field(init=False)

    def __post_init__(self) -> None:
        self.rebuilt = self.random.random() < 0.5

    async def tell(self, topics: list[Topic]) -> None:
        """Announce everything."""
        lives = [
            list(life(self.random, f"a{number}")) for number in range(self.random.choice((2, 4, 6)))
        ]
        order = [index for index, each in enumerate(lives) for _ in each]
        self.random.shuffle(order)
        for index in order:
            await asyncio.sleep(self.random.expovariate(len(order) / self.seconds))
            self._announce(topics, lives[index].pop(0))
            if self.random.random() < 0.1:
                self._announce(topics, self.random.choice(self.said))
        if self.rebuilt:
            for told in list(dict.fromkeys(self.said)):
                self._announce(topics, told)

    def _announce(self, topics: list[Topic], told: tuple[str, int, bytes]) -> None:
        alert, revision, value = told
        self.said.append(told)
        topics[partition_of(alert, PARTITIONS)].append(f"{alert}:{revision}".encode(), value)


def life(random: Random, alert: str) -> Iterator[tuple[str, int, bytes]]:
    """The revisions of one alert."""
    moves = ["raise", *random.choice(LIVES)]
    for revision, move in enumerate(moves, start=1):
        make = {"ack": answer, "close": closing}.get(move)
        if make is not None:
            value = make(revision, id=alert)
        else:
            state = "reopened" if move == "change" else "raised"
            value = wire(id=alert, revision=revision, move=move, state=state)
        yield alert, revision, value


LIVES = (
    (),
    ("rise",),
    ("ack",),
    ("rise", "ack", "close"),
    ("ack", "change"),
    ("ack", "change", "ack", "close"),
    ("rise", "rise", "rise"),
)
