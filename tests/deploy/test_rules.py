"""Checks rules and configurations with promtool and amtool, and against the metric catalogue."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from tests.deploy.programs import PROMETHEUS, RULES, rules, run_program, unknown_names
from tests.paths import ROOT

ZONES = ("open", "closed")
RULE_TESTS = ROOT / "tests" / "deploy" / "rules"

pytestmark = pytest.mark.prometheus


@pytest.mark.parametrize("zone", ZONES)
def test_every_rule_passes_its_unit_tests(zone: str):
    """Each alert fires when it should, with the expected annotations, and not otherwise."""
    assert "SUCCESS" in run_program("promtool", "test", "rules", RULE_TESTS / f"{zone}.yml")


@pytest.mark.parametrize("zone", ZONES)
def test_every_alert_has_a_unit_test_in_which_it_fires(zone: str):
    """A rule that fires in no test may never fire."""
    units = yaml.safe_load((RULE_TESTS / f"{zone}.yml").read_text())["tests"]
    fired = {
        each["alertname"]
        for unit in units
        for each in unit.get("alert_rule_test", ())
        if each["exp_alerts"]
    }

    assert fired == {rule["alert"] for rule in rules(zone) if "alert" in rule}


def test_an_altered_rule_fails_its_unit_tests(tmp_path: Path):
    """The unit tests detect a threshold that is changed by 1."""
    folder = tmp_path / "deploy" / "prometheus" / "rules"
    folder.mkdir(parents=True)
    shutil.copytree(RULE_TESTS, tmp_path / "tests" / "deploy" / "rules")
    altered = (
        (RULES / "closed.yml").read_text().replace("undelivered:sum > 0", "undelivered:sum > 1")
    )
    (folder / "closed.yml").write_text(altered)

    with pytest.raises(AssertionError, match="SafetySignalUndelivered"):
        run_program(
            "promtool", "test", "rules", tmp_path / "tests" / "deploy" / "rules" / "closed.yml"
        )


@pytest.mark.parametrize("zone", ZONES)
def test_rules_use_only_series_of_their_zone(zone: str):
    """An alert on a misspelt name never fires; a closed name in the open zone is a leak."""
    assert {name for rule in rules(zone) for name in unknown_names(rule["expr"], zone)} == set()


@pytest.mark.parametrize("zone", ZONES)
def test_configurations_are_accepted(zone: str, tmp_path: Path):
    """Both programs accept them, with the paths of rules and token replaced."""
    (tmp_path / "token").write_text("a-token-of-some-length")
    text = (PROMETHEUS / f"{zone}.yml").read_text()
    text = text.replace("/etc/prometheus/rules", str(RULES))
    text = text.replace("/run/secrets/metrics-token", str(tmp_path / "token"))
    (tmp_path / "prometheus.yml").write_text(text)

    assert "SUCCESS" in run_program("promtool", "check", "config", tmp_path / "prometheus.yml")
    assert "SUCCESS" in run_program(
        "amtool", "check-config", ROOT / "deploy" / "alertmanager" / f"{zone}.yml"
    )


def test_alerts_about_the_delivery_do_not_page_the_board():
    """Alertmanager routes any alert name that it does not list to the board."""
    config = "--config.file", ROOT / "deploy" / "alertmanager" / "closed.yml"
    names = [rule["alert"] for rule in rules("closed") if "alert" in rule]
    receivers = [
        run_program("amtool", "config", "routes", "test", *config, f"alertname={n}") for n in names
    ]

    assert [each.split()[0] for each in receivers] == ["statistician"] * len(names)
    assert (
        run_program("amtool", "config", "routes", "test", *config, "alertname=x").split()[0]
        == "board"
    )


def test_the_zones_have_no_target_in_common():
    """Each Prometheus scrapes its own zone and posts to the Alertmanager of its own zone."""
    configuration = {zone: (PROMETHEUS / f"{zone}.yml").read_text() for zone in ZONES}
    addresses = {zone: set(targets(zone)) for zone in ZONES}

    assert addresses["open"].isdisjoint(addresses["closed"])
    assert (
        "token" not in configuration["open"]
        and configuration["closed"].count("credentials_file") == 2
    )
    assert (
        "rules/closed" not in configuration["open"] and "rules/open" not in configuration["closed"]
    )


def targets(zone: str) -> list[str]:
    """Return the addresses that the Prometheus of *zone* scrapes and posts to."""
    configuration = yaml.safe_load((PROMETHEUS / f"{zone}.yml").read_text())
    sections = [*configuration["scrape_configs"], *configuration["alerting"]["alertmanagers"]]
    return [
        each for section in sections for one in section["static_configs"] for each in one["targets"]
    ]
