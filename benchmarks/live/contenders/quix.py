"""Quix Streams with a batching sink: a checkpoint every 10,000 records or half a second."""
# Its library is installed in a separate environment, which the type checker does not see.
# pyright: reportMissingImports=false

from __future__ import annotations

from collections import Counter
from typing import Any

from quixstreams import Application
from quixstreams.sinks import BatchingSink, SinkBatch
from redis import Redis

from benchmarks.live.contenders.job import BROKER, GROUP, STORE, TOPIC, cells_of, is_counted


class CountsSink(BatchingSink):
    """Writes the records of a partition since the last checkpoint, in one MULTI."""

    def __init__(self, store: Any) -> None:
        super().__init__(on_client_connect_success=lambda: None)
        self.store = store

    def write(self, batch: SinkBatch) -> None:
        """Add a batch of reports to their cells."""
        counts = Counter(cell for item in batch for cell in cells_of(item.value))
        with self.store.pipeline(transaction=True) as pipeline:
            for (name, field), amount in counts.items():
                pipeline.hincrby(name, field, amount)
            pipeline.execute()


def main() -> None:
    """Count until the process is stopped."""
    app = Application(
        broker_address=BROKER,
        consumer_group=GROUP,
        auto_offset_reset="earliest",
        auto_create_topics=False,
        commit_every=10_000,
        commit_interval=0.5,
        loglevel="WARNING",
    )
    reports = app.dataframe(app.topic(TOPIC, value_deserializer="json"))  # It uses orjson.
    reports.filter(is_counted).sink(CountsSink(Redis.from_url(STORE)))
    app.run()


if __name__ == "__main__":
    main()
