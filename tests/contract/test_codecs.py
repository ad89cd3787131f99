"""Batches in every codec of Kafka, through a real broker, read by every reader of the log."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from streams.kafka.partitioner import partition_of
from streams.kafka.topics import LOG
from streams.log.kafka import KafkaLog
from tests.contract.expected_results import rows_expected
from tests.contract.logs import read_all
from tests.contract.workers import WorkerSite
from tests.streams.processor.processors import PRODERM, STUDY

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

Producer: Any = AIOKafkaProducer

CODECS = ("gzip", "snappy", "lz4", "zstd")
STUDY_PARTITION = partition_of(STUDY, 12)
RECORDS_EACH = 40


async def send_compressed(broker: str, codec: str, values: list[bytes]) -> int:
    """Send *values* as compressed batches; the offset of the last."""
    async with Producer(
        bootstrap_servers=broker, compression_type=codec, linger_ms=200
    ) as producer:
        sent = [
            await producer.send(LOG, value, key=STUDY.encode(), partition=STUDY_PARTITION)
            for value in values
        ]
        return (await sent[-1]).offset


def test_a_batch_in_each_codec_is_read_by_the_log_and_by_a_worker(site: WorkerSite):
    """Producers choose their codec, and the topic keeps it."""
    last = -1
    for number, codec in enumerate(CODECS):
        some = PRODERM[number * RECORDS_EACH : (number + 1) * RECORDS_EACH]
        last = asyncio.run(send_compressed(site.broker, codec, some))
    values = asyncio.run(read_values(site.broker))

    assert values == PRODERM[: RECORDS_EACH * len(CODECS)]
    with site.running() as worker:
        site.wait_folded(STUDY_PARTITION, last)
        assert worker.stop() == 0, worker.output
    assert site.rows(STUDY_PARTITION, [STUDY]) == rows_expected(
        site.broker, STUDY_PARTITION, [STUDY]
    )


async def read_values(broker: str) -> list[bytes | None]:
    """The values that a log by offset reads."""
    log = KafkaLog(broker, LOG, STUDY_PARTITION)
    try:
        return [value for _, value in await read_all(log, limit=1_000)]
    finally:
        await log.close()
