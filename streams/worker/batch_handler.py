"""The interface between consumer and worker: batches, epochs and positions to fetch from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from streams.log import LogRecord


@dataclass(frozen=True, slots=True)
class FetchedBatch:
    """The records of one fetch by partition; discarded once the worker is in another *epoch*."""

    epoch: int
    records: Mapping[int, Sequence[LogRecord]]


class BatchHandler(Protocol):
    """What the consumer needs of the worker, which folds batches and decides where to fetch from.

    *epoch* numbers the current epoch: see ``Epochs``.
    """

    epoch: int

    async def assign(self, partitions: set[int]) -> None:
        """Take over exactly these partitions, and start an epoch."""
        ...

    async def drain(self) -> None:
        """Start an epoch, and wait until the batch in flight is written to the store."""
        ...

    async def fetch_positions(self) -> Mapping[int, int]:
        """Return the offset to fetch each partition from, without stopped and unclaimed ones."""
        ...

    async def wait_ended(self, epoch: int) -> None:
        """Wait until *epoch* has ended."""
        ...

    def sent(self, batch: FetchedBatch) -> None:
        """Count a batch that is being sent to the agent."""
        ...

    async def wait_idle(self, timeout_seconds: float) -> None:
        """Wait until every batch sent is folded, for at most *timeout_seconds*."""
        ...

    async def dispatch(self, batch: FetchedBatch) -> None:
        """Fold a batch, as the agent does.  Never raises."""
        ...

    def invalidate(self, error: Exception) -> None:
        """Unclaim every partition because a fetch failed with *error*, and start an epoch."""
        ...

    async def resolve_fetch(self, partition: int) -> None:
        """Stop *partition*, in which a fetch found an unreadable batch, or continue behind it."""
        ...

    def commit_positions(self) -> Mapping[int, int]:
        """Return the next offset to fold of each partition, which lag tools read from the group."""
        ...
