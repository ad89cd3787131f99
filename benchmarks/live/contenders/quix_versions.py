"""Quix Streams that keeps the latest version of every case in its state, and corrects its counts.

The state is Quix's own: RocksDB with a changelog topic, so that a restart continues where it was.
A checkpoint is as frequent as that of `quix.py`.
"""
# Its library is installed in a separate environment, which the type checker does not see.
# pyright: reportMissingImports=false

from __future__ import annotations

from collections import defaultdict
from typing import Any

from quixstreams import Application
from quixstreams.sinks import BatchingSink, SinkBatch
from redis import Redis

from benchmarks.live.contenders.job import BROKER, GROUP, STORE, TOPIC
from benchmarks.live.contenders.versions_job import APPLIED, count_changes, hash_of, is_relevant


class CountsSink(BatchingSink):
    """Writes the changes of a partition since the last checkpoint, in one MULTI."""

    def __init__(self, store: Any) -> None:
        super().__init__(on_client_connect_success=lambda: None)
        self.store = store

    def write(self, batch: SinkBatch) -> None:
        """Add the changes of a batch to their counts, and set the partition's next offset."""
        totals: defaultdict[str, dict[str, int]] = defaultdict(dict)
        following = 0
        for item in batch:
            fields, following = totals[item.key.decode()], item.offset + 1
            for field, amount in item.value.items():
                fields[field] = fields.get(field, 0) + amount
        with self.store.pipeline(transaction=True) as pipeline:
            for study, fields in totals.items():
                for field, amount in fields.items():
                    if amount:
                        pipeline.hincrby(hash_of(study), field, amount)
            pipeline.hset(APPLIED, str(batch.partition), following)
            pipeline.execute()


def main() -> None:
    """Count until the process is stopped."""
    app = Application(
        broker_address=BROKER,
        consumer_group=GROUP,
        auto_offset_reset="earliest",
        commit_every=10_000,
        commit_interval=0.5,
        state_dir=f"state-{GROUP}",
        loglevel="WARNING",
    )
    records = app.dataframe(app.topic(TOPIC, value_deserializer="json"))  # It uses orjson.
    changes = records.filter(is_relevant).apply(count_changes, stateful=True)
    changes.sink(CountsSink(Redis.from_url(STORE)))
    app.run()


if __name__ == "__main__":
    main()
