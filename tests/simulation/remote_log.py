"""The log and the topics as one machine reaches them, and as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from streams.kafka.sender import Message, Undelivered
from streams.log import Ends, Identity, LogUnreachable
from tests.simulation.chaos import Machine
from tests.simulation.logs import PARTITION, PARTITIONS, Entry


@dataclass(slots=True)
class WholeLog:
    """One partition of the log, as far as it was written; it always answers."""

    entries: list[Entry] = field(default_factory=list[Entry])
    partition: int = PARTITION

    async def identity(self) -> Identity:
        """Which log it is."""
        return Identity("simulated", PARTITIONS)

    @property
    def end(self) -> int:
        """The offset that the next record will have."""
        return self.entries[-1].offset + 1 if self.entries else 0

    async def ends(self) -> Ends:
        """Where it begins and ends."""
        return Ends(0, self.end)

    async def read(self, start: int, most: int) -> Sequence[Entry]:
        """Up to *most* records from *start* on."""
        return [entry for entry in self.entries if entry.offset >= start][:most]

    async def close(self) -> None:
        """There is nothing to let go of."""


@dataclass(slots=True)
class Topics:
    """All that was sent to the other topics, in order."""

    sent: list[Message] = field(default_factory=list[Message])

    async def send(self, message: Message) -> int:
        """Keep *message*."""
        self.sent.append(message)
        return len(self.sent) - 1


@dataclass(slots=True)
class FarLog:
    """The log over the network."""

    machine: Machine
    log: WholeLog
    partition: int = PARTITION

    async def identity(self) -> Identity:
        return await self.machine.call("identity", self.log.identity, LogUnreachable)

    async def ends(self) -> Ends:
        return await self.machine.call("ends", self.log.ends, LogUnreachable)

    async def read(self, start: int, most: int) -> Sequence[Entry]:
        return await self.machine.call("read", lambda: self.log.read(start, most), LogUnreachable)

    async def close(self) -> None:
        """There is nothing to let go of."""


@dataclass(slots=True)
class FarTopics:
    """The other topics over the network."""

    machine: Machine
    topics: Topics

    async def send(self, message: Message) -> int:
        return await self.machine.call(
            "send", lambda: self.topics.send(message), Undelivered, writes=True
        )
