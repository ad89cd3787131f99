"""A worker over a log that is a list, and what it exports, read as Prometheus would."""

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
from streams.worker.figure_cache import Survey
from streams.worker.metrics import ClosedNumbers, OpenNumbers
from tests.streams.list_log import Kept, KeptLog
from tests.streams.worker.workers import Bench

NOON = 1_700_000_000.0

TIME = re.compile(rb"^(\w+_timestamp_seconds\S*) .*$", re.MULTILINE)

Series = dict[tuple[str, ...], float]


@dataclass
class Desk:
    """A worker that has folded *logs*, its meter's clock at *hour* and its stopwatch at *took*."""

    logs: list[KeptLog]
    hour: float = NOON
    took: float = 0.0
    bench: Bench = field(init=False)
    survey: Survey = field(init=False)

    def __post_init__(self) -> None:
        self.bench = Bench(self.logs)
        self.bench.worker.meter = Meter(clock=lambda: self.hour, stopwatch=lambda: self.took)
        self.survey = Survey(self.bench.worker)

    async def fold(self, *partitions: int) -> None:
        """Take *partitions*, fold them to their ends, and tell what is to be told."""
        await self.bench.assign(*partitions)
        await self.fold_on()

    async def fold_on(self) -> None:
        """Fold what is held to its ends, and tell what is to be told."""
        places: dict[int, int | None] | None = None
        while places != (now := {each: self.bench.place(each) for each in self.bench.worker.held}):
            places = now
            await self.bench.turn(500)
        await self.bench.look()
        for held in self.bench.worker.held.values():
            await held.tell()
        await self.survey.go_round()

    def open(self) -> bytes:
        """What anybody may see."""
        return written(OpenNumbers(self.bench.worker, self.survey, 12))

    def closed(self) -> bytes:
        """What only the board may see."""
        return written(ClosedNumbers(self.bench.worker, self.survey))


def folded(values: Sequence[bytes], study: str, partition: int = 0) -> Desk:
    """A desk that has folded *values* of *study*, all of one partition of one."""
    desk = Desk([log_of(values, study, partition)])
    asyncio.run(desk.fold(partition))
    return desk


def log_of(values: Sequence[bytes], study: str, partition: int = 0) -> KeptLog:
    """A log of *values*, whose one partition is numbered *partition*."""
    records = {at: Kept(at, study.encode(), value) for at, value in enumerate(values)}
    return KeptLog(partition, records, partitions=1)


def written(numbers: OpenNumbers | ClosedNumbers) -> bytes:
    """The exposition of *numbers*."""
    registry = CollectorRegistry()
    registry.register(numbers)
    return generate_latest(registry)


def timeless(exposition: bytes) -> bytes:
    """*exposition* without what the clock says."""
    return TIME.sub(rb"\1", exposition)


def series(exposition: bytes, metric: Metric) -> Series:
    """The series of *metric* by the values of its labels, in their order."""
    return {
        tuple(sample.labels[label] for label in metric.labels): sample.value
        for family in text_string_to_metric_families(exposition.decode())
        for sample in family.samples
        if sample.name == metric.name
    }


def names(exposition: bytes) -> set[str]:
    """Names of the catalogue that *exposition* has, and any other that it has."""
    found: set[str] = set()
    for line in exposition.decode().splitlines():
        if line.startswith("# TYPE "):
            found.add(line.split()[2])
    return found


def declared(zone: str, of: str = "worker") -> set[str]:
    """Names that the catalogue has for *zone* and for the process *of*."""
    return {each.name for each in CATALOGUE if (each.zone, each.of) == (zone, of)}


def renamed(values: Sequence[bytes], plan: dict[str, str], records: dict[str, str]) -> list[bytes]:
    """A log whose plan calls treatments as *plan* says, and whose records as *records* says."""
    return [_renamed(orjson.loads(value), plan, records) for value in values]


def _renamed(record: dict[str, str], plan: dict[str, str], records: dict[str, str]) -> bytes:
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
