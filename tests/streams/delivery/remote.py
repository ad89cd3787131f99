"""Topics and receivers behind a simulated network, on which calls fail and machines crash."""

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
    """Faults that include a certain crash at each call numbered in *crash_points*."""

    crash_points: dict[int, CallOutcome] = field(default_factory=dict[int, CallOutcome])
    calls: int = 0

    def call_outcome(self, name: str, *, writes: bool) -> CallOutcome:
        self.calls += 1
        if (outcome := self.crash_points.get(self.calls)) is not None:
            self.counts[f"{outcome}: {name}"] += 1
            return outcome
        return super().call_outcome(name, writes=writes)


class DelivererMachine(Machine):
    """A machine whose late requests may fail without an effect on the sender."""

    async def _call_late(self, request: Callable[[], Awaitable[object]]) -> None:
        with suppress(SinkDown):
            await super()._call_late(request)


@dataclass
class TopicPartition(InMemoryLog):
    """One partition of a topic, to which records can be appended."""

    def append(self, key: bytes | None, value: bytes | None) -> int:
        self.entries.append(LogEntry(self.end, key, value))
        return self.entries[-1].offset


@dataclass
class RemoteTopic:
    """A topic partition, read over the network."""

    machine: Machine
    topic: TopicPartition
    name: str
    partition: int

    async def identity(self) -> LogIdentity:
        return await self.topic.identity()

    async def offset_range(self) -> OffsetRange:
        return await self.machine.call(f"ends {self.name}", self.topic.offset_range, LogUnreachable)

    async def read(self, start: int, max_records: int) -> Sequence[LogEntry]:
        few = min(max_records, 7)  # Small reads, so that a crash can occur between two.
        return await self.machine.call(
            f"read {self.name}", lambda: self.topic.read(start, few), LogUnreachable
        )

    def leave_out(self, passed: Sequence[range]) -> None: ...

    async def close(self) -> None: ...


@dataclass
class RemoteSender:
    """The producer of the notification log on one machine."""

    machine: Machine
    notification_logs: Sequence[TopicPartition]

    async def send(self, message: Message) -> int:
        async def append() -> int:
            return self.notification_logs[message.partition].append(message.key, message.value)

        return await self.machine.call("log", append, Undelivered, writes=True)


@dataclass
class RemoteSink:
    """A sink that reaches *receiver* over the network."""

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
        alertmanager, now = self.receiver, wall_clock()
        assert isinstance(alertmanager, FakeAlertmanager)
        await self.machine.call(
            f"resend {self.name}",
            lambda: alertmanager.receive_resent(notifications, now),
            SinkDown,
            writes=True,
        )

    async def close(self) -> None: ...
