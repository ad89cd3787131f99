"""Transactions in the log of a live worker: aborted records are not folded, gaps are skipped."""

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
from streams.processor.cursor import Cursor
from streams.processor.processor import PartitionProcessor
from streams.store import Fields
from streams.store.memory import MemoryStore
from tests.contract.expected_results import non_empty
from tests.contract.logs import WritableTopic, open_log, wait_for_end
from tests.contract.processes import wait_until
from tests.contract.workers import WorkerSite
from tests.faults.judge import fold_past_markers
from tests.scenarios.commands import small_log
from tests.streams.list_log import ListLog
from tests.streams.processor.processors import PRODERM, STUDY, records_between

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

STUDY_PARTITION = partition_of(STUDY, 12)
ABORTED_STUDY = next(name for n in count() if partition_of(name := f"A{n}", 12) == STUDY_PARTITION)
"""A study in the same partition of which no record is committed."""

NEXT_NUMBER = count()

Client: Any = confluent_kafka


@dataclass
class WrittenLog:
    """Writes the log of one partition, and keeps the records that a reader must get."""

    site: WorkerSite
    expected: ListLog = field(
        default_factory=lambda: ListLog(partition=STUDY_PARTITION, partitions=12)
    )

    def write_plain(self, values: list[bytes]) -> None:
        """Write without a transaction."""
        self.site.send(values, STUDY, STUDY_PARTITION)
        for value in values:
            self.expected.append(value, STUDY.encode())

    def write_committed(self, values: list[bytes]) -> None:
        """Write in a transaction; its marker takes an offset."""
        self._transaction(values, STUDY).commit_transaction(30)
        for value in values:
            self.expected.append(value, STUDY.encode())
        self.expected.append_marker()
        asyncio.run(self._wait_for_marker())

    def write_aborted(self, values: list[bytes], study: str = STUDY) -> None:
        """Write in a transaction that is aborted: its records only take offsets."""
        self._transaction(values, study).abort_transaction(30)
        for _ in range(len(values) + 1):
            self.expected.append_marker()
        asyncio.run(self._wait_for_marker())

    def _transaction(self, values: list[bytes], study: str) -> Any:
        config = {
            "bootstrap.servers": self.site.broker,
            "transactional.id": f"by-{next(NEXT_NUMBER)}",
        }
        producer = Client.Producer({**config, "log_level": 2})
        producer.init_transactions(30)
        producer.begin_transaction()
        for value in values:
            producer.produce(LOG, value, study.encode(), STUDY_PARTITION)
        producer.flush(30)
        return producer

    async def _wait_for_marker(self) -> None:
        async with open_log(WritableTopic(self.site.broker, LOG, STUDY_PARTITION)) as log:
            await wait_for_end(log, (await self.expected.offset_range()).next)

    async def expected_fields(self) -> tuple[Fields, Fields]:
        """Return the cursor and the row after one pass over the expected records."""
        store = MemoryStore()
        processor = PartitionProcessor(self.expected, store, partition=STUDY_PARTITION)
        await processor.claim()
        await fold_past_markers(processor, records_between(self.expected))
        return await store.cursor(), non_empty(await store.row(STUDY))


def test_aborted_records_are_not_folded_and_gaps_are_skipped(site: WorkerSite):
    """Rows, position and marker count are those of one pass over the committed records."""
    log = WrittenLog(site)
    log.write_aborted([orjson.dumps(line) for line in small_log(ABORTED_STUDY)], ABORTED_STUDY)
    log.write_committed(PRODERM[:300])
    log.write_plain(PRODERM[300:600])
    with site.running(POLL_RECORDS="40") as worker:
        site.wait_folded(STUDY_PARTITION, max(log.expected.records))
        log.write_aborted(PRODERM[600:900])
        log.write_committed(PRODERM[600:700])
        log.write_aborted([b"\xff"] * 20)
        log.write_plain(PRODERM[700:1000])
        site.wait_folded(STUDY_PARTITION, max(log.expected.records))
        log.write_aborted(PRODERM[1000:1020])
        # The log ends with markers: the worker has no lag and is ready.
        wait_until(lambda: worker.readiness() == (True, []), "readiness")
        log.write_plain(PRODERM[1000:1010])
        site.wait_folded(STUDY_PARTITION, max(log.expected.records))
        assert worker.stop() == 0, worker.output

    cursor, row = asyncio.run(log.expected_fields())
    assert site.rows(STUDY_PARTITION, [STUDY, ABORTED_STUDY]) == {STUDY: row, ABORTED_STUDY: {}}
    actual, expected = site.cursor(STUDY_PARTITION), Cursor.from_fields(cursor)
    assert (actual.next, actual.marker_count, actual.refusal_counts) == (
        expected.next,
        expected.marker_count,
        expected.refusal_counts,
    )
    assert expected.marker_count > 300 + 20 + 20 and site.dead_letters() == {}
