"""The log and the other topics in memory, and over a simulated network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from streams.kafka.sender import Message, Undelivered
from streams.log import LogIdentity, LogUnreachable, OffsetRange
from tests.simulation.chaos import Machine
from tests.simulation.random_logs import PARTITION, PARTITIONS, LogEntry


@dataclass(slots=True)
class InMemoryLog:
    """The records of one partition that are written so far; its calls never fail."""

    entries: list[LogEntry] = field(default_factory=list[LogEntry])
    partition: int = PARTITION

    async def identity(self) -> LogIdentity:
        """Return the same identity every time."""
        return LogIdentity("simulated", PARTITIONS)

    @property
    def end(self) -> int:
        """Return the offset after the last record."""
        return self.entries[-1].offset + 1 if self.entries else 0

    async def offset_range(self) -> OffsetRange:
        """Return the first offset and the next offset."""
        return OffsetRange(0, self.end)

    async def read(self, start: int, max_records: int) -> Sequence[LogEntry]:
        """Return up to *max_records* records from offset *start*."""
        return [entry for entry in self.entries if entry.offset >= start][:max_records]

    def leave_out(self, passed: Sequence[range]) -> None:
        """Do nothing: every batch of the log in memory can be read."""

    async def close(self) -> None:
        """Do nothing: the log in memory has no connection."""


@dataclass(slots=True)
class InMemoryTopics:
    """The messages that were sent to the other topics, in order."""

    sent: list[Message] = field(default_factory=list[Message])

    async def send(self, message: Message) -> int:
        """Append *message*; return its number."""
        self.sent.append(message)
        return len(self.sent) - 1


@dataclass(slots=True)
class RemoteLog:
    """The log as one machine calls it."""

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

    def leave_out(self, passed: Sequence[range]) -> None:
        """Do nothing: every batch of the log in memory can be read."""

    async def close(self) -> None:
        """Do nothing: the log in memory has no connection."""


@dataclass(slots=True)
class RemoteTopics:
    """The other topics as one machine calls them."""

    machine: Machine
    topics: InMemoryTopics

    async def send(self, message: Message) -> int:
        return await self.machine.call(
            "send", lambda: self.topics.send(message), Undelivered, writes=True
        )
