"""Stock Faust as in its documentation: an agent that awaits the store for every event.

Both counts of an event need one round trip.  The worker's web server is off; all other settings
are Faust's defaults.
"""

from __future__ import annotations

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
    """Add every report to its two cells."""
    async for record in records:
        if is_counted(record):
            async with store.pipeline(transaction=False) as pipeline:
                for name, field in cells_of(record):
                    pipeline.hincrby(name, field, 1)
                await pipeline.execute()


if __name__ == "__main__":
    app.main()
