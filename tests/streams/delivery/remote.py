"""Topics and receivers as one machine reaches them, and what befalls it on the way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from alerts.notification.due import Notification
from streams.kafka.sender import Message, Undelivered
from streams.log import LogIdentity, LogUnreachable, OffsetRange
from streams.sinks import SinkDown
from tests.simulation.chaos import CallOutcome, Chaos, Machine
from tests.simulation.random_logs import LogEntry
from tests.simulation.remote_log import InMemoryLog
from tests.streams.delivery.receivers import FakeAlertmanager, Receiver, wall_clock


@dataclass
class CrashChaos(Chaos):
    """Bad days on which, beside all else, machines crash at the calls numbered in *points*."""

    crash_points: dict[int, CallOutcome] = field(default_factory=dict[int, CallOutcome])
    calls: int = 0

    def call_outcome(self, name: str, *, writes: bool) -> CallOutcome:
        self.calls += 1
        if (doom := self.crash_points.get(self.calls)) is not None:
            self.counts[f"{doom}: {name}"] += 1
            return doom
        return super().call_outcome(name, writes=writes)


class DelivererMachine(Machine):
    """A machine whose late requests may find nobody, which nobody hears of."""

    async def _call_late(self, request: Callable[[], Awaitable[object]]) -> None:
        with suppress(SinkDown):
            await super()._call_late(request)


@dataclass
class TopicPartition(InMemoryLog):
    """One partition of a topic, and whoever writes to it."""

    def append(self, key: bytes | None, value: bytes | None) -> int:
        self.entries.append(LogEntry(self.end, key, value))
        return self.entries[-1].offset


@dataclass
class RemoteTopic:
    """A topic over the network."""

    machine: Machine
    topic: TopicPartition
    name: str
    partition: int

    async def identity(self) -> LogIdentity:
        return await self.topic.identity()

    async def offset_range(self) -> OffsetRange:
        return await self.machine.call(f"ends {self.name}", self.topic.offset_range, LogUnreachable)

    async def read(self, start: int, max_records: int) -> Sequence[LogEntry]:
        few = min(max_records, 7)  # So that a crash may fall between two parts of a reading.
        return await self.machine.call(
            f"read {self.name}", lambda: self.topic.read(start, few), LogUnreachable
        )

    async def close(self) -> None: ...


@dataclass
class RemoteSender:
    """The ledger's producer on one machine."""

    machine: Machine
    notification_logs: Sequence[TopicPartition]

    async def send(self, message: Message) -> int:
        async def append() -> int:
            return self.notification_logs[message.partition].append(message.key, message.value)

        return await self.machine.call("note", append, Undelivered, writes=True)


@dataclass
class RemoteSink:
    """A receiver over the network."""

    machine: Machine
    name: str
    receiver: Receiver

    @property
    def needs_resend(self) -> bool:
        return isinstance(self.receiver, FakeAlertmanager)

    async def send(self, notification: Notification) -> None:
        await self.machine.call(
            f"send {self.name}", lambda: self.receiver.receive(notification), SinkDown, writes=True
        )

    async def resend(self, notifications: Sequence[Notification]) -> None:
        bell, at = self.receiver, wall_clock()
        assert isinstance(bell, FakeAlertmanager)
        await self.machine.call(
            f"remind {self.name}",
            lambda: bell.receive_resent(notifications, at),
            SinkDown,
            writes=True,
        )

    async def close(self) -> None: ...
