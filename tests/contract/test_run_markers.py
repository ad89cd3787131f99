"""Transactions in the log of a live worker: what is aborted is never folded, and nothing waits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import confluent_kafka
import orjson
import pytest

from streams.kafka.partitioner import partition_of
from streams.kafka.topics import LOG
from streams.processor import Lane
from streams.processor.cursor import Cursor
from streams.store import Fields
from streams.store.memory import MemoryStore
from tests.contract.credentials import full
from tests.contract.logs import TopicShelf, marked, opened
from tests.contract.processes import until
from tests.contract.workers import Site
from tests.faults.judge import take
from tests.scenarios.commands import small
from tests.streams.list_log import KeptLog
from tests.streams.processor.processors import PRODERM, STUDY, records

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

HOME = partition_of(STUDY, 12)
ABORTED = next(name for n in count() if partition_of(name := f"A{n}", 12) == HOME)
"""A study in the same partition, of which nothing was ever committed."""

NAMES = count()

Client: Any = confluent_kafka


@dataclass
class Written:
    """The log of one partition, and beside it what whoever reads it must find."""

    site: Site
    due: KeptLog = field(default_factory=lambda: KeptLog(partition=HOME, partitions=12))

    def plainly(self, values: list[bytes]) -> None:
        """Write without a transaction."""
        self.site.send(values, STUDY, HOME)
        for value in values:
            self.due.append(value, STUDY.encode())

    def committed(self, values: list[bytes]) -> None:
        """Write in a transaction; its marker takes an offset."""
        self._transaction(values, STUDY).commit_transaction(30)
        for value in values:
            self.due.append(value, STUDY.encode())
        self.due.mark()
        asyncio.run(self._marked())

    def aborted(self, values: list[bytes], study: str = STUDY) -> None:
        """Write in a transaction that is given up: its records take offsets, and are not there."""
        self._transaction(values, study).abort_transaction(30)
        for _ in range(len(values) + 1):
            self.due.mark()
        asyncio.run(self._marked())

    def _transaction(self, values: list[bytes], study: str) -> Any:
        told = {"bootstrap.servers": self.site.broker, "transactional.id": f"by-{next(NAMES)}"}
        producer = Client.Producer({**told, "log_level": 2})
        producer.init_transactions(30)
        producer.begin_transaction()
        for value in values:
            producer.produce(LOG, value, study.encode(), HOME)
        producer.flush(30)
        return producer

    async def _marked(self) -> None:
        async with opened(TopicShelf(self.site.broker, LOG, HOME)) as log:
            await marked(log, (await self.due.ends()).next)

    async def folded(self) -> tuple[Fields, Fields]:
        """The cursor and the row that one pass over what is due makes."""
        store = MemoryStore()
        lane = Lane(self.due, store, partition=HOME)
        await lane.claim()
        await take(lane, records(self.due))
        return await store.cursor(), full(await store.row(STUDY))


def test_what_was_aborted_is_not_folded_and_holes_are_passed(site: Site):
    """Rows, position and count of markers are those of the committed records, told beforehand."""
    written = Written(site)
    written.aborted([orjson.dumps(line) for line in small(ABORTED)], ABORTED)
    written.committed(PRODERM[:300])
    written.plainly(PRODERM[300:600])
    with site.running(POLL_RECORDS="40") as worker:
        site.reaches(HOME, max(written.due.records))
        written.aborted(PRODERM[600:900])
        written.committed(PRODERM[600:700])
        written.aborted([b"\xff"] * 20)
        written.plainly(PRODERM[700:1000])
        site.reaches(HOME, max(written.due.records))
        written.aborted(PRODERM[1000:1020])
        # What ends the log is no record: nobody is behind, and nobody calls for help.
        until(lambda: worker.ready() == (True, []), "readiness")
        written.plainly(PRODERM[1000:1010])
        site.reaches(HOME, max(written.due.records))
        assert worker.end() == 0, worker.words

    cursor, row = asyncio.run(written.folded())
    assert site.rows(HOME, [STUDY, ABORTED]) == {STUDY: row, ABORTED: {}}
    found, due = site.cursor(HOME), Cursor.of(cursor)
    assert (found.next, found.markers, found.counts) == (due.next, due.markers, due.counts)
    assert due.markers > 300 + 20 + 20 and site.letters() == {}
