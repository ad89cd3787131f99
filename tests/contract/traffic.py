"""Small trials on all partitions of a site: who folds them, how far, and whether all came right."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from random import Random

from streams.kafka.admin import administer
from streams.kafka.topics import LOG
from streams.processor.cursor import Cursor
from streams.processor.refold import assigned, members
from streams.store import LIVE, Fields
from streams.store.client import scan
from streams.store.keys import Keys
from streams.store.redis import RedisStore
from tests.contract.processes import Worker, patient, until
from tests.contract.workers import Site
from tests.faults.judge import judge
from tests.faults.produced_log import PARTITIONS, Feed, records, ticks

GROUP = f"tocsin-{LIVE}"

ALL = frozenset(range(PARTITIONS))


@dataclass(slots=True)
class Traffic:
    """What is sent to *site*, the same for the same *seed*."""

    site: Site
    seed: int = 4
    feed: Feed = field(init=False)

    def __post_init__(self) -> None:
        self.feed = Feed(self.site.broker, records(Random(self.seed)))

    def send(self, size: int) -> None:
        """Put so many records into the log; they are there when this returns."""
        self.feed.burst(size)
        assert self.feed.flush()

    def cursors(self) -> dict[int, Cursor]:
        """How far each partition is folded."""
        return {each: Cursor.of(said) for each, said in asyncio.run(self._cursors()).items()}

    async def _cursors(self) -> dict[int, Fields]:
        client = patient(self.site.store)
        try:
            stores = [RedisStore(client, Keys(LIVE, LOG, each)) for each in range(PARTITIONS)]
            return dict(enumerate([await each.cursor() for each in stores]))
        finally:
            await client.aclose()

    def behind(self, partitions: frozenset[int] = ALL) -> int:
        """How many offsets of *partitions* are yet to be folded."""
        cursors, ends = self.cursors(), self.feed.ends
        return sum(max(0, ends.get(each, 0) - cursors[each].next) for each in partitions)

    def held(self) -> Mapping[str, frozenset[int]]:
        """The partitions of each worker, by its address, as the group has it."""
        with administer(self.site.broker) as admin:
            told = members(admin, GROUP)
        return {each["client_id"]: frozenset(assigned([each], LOG)) for each in told}

    def shared_by(self, workers: list[Worker]) -> bool:
        """Whether each of *workers* holds some partitions, and they hold all."""
        held = self.held()
        shares = [held.get(each.health, frozenset[int]()) for each in workers]
        return all(shares) and sorted(chain(*shares)) == sorted(ALL)

    def kept(self) -> dict[bytes, Fields]:
        """All that the store holds."""
        return asyncio.run(self._kept())

    async def _kept(self) -> dict[bytes, Fields]:
        client = patient(self.site.store)
        try:
            return {key: await scan(client, key) async for key in client.scan_iter(count=1_000)}
        finally:
            await client.aclose()

    def settles(self) -> None:
        """Wait until all is folded, and all that is to be told is told."""
        self.feed.send(ticks())
        assert self.feed.flush()
        until(lambda: self.behind() == 0, "the end of the log")
        until(lambda: not any(b":outbox" in key for key in self.kept()), "the outboxes to be empty")

    def faults(self) -> list[str]:
        """What is not as one pass over the log has it: rows, cursors, alerts, letters."""
        verdict = judge(self.site.broker, self.site.store)
        assert verdict.studies > 30 and verdict.alerts > 0, "too little to judge"
        return verdict.says
