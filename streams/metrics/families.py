"""Builds prometheus-client metric families from metrics of the catalogue and their values."""

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

from streams.metrics.catalogue import Metric, MetricKind

LabeledValues = Mapping[tuple[str, ...], float]
"""Metric values by the values of their labels, in the order of the catalogue."""


@dataclass(slots=True)
class Histogram:
    """Counts of durations in seconds, by the upper *bounds* of buckets.

    Each bucket keeps its last exemplar.
    """

    bounds: tuple[float, ...]
    counts: list[int] = field(init=False)
    total_seconds: float = 0.0
    exemplars: dict[int, Exemplar] = field(default_factory=dict[int, Exemplar])

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def observe(self, seconds: float, exemplar: Exemplar | None = None) -> None:
        """Count a duration of *seconds*; its bucket keeps *exemplar* if one is given."""
        index = bisect_left(self.bounds, seconds)
        self.counts[index] += 1
        self.total_seconds += seconds
        if exemplar is not None:
            self.exemplars[index] = exemplar

    def buckets(self) -> list[tuple[str, float] | tuple[str, float, Exemplar]]:
        """Return the cumulative count up to each bound, with its exemplar if it has one."""
        result: list[tuple[str, float] | tuple[str, float, Exemplar]] = []
        total = 0
        for index, count in enumerate(self.counts):
            total += count
            bound = str(self.bounds[index]) if index < len(self.bounds) else "+Inf"
            exemplar = self.exemplars.get(index)
            result.append((bound, total) if exemplar is None else (bound, total, exemplar))
        return result


def metric_family(metric: Metric, values: LabeledValues) -> Family:
    """Build the family of counter or gauge *metric*, with its series ordered by label values."""
    family_class = CounterMetricFamily if metric.kind is MetricKind.COUNTER else GaugeMetricFamily
    result = family_class(metric.name, metric.help, labels=metric.labels)
    for labels in sorted(values):
        assert len(labels) == len(metric.labels), metric.name
        result.add_metric(labels, values[labels])
    return result


def histogram_family(metric: Metric, histogram: Histogram) -> Family:
    """Build the family of *metric*, a histogram without labels."""
    result = HistogramMetricFamily(metric.name, metric.help, labels=())
    result.add_metric([], histogram.buckets(), histogram.total_seconds)
    return result
