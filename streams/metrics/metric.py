"""What a metric is: its name, type, zone, unit, labels and help."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Zone(StrEnum):
    """Who may see a metric.  The two zones share no listener."""

    OPEN = "open"
    CLOSED = "closed"


class MetricKind(StrEnum):
    """The Prometheus type of a metric."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One exported metric.  *process* exports it: `worker`, `deliver` or `intake`."""

    name: str
    kind: MetricKind
    zone: Zone
    unit: str
    help: str
    labels: tuple[str, ...] = ()
    process: str = "worker"
