"""Runs a worker over logs in lists, and parses the pages that it exports."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from streams.metrics.catalogue import CATALOGUE, Metric
from streams.metrics.meter import Meter
from streams.worker.figure_cache import FigureCache
from streams.worker.metrics import ClosedCollector, OpenCollector
from tests.streams.list_log import ListLog, ListRecord
from tests.streams.worker.workers import WorkerSetup

NOON = 1_700_000_000.0

TIMESTAMP = re.compile(rb"^(\w+_timestamp_seconds\S*) .*$", re.MULTILINE)

Series = dict[tuple[str, ...], float]


@dataclass
class MeteredWorker:
    """A worker over *logs*; *now* and *stopwatch_seconds* are the clocks of its meter."""

    logs: list[ListLog]
    now: float = NOON
    stopwatch_seconds: float = 0.0
    setup: WorkerSetup = field(init=False)
    figure_cache: FigureCache = field(init=False)

    def __post_init__(self) -> None:
        self.setup = WorkerSetup(self.logs)
        self.setup.worker.meter = Meter(
            clock=lambda: self.now, stopwatch=lambda: self.stopwatch_seconds
        )
        self.figure_cache = FigureCache(self.setup.worker)

    async def assign_and_fold(self, *partitions: int) -> None:
        """Assign *partitions*, fold them to their ends, and publish their outboxes."""
        await self.setup.assign_partitions(*partitions)
        await self.fold_to_end()

    async def fold_to_end(self) -> None:
        """Fold owned partitions to their ends, publish their outboxes and refresh the figures."""
        positions: dict[int, int | None] | None = None
        while positions != (
            now := {each: self.setup.position(each) for each in self.setup.worker.partitions}
        ):
            positions = now
            await self.setup.fetch_and_fold(500)
        await self.setup.check()
        for owned in self.setup.worker.partitions.values():
            await owned.publish_outbox()
        await self.figure_cache.refresh()

    def open_page(self) -> bytes:
        """Return the open metrics page."""
        return exposition_of(OpenCollector(self.setup.worker, self.figure_cache, 12))

    def closed_page(self) -> bytes:
        """Return the closed metrics page."""
        return exposition_of(ClosedCollector(self.setup.worker, self.figure_cache))


def folded_worker(values: Sequence[bytes], study: str, partition: int = 0) -> MeteredWorker:
    """Return a worker that has folded *values* of *study* in one partition."""
    worker = MeteredWorker([log_of(values, study, partition)])
    asyncio.run(worker.assign_and_fold(partition))
    return worker


def log_of(values: Sequence[bytes], study: str, partition: int = 0) -> ListLog:
    """Return a log of *values* with a single partition, numbered *partition*."""
    records = {at: ListRecord(at, study.encode(), value) for at, value in enumerate(values)}
    return ListLog(partition, records, partitions=1)


def exposition_of(collector: OpenCollector | ClosedCollector) -> bytes:
    """Return the metrics of *collector* in the Prometheus text format."""
    registry = CollectorRegistry()
    registry.register(collector)
    return generate_latest(registry)


def without_timestamps(exposition: bytes) -> bytes:
    """Return *exposition* without the values of timestamp metrics."""
    return TIMESTAMP.sub(rb"\1", exposition)


def series(exposition: bytes, metric: Metric) -> Series:
    """Return the values of *metric* by its label values, in the order of the catalogue."""
    return {
        tuple(sample.labels[label] for label in metric.labels): sample.value
        for family in text_string_to_metric_families(exposition.decode())
        for sample in family.samples
        if sample.name == metric.name
    }


def metric_names(exposition: bytes) -> set[str]:
    """Return the names of all metrics in *exposition*."""
    names: set[str] = set()
    for line in exposition.decode().splitlines():
        if line.startswith("# TYPE "):
            names.add(line.split()[2])
    return names


def catalogue_names(zone: str, of: str = "worker") -> set[str]:
    """Return the metric names of the catalogue for *zone* and the process *of*."""
    return {each.name for each in CATALOGUE if (each.zone, each.process) == (zone, of)}


def rename_treatments(
    values: Sequence[bytes], plan: dict[str, str], records: dict[str, str]
) -> list[bytes]:
    """Return a log with treatments renamed by *plan* in the plan and by *records* elsewhere."""
    return [_rename_treatments(orjson.loads(value), plan, records) for value in values]


def _rename_treatments(
    record: dict[str, str], plan: dict[str, str], records: dict[str, str]
) -> bytes:
    if record["type"] == "plan":
        toml = record["toml"]
        for old, new in plan.items():
            toml = toml.replace(f'"{old}"', f'"{new}"')
        digest = hashlib.sha256(toml.encode()).hexdigest()
        record |= {"toml": toml, "sha256": digest}
    for name in ("treatment", "randomised_treatment"):
        if name in record:
            record[name] = records[record[name]]
    return orjson.dumps(record)
