"""Stock Faust with `take`: up to 1,000 events are summed and written in one MULTI."""

from __future__ import annotations

from collections import Counter
from typing import Any

import faust
from redis.asyncio import Redis

from benchmarks.live.contenders.job import BROKER, GROUP, STORE, TOPIC, cells_of, is_counted

app = faust.App(
    GROUP,
    broker=f"kafka://{BROKER}",
    consumer_auto_offset_reset="earliest",
    topic_disable_leader=True,
    web_enabled=False,
)
log = app.topic(TOPIC, value_serializer="json")  # Faust decodes with orjson where it is installed.
store = Redis.from_url(STORE)


@app.agent(log)
async def count(records: Any) -> None:
    """Add a batch of reports to their cells."""
    async for batch in records.take(1_000, within=0.1):
        counts = Counter(
            cell for record in batch if is_counted(record) for cell in cells_of(record)
        )
        if counts:
            async with store.pipeline(transaction=True) as pipeline:
                for (name, field), amount in counts.items():
                    pipeline.hincrby(name, field, amount)
                await pipeline.execute()


if __name__ == "__main__":
    app.main()
