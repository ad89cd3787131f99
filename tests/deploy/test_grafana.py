"""Checks that the dashboards are as built and query only series of their own zone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.programs import METRIC_NAME, exported_series, run_program, unknown_names
from tests.paths import ROOT

GRAFANA = ROOT / "deploy" / "grafana"
DASHBOARDS = GRAFANA / "dashboards"
PROVISIONING = GRAFANA / "provisioning"
ZONES = {"open": 1, "closed": 2}


def dashboards(zone: str) -> list[dict[str, Any]]:
    """Return the committed dashboards of *zone*."""
    return [json.loads(path.read_text()) for path in sorted((DASHBOARDS / zone).iterdir())]


def panels(zone: str) -> Iterator[dict[str, Any]]:
    """Yield every panel of *zone* except rows."""
    for board in dashboards(zone):
        yield from (each for each in board["panels"] if each["type"] != "row")


def expressions(zone: str) -> list[str]:
    """Return the expressions of all panels of *zone*."""
    return [target["expr"] for panel in panels(zone) for target in panel["targets"]]


def test_committed_dashboards_equal_built_dashboards(tmp_path: Path):
    """The next build would discard manual edits of a dashboard."""
    build = [sys.executable, str(GRAFANA / "build.py"), str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, timeout=60)

    built = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*.json")}
    committed = {
        str(path.relative_to(DASHBOARDS)): path.read_text() for path in DASHBOARDS.rglob("*.json")
    }
    assert built == committed and len(built) == 2


@pytest.mark.parametrize("zone", ZONES)
def test_dashboards_query_only_series_of_their_zone(zone: str):
    """Their variables too: a closed name on the open dashboard reveals that it exists."""
    queries = [*expressions(zone), *(each["query"] for each in variable_queries(zone))]

    assert queries and {name for each in queries for name in unknown_names(each, zone)} == set()


@pytest.mark.prometheus
@pytest.mark.parametrize("zone", ZONES)
def test_promtool_accepts_every_expression(zone: str, tmp_path: Path):
    """The check itself works: an additional invalid expression fails."""
    queries = expressions(zone)
    path = tmp_path / "rules.yml"
    path.write_text(as_rules(queries))

    assert f"{len(queries)} rules found" in run_program("promtool", "check", "rules", path)
    path.write_text(as_rules([*queries, "sum by (x"]))
    with pytest.raises(AssertionError, match="parse"):
        run_program("promtool", "check", "rules", path)


def test_every_metric_is_on_a_dashboard():
    """An exported metric that no dashboard shows has a cost and no use."""
    shown = {
        name.removesuffix("_bucket")
        for zone in ZONES
        for each in [*expressions(zone), *recorded_expressions(zone)]
        for name in METRIC_NAME.findall(each)
    }
    parts = ("_bucket", "_sum", "_count")
    exported = {n for z in ZONES for n in exported_series(z) if not n.endswith(parts)}

    assert exported - shown == set()


@pytest.mark.parametrize("zone", ZONES)
def test_every_panel_has_a_title_a_description_and_a_unit(zone: str):
    """Panel ids are unique, and each panel queries the data source that the reader selects."""
    numbers = [each["id"] for board in dashboards(zone) for each in board["panels"]]
    for panel in panels(zone):
        assert panel["title"] and panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]
        sources = [panel["datasource"], *(each["datasource"] for each in panel["targets"])]
        assert {source["uid"] for source in sources} == {"${source}"}
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize(("zone", "organisation"), ZONES.items())
def test_each_zone_has_its_own_organisation_and_data_source(zone: str, organisation: int):
    """Folder permissions do not restrict a data source; only an organisation does."""
    (source,) = provisioning_file("datasources", zone)["datasources"]
    (provider,) = provisioning_file("dashboards", zone)["providers"]

    assert (source["orgId"], provider["orgId"]) == (organisation, organisation)
    assert source["url"] == f"http://prometheus-{zone}:9090"
    assert provider["options"]["path"] == f"/etc/grafana/dashboards/{zone}"
    (source_variable,) = [
        each
        for board in dashboards(zone)
        for each in board["templating"]["list"]
        if each["type"] == "datasource"
    ]
    assert source_variable["regex"] == f"/^{source['name']}$/"


def provisioning_file(kind: str, zone: str) -> dict[str, Any]:
    """Return a provisioning file of *zone*."""
    return yaml.safe_load((PROVISIONING / kind / f"{zone}.yaml").read_text())


def variable_queries(zone: str) -> list[dict[str, Any]]:
    """Return the dashboard variables of *zone* whose values Prometheus supplies."""
    variables = [each for board in dashboards(zone) for each in board["templating"]["list"]]
    return [each for each in variables if each["type"] == "query"]


def recorded_expressions(zone: str) -> list[str]:
    """Return the expressions of the recording rules of *zone*."""
    text = (ROOT / "deploy" / "prometheus" / "rules" / f"{zone}.yml").read_text()
    groups = yaml.safe_load(text)["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"] if "record" in rule]


def as_rules(queries: list[str]) -> str:
    """Return a rule file that records each expression."""
    rules = [{"record": f"shown:{at}", "expr": expr} for at, expr in enumerate(queries)]
    return yaml.safe_dump({"groups": [{"name": "shown", "rules": rules}]})
