"""What the consumer and the worker say to each other: batches, epochs, and where to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from streams.log import LogRecord


@dataclass(frozen=True, slots=True)
class FetchedBatch:
    """What one fetch brought, by partition; void once the worker's epoch is another one."""

    epoch: int
    records: Mapping[int, Sequence[LogRecord]]


class BatchHandler(Protocol):
    """Who folds the batches, and decides from where each partition is read."""

    epoch: int

    async def assign(self, partitions: set[int]) -> None:
        """These partitions are ours now, and no others; begins a new epoch."""
        ...

    async def drain(self) -> None:
        """Begin a new epoch, and come back when what is being folded is applied."""
        ...

    async def fetch_positions(self) -> Mapping[int, int]:
        """Where to read each partition from; one that must stand still is left out."""
        ...

    async def wait_ended(self, epoch: int) -> None:
        """Come back when *epoch* is over."""
        ...

    def sent(self, batch: FetchedBatch) -> None:
        """A batch is on its way to the agent."""
        ...

    async def wait_idle(self, timeout_seconds: float) -> None:
        """Come back when all that was offered is folded, or after *patience* seconds."""
        ...

    async def dispatch(self, batch: FetchedBatch) -> None:
        """What the agent does with a batch.  It never raises."""
        ...

    def invalidate(self, error: Exception) -> None:
        """The fetch failed: nothing that is known of any partition can be relied on."""
        ...

    def commit_positions(self) -> Mapping[int, int]:
        """The next offset to fold of each partition, to be shown by tools that display lags."""
        ...
