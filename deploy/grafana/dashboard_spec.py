"""What a dashboard is made of, before it is Grafana's: rows of panels over the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from streams.metrics.catalogue import Metric, Zone

YEAR_SECONDS = 31_557_600
PER_100_YEARS = 100 * YEAR_SECONDS

STUDY = 'study=~"$study"'
GROUP = f'{STUDY},kind="$kind"'
BY_GROUP = "{{study}} {{treatment}} {{group}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSpec:
    """One picture: lines over time, or where *of_now* numbers as they are.

    *asks* are expressions with their legends; it is described as its *metric* is, unless
    *says* more.  Above *alarm* it is red, and where *logarithmic* the axis is.
    """

    title: str
    metric: Metric
    queries: tuple[tuple[str, str], ...]
    description: str = ""
    unit: str = ""
    is_stat: bool = False
    threshold: float | None = None
    logarithmic: bool = False
    exemplars: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardSpec:
    """A dashboard of one zone: its *rows*, each with a title."""

    uid: str
    title: str
    zone: Zone
    description: str
    variables: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[PanelSpec, ...]], ...]


def seconds_since(metric: Metric) -> str:
    """For how long the switch of each partition has not been touched."""
    return f"time() - max by (partition) ({metric.name})"


def quantile(q: float, rule: str) -> str:
    """The *q*-quantile of a histogram whose rate is *recorded*."""
    return f"histogram_quantile({q}, {rule})"
