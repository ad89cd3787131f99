"""The log and the topics as one machine reaches them, and as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from streams.kafka.sender import Message, Undelivered
from streams.log import LogIdentity, LogUnreachable, OffsetRange
from tests.simulation.chaos import Machine
from tests.simulation.random_logs import PARTITION, PARTITIONS, LogEntry


@dataclass(slots=True)
class InMemoryLog:
    """One partition of the log, as far as it was written; it always answers."""

    entries: list[LogEntry] = field(default_factory=list[LogEntry])
    partition: int = PARTITION

    async def identity(self) -> LogIdentity:
        """Which log it is."""
        return LogIdentity("simulated", PARTITIONS)

    @property
    def end(self) -> int:
        """The offset that the next record will have."""
        return self.entries[-1].offset + 1 if self.entries else 0

    async def offset_range(self) -> OffsetRange:
        """Where it begins and ends."""
        return OffsetRange(0, self.end)

    async def read(self, start: int, max_records: int) -> Sequence[LogEntry]:
        """Up to *most* records from *start* on."""
        return [entry for entry in self.entries if entry.offset >= start][:max_records]

    async def close(self) -> None:
        """There is nothing to let go of."""


@dataclass(slots=True)
class InMemoryTopics:
    """All that was sent to the other topics, in order."""

    sent: list[Message] = field(default_factory=list[Message])

    async def send(self, message: Message) -> int:
        """Keep *message*."""
        self.sent.append(message)
        return len(self.sent) - 1


@dataclass(slots=True)
class RemoteLog:
    """The log over the network."""

    machine: Machine
    log: InMemoryLog
    partition: int = PARTITION

    async def identity(self) -> LogIdentity:
        return await self.machine.call("identity", self.log.identity, LogUnreachable)

    async def offset_range(self) -> OffsetRange:
        return await self.machine.call("ends", self.log.offset_range, LogUnreachable)

    async def read(self, start: int, max_records: int) -> Sequence[LogEntry]:
        return await self.machine.call(
            "read", lambda: self.log.read(start, max_records), LogUnreachable
        )

    async def close(self) -> None:
        """There is nothing to let go of."""


@dataclass(slots=True)
class RemoteTopics:
    """The other topics over the network."""

    machine: Machine
    topics: InMemoryTopics

    async def send(self, message: Message) -> int:
        return await self.machine.call(
            "send", lambda: self.topics.send(message), Undelivered, writes=True
        )
