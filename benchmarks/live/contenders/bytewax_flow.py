"""Bytewax with a batched pipeline: one step decodes and sums a poll, then it is written.

Bytewax uses no consumer group: it assigns itself every partition and reads from the beginning.
"""
# Its library is installed in a separate environment, which the type checker does not see.
# pyright: reportMissingImports=false

from __future__ import annotations

from collections import Counter
from typing import Any

import bytewax.operators as op
import orjson
from bytewax.connectors.kafka import operators as kafka
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from redis import Redis

from benchmarks.live.contenders.job import BROKER, STORE, TOPIC, Cell, cells_of, is_counted

Counts = Counter[Cell]


def sum_batch(batch: list[Any]) -> list[Counts]:
    """Return what a poll adds to the cells."""
    records = (orjson.loads(message.value) for message in batch)
    return [Counter(cell for record in records if is_counted(record) for cell in cells_of(record))]


class Writer(StatelessSinkPartition):
    """Writes the sums of polls in one MULTI."""

    def __init__(self) -> None:
        self.store = Redis.from_url(STORE)

    def write_batch(self, items: list[Counts]) -> None:
        """Add the sums of polls to their cells."""
        with self.store.pipeline(transaction=True) as pipeline:
            for counts in items:
                for (name, field), amount in counts.items():
                    pipeline.hincrby(name, field, amount)
            pipeline.execute()


class StoreSink(DynamicSink):
    """The store, with one connection for each worker."""

    def build(self, step_id: str, worker_index: int, worker_count: int) -> Writer:
        """Return the writer of one worker."""
        return Writer()


flow = Dataflow("counts")  # `python -m bytewax.run` finds it by this name.
log = kafka.input("log", flow, brokers=[BROKER], topics=[TOPIC])
op.output("store", op.flat_map_batch("count", log.oks, sum_batch), StoreSink())
