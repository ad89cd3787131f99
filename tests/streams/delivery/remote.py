"""Topics and receivers as one machine reaches them, and what befalls it on the way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from alerts.notification.due import Notice
from streams.kafka.sender import Message, Undelivered
from streams.log import Ends, Identity, LogUnreachable
from streams.sinks import SinkDown
from tests.simulation.chaos import Chaos, Fate, Machine
from tests.simulation.logs import Entry
from tests.simulation.remote_log import WholeLog
from tests.streams.delivery.receivers import Bell, Receiver, hour


@dataclass
class Doom(Chaos):
    """Bad days on which, beside all else, machines crash at the calls numbered in *points*."""

    points: dict[int, Fate] = field(default_factory=dict[int, Fate])
    calls: int = 0

    def fate(self, name: str, *, writes: bool) -> Fate:
        self.calls += 1
        if (doom := self.points.get(self.calls)) is not None:
            self.counts[f"{doom}: {name}"] += 1
            return doom
        return super().fate(name, writes=writes)


class Host(Machine):
    """A machine whose late requests may find nobody, which nobody hears of."""

    async def _later(self, act: Callable[[], Awaitable[object]]) -> None:
        with suppress(SinkDown):
            await super()._later(act)


@dataclass
class Topic(WholeLog):
    """One partition of a topic, and whoever writes to it."""

    def append(self, key: bytes | None, value: bytes | None) -> int:
        self.entries.append(Entry(self.end, key, value))
        return self.entries[-1].offset


@dataclass
class FarTopic:
    """A topic over the network."""

    machine: Machine
    topic: Topic
    name: str
    partition: int

    async def identity(self) -> Identity:
        return await self.topic.identity()

    async def ends(self) -> Ends:
        return await self.machine.call(f"ends {self.name}", self.topic.ends, LogUnreachable)

    async def read(self, start: int, most: int) -> Sequence[Entry]:
        few = min(most, 7)  # So that a crash may fall between two parts of a reading.
        return await self.machine.call(
            f"read {self.name}", lambda: self.topic.read(start, few), LogUnreachable
        )

    async def close(self) -> None: ...


@dataclass
class FarSender:
    """The ledger's producer on one machine."""

    machine: Machine
    ledgers: Sequence[Topic]

    async def send(self, message: Message) -> int:
        async def append() -> int:
            return self.ledgers[message.partition].append(message.key, message.value)

        return await self.machine.call("note", append, Undelivered, writes=True)


@dataclass
class FarSink:
    """A receiver over the network."""

    machine: Machine
    name: str
    receiver: Receiver

    @property
    def reminds(self) -> bool:
        return isinstance(self.receiver, Bell)

    async def send(self, notice: Notice) -> None:
        await self.machine.call(
            f"send {self.name}", lambda: self.receiver.take(notice), SinkDown, writes=True
        )

    async def remind(self, notices: Sequence[Notice]) -> None:
        bell, at = self.receiver, hour()
        assert isinstance(bell, Bell)
        await self.machine.call(
            f"remind {self.name}", lambda: bell.retake(notices, at), SinkDown, writes=True
        )

    async def close(self) -> None: ...
