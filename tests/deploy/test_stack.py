"""Runs the services of compose as processes: ProDERM is folded and its alerts fire."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest

from streams.kafka.topics import AUDIT
from streams.local.process import wait_until
from streams.log import records_of
from streams.log.kafka import KafkaLog
from streams.login import Brokers
from tests.deploy.broker import login
from tests.deploy.stack import Stack
from tests.scenarios.proderm_committed import records

pytestmark = [pytest.mark.campaign, pytest.mark.kafka, pytest.mark.redis]

TIMEOUT_SECONDS = 40


def fetch_json(url: str) -> Any:
    """Return the JSON body at *url*."""
    with urllib.request.urlopen(url, timeout=5) as response:
        return json.load(response)


def query_number(stack: Stack, zone: str, query: str) -> float:
    """Return the first value of a Prometheus query; 0 without a sample."""
    path = f"/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    samples = fetch_json(stack.url(f"prometheus-{zone}", "9090", path))["data"]["result"]
    return float(samples[0]["value"][1]) if samples else 0


def firing_alerts(stack: Stack, zone: str) -> list[dict[str, Any]]:
    """Return the alerts of the Alertmanager of *zone*."""
    return fetch_json(stack.url(f"alertmanager-{zone}", "9093", "/api/v2/alerts"))


def alert_names(stack: Stack, zone: str) -> set[str]:
    """Return the names of those alerts."""
    return {each["labels"]["alertname"] for each in firing_alerts(stack, zone)}


def trial_alerts(stack: Stack, zone: str) -> list[dict[str, Any]]:
    """Return those alerts that `tocsin deliver` posted."""
    return [
        each for each in firing_alerts(stack, zone) if each["labels"]["alertname"] == "TocsinReport"
    ]


def test_every_record_of_proderm_is_counted_by_the_open_prometheus(stack: Stack):
    """The open page counts every produced record, and Prometheus scrapes it without a token."""
    query = 'sum(safety_records_total{study="PRODERM"})'
    counted = wait_until(
        lambda: query_number(stack, "open", query) == len(records()), TIMEOUT_SECONDS
    )

    assert counted, query_number(stack, "open", query)
    assert query_number(stack, "open", 'up{job="tocsin-worker"}') == 1


def test_the_closed_prometheus_scrapes_the_evidence_with_its_token(stack: Stack):
    """The e-value exceeds its boundary; the worker refuses a request without a token."""
    watch = '{study="PRODERM",watch="tee-general-population"}'
    query = f"safety_evidence_e_value{watch} / safety_evidence_boundary_e_value{watch}"

    assert wait_until(lambda: query_number(stack, "closed", query) > 1, TIMEOUT_SECONDS)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        fetch_json(stack.url("worker", "8012", "/metrics"))


def test_every_raised_alert_fires_in_the_closed_alertmanager(stack: Stack):
    """`tocsin deliver` posts each raised alert without a treatment or term."""
    raised = 'sum(safety_signals_raised{study="PRODERM"})'
    assert wait_until(lambda: query_number(stack, "closed", raised) > 0, TIMEOUT_SECONDS)
    all_fire = wait_until(
        lambda: len(trial_alerts(stack, "closed")) == query_number(stack, "closed", raised),
        TIMEOUT_SECONDS,
    )

    assert all_fire, (query_number(stack, "closed", raised), firing_alerts(stack, "closed"))
    assert {each["status"]["state"] for each in trial_alerts(stack, "closed")} == {"active"}
    posted = json.dumps(firing_alerts(stack, "closed")).lower()
    assert not any(word in posted for word in ("ivig", "placebo", "thrombo", "tee-"))


def test_the_board_lists_the_signal(stack: Stack):
    """The board has its own Kafka login, and a store user that cannot change rows."""
    listing = stack.run_once("board", "alerts", "list", "--json")

    assert "tee-general-population" in listing


def test_an_operator_verifies_the_tables_against_the_log(stack: Stack):
    """The command `verify` finds no difference, and is audited because it reads all data."""
    stack.run_once("operator", "verify")

    assert "tocsin verify" in audit_trail(stack)


def audit_trail(stack: Stack) -> str:
    """Verify the audit chains, and return all audit entries."""
    stack.run_once("operator", "verify", "--audit")
    brokers = Brokers(stack.kafka.bootstrap, login(stack.vault, "operator"))
    return asyncio.run(log_entries(KafkaLog(brokers, AUDIT, 0)))


async def log_entries(log: KafkaLog) -> str:
    """Return the entries of *log*, one per line."""
    try:
        return "\n".join([str(each.value) async for each in records_of(log)])
    finally:
        await log.close()


def test_nothing_in_the_open_zone_reveals_the_alerts(stack: Stack):
    """The open Alertmanager has only its watchdog, and the open page names no treatment."""
    assert wait_until(lambda: alert_names(stack, "open") >= {"TocsinWatchdog"}, TIMEOUT_SECONDS)
    assert trial_alerts(stack, "open") == []
    with urllib.request.urlopen(stack.url("worker", "8011", "/metrics"), timeout=5) as page:
        page_text = page.read().decode().lower()
    assert "safety_records_total" in page_text
    assert not any(word in page_text for word in ("ivig", "placebo", "thrombo", "signal"))
