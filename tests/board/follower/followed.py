"""A follower over a log and a store in memory, and the worker that folds into that store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from board.follower.builder import Build, ViewBuilder, build_of
from board.follower.follower import Follower
from board.follower.partition import PartitionFollower
from board.follower.past import PastStudies
from board.follower.protocol import Ask, FollowerState
from streams.processor.processor import PartitionProcessor
from streams.processor.refold import refold
from streams.store.memory import MemoryStore
from tests.streams.list_log import ListLog
from tests.streams.processor.processors import PRODERM, STUDY, log_of


@dataclass
class Followed:
    """The log of one partition, the store that a worker folds it into, and the follower."""

    log: ListLog
    store: MemoryStore = field(default_factory=MemoryStore)
    find_build: Callable[[str], Build] = build_of
    follower: Follower = field(init=False)
    partition: PartitionFollower = field(init=False)

    def __post_init__(self) -> None:
        self.partition = PartitionFollower(self.log, self.store, self.log.partition)
        builder = ViewBuilder(PastStudies(lambda number: self.log), self.find_build)
        self.follower = Follower({self.log.partition: self.partition}, builder, 1)

    @property
    def state(self) -> FollowerState:
        """The state as the web process reads it."""
        message = orjson.loads(orjson.dumps(self.follower.make_state(1)))
        return FollowerState.from_message(message)

    async def fold(self, until: int) -> None:
        """Fold the log into the store up to offset *until*, as a worker that has just started."""
        processor = PartitionProcessor(self.log, self.store, partition=self.log.partition)
        await processor.claim()
        await refold(processor, self.log, until=until)

    async def ask(self, view: str, as_of: str | None = None, **arguments: str) -> Any:
        """Return an answer as the web process reads it."""
        ask = Ask(id=1, study=STUDY, view=view, arguments=arguments, as_of=as_of)
        return orjson.loads(orjson.dumps(await self.follower.answer(ask)))


def followed(values: Sequence[bytes] = PRODERM) -> Followed:
    """A follower of a log of *values*, of which the store has nothing yet."""
    return Followed(log_of(values))
