"""Builds Grafana's dashboards from the metric catalogue: `python deploy/grafana/build.py [DIR]`.

The dashboards are committed, so running Grafana needs no build; a test builds and compares them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from closed_board import CLOSED
from dashboard_spec import DashboardSpec, PanelSpec
from grafana_foundation_sdk.builders import dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.builders.common import (
    ReduceDataOptions,
    ScaleDistributionConfig,
    VizLegendOptions,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    LegendDisplayMode,
    LegendPlacement,
    ScaleDistribution,
)
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    Threshold,
    ThresholdsMode,
    VariableRefresh,
)
from operations import OPERATIONS

from streams.metrics.catalogue import Zone

DATASOURCE = DataSourceRef(type_val="prometheus", uid="${source}")

GRAFANA_UNITS = {
    "1": "short",
    "seconds": "s",
    "seconds since 1970": "s",
}
"""Grafana's names of the catalogue's units; every other unit is a count."""

HEIGHT, WIDTH, STAT_WIDTH = 8, 12, 4

HERE = Path(__file__).parent


def main(folder: Path) -> None:
    """Write every dashboard to the folder of its zone below *folder*."""
    for spec in (OPERATIONS, CLOSED):
        path = folder / spec.zone.value / f"{spec.uid}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render_dashboard(spec))


def render_dashboard(spec: DashboardSpec) -> str:
    """Render the dashboard as the JSON that Grafana reads."""
    builder = (
        dashboard.Dashboard(spec.title)
        .uid(spec.uid)
        .description(spec.description)
        .tags(["tocsin", spec.zone.value])
        .readonly()
        .timezone("utc")
        .refresh("30s")
        .time("now-6h", "now")
        .with_variable(datasource_variable(spec.zone))
    )
    for name, query in spec.variables:
        builder.with_variable(query_variable(name, query))
    panel_ids = count(1)
    for title, panels in spec.rows:
        builder.with_row(dashboard.Row(title).id(next(panel_ids)))
        for panel in panels:
            panel_builder = stat_panel(panel) if panel.is_stat else line_panel(panel)
            builder.with_panel(panel_builder.id(next(panel_ids)))
    return json.dumps(builder.build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def datasource_variable(zone: Zone) -> dashboard.DatasourceVariable:
    """Build the variable for the Prometheus of *zone*, the only one in its organisation."""
    variable = dashboard.DatasourceVariable("source").label("Prometheus").type("prometheus")
    return variable.regex(f"/^Tocsin {zone.value}$/")


def query_variable(name: str, query: str) -> dashboard.QueryVariable:
    """Build a variable that the reader selects: one kind of group, or any number of studies."""
    variable = (
        dashboard.QueryVariable(name).label(name.capitalize()).query(query).datasource(DATASOURCE)
    )
    variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
    return variable if name == "kind" else variable.multi(True).include_all(True)


def build_queries(panel: PanelSpec) -> Sequence[prometheus.Dataquery]:
    """Build the panel's queries, each with its legend."""
    queries_built: list[prometheus.Dataquery] = []
    for index, (expr, legend) in enumerate(panel.queries):
        query = (
            prometheus.Dataquery().expr(expr).legend_format(legend).ref_id(chr(ord("A") + index))
        )
        query.instant() if panel.is_stat else query.range()
        queries_built.append(query.exemplar(panel.exemplars).datasource(DATASOURCE))
    return queries_built


def unit_of(panel: PanelSpec) -> str:
    """Return Grafana's name of the panel's unit."""
    return panel.unit or GRAFANA_UNITS.get(panel.metric.unit, "short")


def thresholds(panel: PanelSpec) -> dashboard.ThresholdsConfig:
    """Build the thresholds: green, and red from the panel's threshold on."""
    steps = [Threshold(value=None, color="green")]
    if panel.threshold is not None:
        steps.append(Threshold(value=panel.threshold, color="red"))
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def stat_panel(panel: PanelSpec) -> stat.Panel:
    """Build a panel that shows the current value."""
    builder = stat.Panel().title(panel.title).description(panel.description or panel.metric.help)
    builder.datasource(DATASOURCE).unit(unit_of(panel)).thresholds(thresholds(panel))
    builder.height(HEIGHT // 2).span(STAT_WIDTH).no_value("no data")
    builder.reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
    for query in build_queries(panel):
        builder.with_target(query)
    return builder


def line_panel(panel: PanelSpec) -> timeseries.Panel:
    """Build a panel that shows lines over time."""
    builder = (
        timeseries.Panel().title(panel.title).description(panel.description or panel.metric.help)
    )
    builder.datasource(DATASOURCE).unit(unit_of(panel)).height(HEIGHT).span(WIDTH).thresholds(
        thresholds(panel)
    )
    legend = VizLegendOptions().display_mode(LegendDisplayMode.LIST).show_legend(True)
    builder.legend(legend.placement(LegendPlacement.BOTTOM))
    if panel.logarithmic:
        builder.scale_distribution(ScaleDistributionConfig().type(ScaleDistribution.LOG).log(10))
    for query in build_queries(panel):
        builder.with_target(query)
    return builder


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "dashboards")
