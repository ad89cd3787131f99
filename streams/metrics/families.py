"""Puts numbers under the names of the catalogue, in the form that prometheus-client writes out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field

from prometheus_client import Metric as Family
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.samples import Exemplar

from streams.metrics.catalogue import Kind, Metric

Values = Mapping[tuple[str, ...], float]
"""Numbers by the values of their labels, in the order that the catalogue names them."""


@dataclass(slots=True)
class Histogram:
    """How often something took how long, in seconds, by the upper *bounds* of buckets.

    A *coarse* one adds up the bounds instead of what was seen: its sum tells no more than its
    buckets.  Each bucket keeps its last exemplar.
    """

    bounds: tuple[float, ...]
    coarse: bool = False
    counts: list[int] = field(init=False)
    seen: float = 0.0
    exemplars: dict[int, Exemplar] = field(default_factory=dict[int, Exemplar])

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def observe(self, seconds: float, exemplar: Exemplar | None = None) -> None:
        """Count one more."""
        at = bisect_left(self.bounds, seconds)
        self.counts[at] += 1
        self.seen += seconds
        if exemplar is not None:
            self.exemplars[at] = exemplar

    @property
    def sum(self) -> float:
        """Seconds altogether."""
        if not self.coarse:
            return self.seen
        bounds = (*self.bounds, self.bounds[-1])
        return round(sum(n * bound for n, bound in zip(self.counts, bounds, strict=True)), 3)

    def buckets(self) -> list[tuple[str, float] | tuple[str, float, Exemplar]]:
        """How many took at most each bound, with the exemplars."""
        found: list[tuple[str, float] | tuple[str, float, Exemplar]] = []
        total = 0
        for at, count in enumerate(self.counts):
            total += count
            bound = str(self.bounds[at]) if at < len(self.bounds) else "+Inf"
            exemplar = self.exemplars.get(at)
            found.append((bound, total) if exemplar is None else (bound, total, exemplar))
        return found


def family(metric: Metric, values: Values) -> Family:
    """*metric* with all its series, in the order of their labels."""
    made = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
    found = made(metric.name, metric.help, labels=metric.labels)
    for labels in sorted(values):
        assert len(labels) == len(metric.labels), metric.name
        found.add_metric(labels, values[labels])
    return found


def distribution(metric: Metric, histogram: Histogram) -> Family:
    """*metric* as *histogram* has it; it has no labels."""
    found = HistogramMetricFamily(metric.name, metric.help, labels=())
    found.add_metric([], histogram.buckets(), histogram.sum)
    return found
