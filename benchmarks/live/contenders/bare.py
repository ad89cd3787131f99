"""The bare loop: aiokafka's `getmany`, orjson, and one write of all changes of a poll.

Changes are written as absolute numbers, and no offset is committed: every run reads from the
beginning.  No program in Python does the job with less, so it is the reference for the others.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer
from redis.asyncio import Redis

from benchmarks.live.contenders.job import BROKER, GROUP, STORE, TOPIC

Counts = defaultdict[str, dict[str, int]]
"""Hashes of the store: all of their fields, or those that changed."""


async def main() -> None:
    """Count until the process is stopped."""
    counts: Counts = defaultdict(dict)
    store = Redis.from_url(STORE)
    consumer = AIOKafkaConsumer(
        TOPIC,
        bootstrap_servers=BROKER,
        group_id=GROUP,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=100,
    )
    async with consumer:
        while True:
            changed: Counts = defaultdict(dict)
            polled = await consumer.getmany(timeout_ms=100, max_records=10_000)
            for messages in polled.values():
                for message in messages:
                    add(message.value, counts, changed)
            if changed:
                await write(store, changed)


def add(value: Any, counts: Counts, changed: Counts) -> None:
    """Add one record to its two cells, and put their new values in *changed*."""
    record = orjson.loads(value)
    if record["type"] == "adverse_event":
        study = record["study"]
        for name, field in (
            ("pt:" + study, record["preferred_term"]),
            ("soc:" + study, record["system_organ_class"]),
        ):
            cells = counts[name]
            changed[name][field] = cells[field] = cells.get(field, 0) + 1


async def write(store: Any, changed: Counts) -> None:
    """Write one HSET for each changed hash, in one transaction."""
    async with store.pipeline(transaction=True) as pipeline:
        for name, cells in changed.items():
            pipeline.hset(name, mapping=cells)
        await pipeline.execute()


if __name__ == "__main__":
    asyncio.run(main())
