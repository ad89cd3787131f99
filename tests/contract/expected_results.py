"""The rows and alerts of one pass over a partition of a real log: the oracle for workers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import orjson

from streams.kafka.topics import LOG
from streams.log.kafka import KafkaLog
from streams.processor.pipeline import Pipeline
from streams.store import Fields
from streams.store.memory import MemoryStore
from tests.streams.list_log import ListLog
from tests.streams.processor.processors import caught_up_processor


def rows_expected(broker: str, partition: int, studies: Iterable[str]) -> dict[str, Fields]:
    """Fold *partition* in memory once, and return the rows of *studies*."""
    store = MemoryStore()

    async def main() -> dict[str, Fields]:
        await caught_up_processor(await copy_log(broker, partition), store)
        return {study: non_empty(await store.row(study)) for study in studies}

    return asyncio.run(main())


def alerts_expected(broker: str, partition: int) -> dict[str, dict[str, Any]]:
    """The alerts of one pass over *partition*, by the keys of their messages."""
    log, pipeline = asyncio.run(copy_log(broker, partition)), Pipeline()
    raised = [
        alert
        for each in log.records.values()
        for alert in pipeline.process_bytes(each.value or b"", each.offset).alerts
    ]
    published = [orjson.loads(orjson.dumps(asdict(each))) for each in raised]
    return {
        f"{each['id']}:{each['revision']}": each | {"hypothetical": False} for each in published
    }


async def copy_log(broker: str, partition: int) -> ListLog:
    """Copy the log of *partition* into memory."""
    log, copy = KafkaLog(broker, LOG, partition), ListLog(partition, partitions=12)
    try:
        while records := await log.read(copy.next, 5_000):
            for each in records:
                copy.append(each.value, each.key)
    finally:
        await log.close()
    return copy


def non_empty(fields: Fields) -> Fields:
    """*fields* without the empty ones, which a store may leave out."""
    return {name: value for name, value in fields.items() if value}
