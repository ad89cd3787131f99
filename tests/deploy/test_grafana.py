"""The dashboards: as built, of their own zone, and with nothing that Prometheus does not know."""

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
    """The committed dashboards of *zone*."""
    return [json.loads(path.read_text()) for path in sorted((DASHBOARDS / zone).iterdir())]


def panels(zone: str) -> Iterator[dict[str, Any]]:
    """Every panel of *zone* but for rows."""
    for board in dashboards(zone):
        yield from (each for each in board["panels"] if each["type"] != "row")


def expressions(zone: str) -> list[str]:
    """Every expression that a dashboard of *zone* asks Prometheus."""
    return [target["expr"] for panel in panels(zone) for target in panel["targets"]]


def test_what_is_committed_is_what_is_built(tmp_path: Path):
    """A dashboard that somebody edited by hand would be lost at the next change."""
    build = [sys.executable, str(GRAFANA / "build.py"), str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, timeout=60)

    built = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*.json")}
    there = {
        str(path.relative_to(DASHBOARDS)): path.read_text() for path in DASHBOARDS.rglob("*.json")
    }
    assert built == there and len(built) == 2


@pytest.mark.parametrize("zone", ZONES)
def test_dashboards_ask_for_nothing_that_their_zone_does_not_have(zone: str):
    """Nor do their choices: a closed name on the open dashboard says that there is such a thing."""
    asked = [*expressions(zone), *(each["query"] for each in variable_queries(zone))]

    assert asked and {name for each in asked for name in unknown_names(each, zone)} == set()


@pytest.mark.prometheus
@pytest.mark.parametrize("zone", ZONES)
def test_every_expression_is_one(zone: str, tmp_path: Path):
    """As Prometheus' own parser reads it; a broken one among them is found."""
    asked = expressions(zone)
    path = tmp_path / "rules.yml"
    path.write_text(as_rules(asked))

    assert f"{len(asked)} rules found" in run_program("promtool", "check", "rules", path)
    path.write_text(as_rules([*asked, "sum by (x"]))
    with pytest.raises(AssertionError, match="parse"):
        run_program("promtool", "check", "rules", path)


def test_every_number_is_on_a_dashboard():
    """What is exported and never looked at is cost without use."""
    shown = {
        name.removesuffix("_bucket")
        for zone in ZONES
        for each in [*expressions(zone), *recorded_expressions(zone)]
        for name in METRIC_NAME.findall(each)
    }
    parts = ("_bucket", "_sum", "_count")
    wanted = {n for z in ZONES for n in exported_series(z) if not n.endswith(parts)}

    assert wanted - shown == set()


@pytest.mark.parametrize("zone", ZONES)
def test_every_panel_says_what_it_shows(zone: str):
    """A title, a description, a unit, a number of its own; and it asks the source of its reader."""
    numbers = [each["id"] for board in dashboards(zone) for each in board["panels"]]
    for panel in panels(zone):
        assert panel["title"] and panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]
        sources = [panel["datasource"], *(each["datasource"] for each in panel["targets"])]
        assert {source["uid"] for source in sources} == {"${source}"}
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize(("zone", "organisation"), ZONES.items())
def test_each_zone_is_an_organisation_with_a_source_of_its_own(zone: str, organisation: int):
    """A folder's permissions do not bind a data source: only an organisation does."""
    (source,) = provisioning_file("datasources", zone)["datasources"]
    (provider,) = provisioning_file("dashboards", zone)["providers"]

    assert (source["orgId"], provider["orgId"]) == (organisation, organisation)
    assert source["url"] == f"http://prometheus-{zone}:9090"
    assert provider["options"]["path"] == f"/etc/grafana/dashboards/{zone}"
    (chosen,) = [
        each
        for board in dashboards(zone)
        for each in board["templating"]["list"]
        if each["type"] == "datasource"
    ]
    assert chosen["regex"] == f"/^{source['name']}$/"


def provisioning_file(kind: str, zone: str) -> dict[str, Any]:
    """A file of provisioning."""
    return yaml.safe_load((PROVISIONING / kind / f"{zone}.yaml").read_text())


def variable_queries(zone: str) -> list[dict[str, Any]]:
    """What a reader may pick, as far as Prometheus is asked for it."""
    found = [each for board in dashboards(zone) for each in board["templating"]["list"]]
    return [each for each in found if each["type"] == "query"]


def recorded_expressions(zone: str) -> list[str]:
    """The expressions of the rules that record what dashboards show."""
    text = (ROOT / "deploy" / "prometheus" / "rules" / f"{zone}.yml").read_text()
    groups = yaml.safe_load(text)["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"] if "record" in rule]


def as_rules(asked: list[str]) -> str:
    """Expressions as rules that record them."""
    rules = [{"record": f"shown:{at}", "expr": expr} for at, expr in enumerate(asked)]
    return yaml.safe_dump({"groups": [{"name": "shown", "rules": rules}]})
