"""Writes Grafana's dashboards from the catalogue: `python deploy/grafana/build.py [DIR]`.

What it writes is committed, so whoever runs Grafana needs nothing; a test writes them again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from closed_board import CLOSED
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
from shapes import Board, Panel

from streams.metrics.catalogue import Zone

SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")

UNITS = {
    "1": "short",
    "seconds": "s",
    "seconds since 1970": "s",
}
"""What Grafana calls the units of the catalogue; all others are counts of something."""

HEIGHT, WIDTH, NARROW = 8, 12, 4

HERE = Path(__file__).parent


def main(folder: Path) -> None:
    """Write every dashboard below *folder*, those of each zone in a folder of their own."""
    for board in (OPERATIONS, CLOSED):
        path = folder / board.zone.value / f"{board.uid}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(built(board))


def built(board: Board) -> str:
    """The dashboard as Grafana reads it."""
    made = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.says)
        .tags(["tocsin", board.zone.value])
        .readonly()
        .timezone("utc")
        .refresh("30s")
        .time("now-6h", "now")
        .with_variable(source(board.zone))
    )
    for name, asked in board.choices:
        made.with_variable(choice(name, asked))
    numbers = count(1)
    for title, panels in board.rows:
        made.with_row(dashboard.Row(title).id(next(numbers)))
        for panel in panels:
            drawn = now(panel) if panel.of_now else lines(panel)
            made.with_panel(drawn.id(next(numbers)))
    return json.dumps(made.build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def source(zone: Zone) -> dashboard.DatasourceVariable:
    """The Prometheus of *zone*: in its organisation there is no other."""
    found = dashboard.DatasourceVariable("source").label("Prometheus").type("prometheus")
    return found.regex(f"/^Tocsin {zone.value}$/")


def choice(name: str, asked: str) -> dashboard.QueryVariable:
    """What a reader picks; one kind of group, or any studies."""
    found = dashboard.QueryVariable(name).label(name.capitalize()).query(asked).datasource(SOURCE)
    found.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
    return found if name == "kind" else found.multi(True).include_all(True)


def queries(panel: Panel) -> Sequence[prometheus.Dataquery]:
    """The panel's expressions, each with its legend."""
    found: list[prometheus.Dataquery] = []
    for at, (expr, legend) in enumerate(panel.asks):
        query = prometheus.Dataquery().expr(expr).legend_format(legend).ref_id(chr(ord("A") + at))
        query.instant() if panel.of_now else query.range()
        found.append(query.exemplar(panel.exemplars).datasource(SOURCE))
    return found


def unit_of(panel: Panel) -> str:
    """The panel's unit in Grafana's words."""
    return panel.unit or UNITS.get(panel.metric.unit, "short")


def thresholds(panel: Panel) -> dashboard.ThresholdsConfig:
    """Green, and red from the panel's alarm on."""
    steps = [Threshold(value=None, color="green")]
    if panel.alarm is not None:
        steps.append(Threshold(value=panel.alarm, color="red"))
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def now(panel: Panel) -> stat.Panel:
    """A number as it is."""
    made = stat.Panel().title(panel.title).description(panel.says or panel.metric.help)
    made.datasource(SOURCE).unit(unit_of(panel)).thresholds(thresholds(panel))
    made.height(HEIGHT // 2).span(NARROW).no_value("nothing")
    made.reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
    for query in queries(panel):
        made.with_target(query)
    return made


def lines(panel: Panel) -> timeseries.Panel:
    """Lines over time."""
    made = timeseries.Panel().title(panel.title).description(panel.says or panel.metric.help)
    made.datasource(SOURCE).unit(unit_of(panel)).height(HEIGHT).span(WIDTH).thresholds(
        thresholds(panel)
    )
    legend = VizLegendOptions().display_mode(LegendDisplayMode.LIST).show_legend(True)
    made.legend(legend.placement(LegendPlacement.BOTTOM))
    if panel.logarithmic:
        made.scale_distribution(ScaleDistributionConfig().type(ScaleDistribution.LOG).log(10))
    for query in queries(panel):
        made.with_target(query)
    return made


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "dashboards")
