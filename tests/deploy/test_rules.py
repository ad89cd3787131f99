"""Rules and configurations, judged by the programs that they are for, and over the catalogue."""

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
def test_every_rule_does_what_its_unit_tests_say(zone: str):
    """Each alert fires where it should, with its very words, and is silent where it should be."""
    assert "SUCCESS" in run_program("promtool", "test", "rules", RULE_TESTS / f"{zone}.yml")


@pytest.mark.parametrize("zone", ZONES)
def test_every_alert_has_a_unit_test_in_which_it_fires(zone: str):
    """A rule that never fired in a test may never fire at all."""
    units = yaml.safe_load((RULE_TESTS / f"{zone}.yml").read_text())["tests"]
    fired = {
        each["alertname"]
        for unit in units
        for each in unit.get("alert_rule_test", ())
        if each["exp_alerts"]
    }

    assert fired == {rule["alert"] for rule in rules(zone) if "alert" in rule}


def test_a_rule_that_was_bent_is_noticed(tmp_path: Path):
    """The unit tests look: one comparison turned round, and promtool says so."""
    folder = tmp_path / "deploy" / "prometheus" / "rules"
    folder.mkdir(parents=True)
    shutil.copytree(RULE_TESTS, tmp_path / "tests" / "deploy" / "rules")
    bent = (RULES / "closed.yml").read_text().replace("undelivered:sum > 0", "undelivered:sum > 1")
    (folder / "closed.yml").write_text(bent)

    with pytest.raises(AssertionError, match="SafetySignalUndelivered"):
        run_program(
            "promtool", "test", "rules", tmp_path / "tests" / "deploy" / "rules" / "closed.yml"
        )


@pytest.mark.parametrize("zone", ZONES)
def test_rules_ask_for_nothing_that_their_zone_does_not_export(zone: str):
    """A misspelt name is an alert that stays silent for ever; a closed one in the open, a leak."""
    assert {name for rule in rules(zone) for name in unknown_names(rule["expr"], zone)} == set()


@pytest.mark.parametrize("zone", ZONES)
def test_configurations_are_accepted(zone: str, tmp_path: Path):
    """By the programs that read them, with the rules and the token where they look for them."""
    (tmp_path / "token").write_text("a-token-of-some-length")
    text = (PROMETHEUS / f"{zone}.yml").read_text()
    text = text.replace("/etc/prometheus/rules", str(RULES))
    text = text.replace("/run/secrets/metrics-token", str(tmp_path / "token"))
    (tmp_path / "prometheus.yml").write_text(text)

    assert "SUCCESS" in run_program("promtool", "check", "config", tmp_path / "prometheus.yml")
    assert "SUCCESS" in run_program(
        "amtool", "check-config", ROOT / "deploy" / "alertmanager" / f"{zone}.yml"
    )


def test_what_is_wrong_with_the_line_pages_no_board():
    """A rule that Alertmanager does not know by name would come to it as a safety alert does."""
    where = "--config.file", ROOT / "deploy" / "alertmanager" / "closed.yml"
    names = [rule["alert"] for rule in rules("closed") if "alert" in rule]
    told = [
        run_program("amtool", "config", "routes", "test", *where, f"alertname={n}") for n in names
    ]

    assert [each.split()[0] for each in told] == ["statistician"] * len(names)
    assert (
        run_program("amtool", "config", "routes", "test", *where, "alertname=x").split()[0]
        == "board"
    )


def test_the_zones_have_no_target_in_common():
    """Each scrapes pages of its own zone, and tells the Alertmanager of its own zone."""
    told = {zone: (PROMETHEUS / f"{zone}.yml").read_text() for zone in ZONES}
    wanted = {zone: set(targets(zone)) for zone in ZONES}

    assert wanted["open"].isdisjoint(wanted["closed"])
    assert "token" not in told["open"] and told["closed"].count("credentials_file") == 2
    assert "rules/closed" not in told["open"] and "rules/open" not in told["closed"]


def targets(zone: str) -> list[str]:
    """Whom the Prometheus of *zone* talks to."""
    told = yaml.safe_load((PROMETHEUS / f"{zone}.yml").read_text())
    places = [*told["scrape_configs"], *told["alerting"]["alertmanagers"]]
    return [each for place in places for one in place["static_configs"] for each in one["targets"]]
