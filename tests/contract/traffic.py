"""Small trials on all partitions of a site, their lag and assignment, and the final check."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from random import Random

from streams.kafka.admin import admin_client
from streams.kafka.topics import LOG
from streams.processor.cursor import Cursor
from streams.processor.refold import assigned_partitions, group_members
from streams.store import LIVE_SPACE, Fields
from streams.store.client import scan_hash
from streams.store.keys import Keys
from streams.store.redis import RedisStore
from tests.contract.processes import CommandProcess, patient_client, wait_until
from tests.contract.workers import WorkerSite
from tests.faults.judge import judge
from tests.faults.produced_log import PARTITIONS, LogProducer, endless_records, last_ticks

GROUP = f"tocsin-{LIVE_SPACE}"

ALL_PARTITIONS = frozenset(range(PARTITIONS))


@dataclass(slots=True)
class Traffic:
    """Sends random records to *site*, the same for the same *seed*."""

    site: WorkerSite
    seed: int = 4
    feed: LogProducer = field(init=False)

    def __post_init__(self) -> None:
        self.feed = LogProducer(self.site.broker, endless_records(Random(self.seed)))

    def send(self, size: int) -> None:
        """Send *size* records, and wait until the broker has acknowledged them."""
        self.feed.burst(size)
        assert self.feed.flush()

    def cursors(self) -> dict[int, Cursor]:
        """The cursor of each partition."""
        return {
            each: Cursor.from_fields(fields)
            for each, fields in asyncio.run(self._cursors()).items()
        }

    async def _cursors(self) -> dict[int, Fields]:
        client = patient_client(self.site.store)
        try:
            stores = [RedisStore(client, Keys(LIVE_SPACE, LOG, each)) for each in range(PARTITIONS)]
            return dict(enumerate([await each.cursor() for each in stores]))
        finally:
            await client.aclose()

    def lag(self, partitions: frozenset[int] = ALL_PARTITIONS) -> int:
        """The number of offsets of *partitions* that are not folded yet."""
        cursors, ends = self.cursors(), self.feed.ends
        return sum(max(0, ends.get(each, 0) - cursors[each].next) for each in partitions)

    def assignments(self) -> Mapping[str, frozenset[int]]:
        """By the health address of each worker, the partitions that the group assigns it."""
        with admin_client(self.site.broker) as admin:
            descriptions = group_members(admin, GROUP)
        return {
            each["client_id"]: frozenset(assigned_partitions([each], LOG)) for each in descriptions
        }

    def is_shared_by(self, workers: list[CommandProcess]) -> bool:
        """Whether all partitions are assigned to *workers*, and some to each."""
        assignments = self.assignments()
        shares = [assignments.get(each.health, frozenset[int]()) for each in workers]
        return all(shares) and sorted(chain(*shares)) == sorted(ALL_PARTITIONS)

    def store_contents(self) -> dict[bytes, Fields]:
        """All keys of the store with their fields."""
        return asyncio.run(self._store_contents())

    async def _store_contents(self) -> dict[bytes, Fields]:
        client = patient_client(self.site.store)
        try:
            return {
                key: await scan_hash(client, key) async for key in client.scan_iter(count=1_000)
            }
        finally:
            await client.aclose()

    def wait_drained(self) -> None:
        """Send final ticks, and wait until all is folded and every outbox is empty."""
        self.feed.send(last_ticks())
        assert self.feed.flush()
        wait_until(lambda: self.lag() == 0, "the end of the log")
        wait_until(
            lambda: not any(b":outbox" in key for key in self.store_contents()),
            "the outboxes to be empty",
        )

    def find_faults(self) -> list[str]:
        """Differences from one pass over the log: rows, cursors, alerts and dead letters."""
        verdict = judge(self.site.broker, self.site.store)
        assert verdict.studies > 30 and verdict.alerts > 0, "too little to judge"
        return verdict.errors
