"""Describes dashboards independently of Grafana, as rows of panels over the metric catalogue."""

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
    """One panel: lines over time, or current values if *is_stat*.

    *queries* are PromQL expressions with their legends.  *description* defaults to the help text of
    *metric*, *unit* to its unit.  From *threshold* on the panel is red.
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
    """A dashboard of one zone: titled *rows* of panels, and *variables* with their queries."""

    uid: str
    title: str
    zone: Zone
    description: str
    variables: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[PanelSpec, ...]], ...]


def seconds_since(metric: Metric) -> str:
    """Return the PromQL expression for the age of a timestamp *metric*, by partition."""
    return f"time() - max by (partition) ({metric.name})"


def quantile(q: float, rule: str) -> str:
    """Return the PromQL expression for the *q*-quantile of a histogram recorded by *rule*."""
    return f"histogram_quantile({q}, {rule})"
