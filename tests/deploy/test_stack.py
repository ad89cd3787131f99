"""What compose starts, started by hand: ProDERM comes in, and its bell rings outside."""

from __future__ import annotations

import asyncio
import json
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.kafka.topics import AUDIT
from streams.local.process import wait_until
from streams.log import records_of
from streams.log.kafka import KafkaLog
from streams.login import Brokers
from tests.deploy.broker import login
from tests.deploy.stack import PROGRAM_BY_IMAGE, Stack
from tests.deploy.vault import Vault
from tests.paths import skip_or_fail
from tests.scenarios.proderm_committed import records

pytestmark = [pytest.mark.campaign, pytest.mark.kafka, pytest.mark.redis]

PATIENCE_SECONDS = 40
MONITORING = ("alertmanager-open", "alertmanager-closed", "prometheus-open", "prometheus-closed")
TOCSIN_SERVICES = ("worker", "deliver")
SETUP_COMMANDS = [("access",), ("init", "topics", "apply"), ("init", "store", "apply")]


@pytest.fixture(scope="module")
def stack(
    kafka_libs: Path,
    redis_program: str,
    vault: Vault,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """The whole line, with ProDERM in it."""
    for program in PROGRAM_BY_IMAGE.values():
        if shutil.which(program) is None:
            skip_or_fail(
                f"no {program} on PATH: apt-get install prometheus prometheus-alertmanager"
            )
    with Stack(tmp_path_factory.mktemp("stack"), kafka_libs, vault) as stack:
        for name in MONITORING:
            stack.launch(name)
            stack.wait_ready(name)
        stack.kafka.start()
        stack.redis.start()
        for words in SETUP_COMMANDS:
            stack.run_once(*words)
        for name in TOCSIN_SERVICES:
            stack.launch(name)
        for name in TOCSIN_SERVICES:
            stack.wait_ready(name)
        stack.run_once("produce", "produce", "studies/proderm/log.jsonl", "--quiet")
        yield stack


def fetch_json(url: str) -> Any:
    """What an address answers, as JSON."""
    with urllib.request.urlopen(url, timeout=5) as told:
        return json.load(told)


def query_number(stack: Stack, zone: str, query: str) -> float:
    """What Prometheus says to *query*; 0 where it has nothing."""
    path = f"/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    found = fetch_json(stack.url(f"prometheus-{zone}", "9090", path))["data"]["result"]
    return float(found[0]["value"][1]) if found else 0


def firing_alerts(stack: Stack, zone: str) -> list[dict[str, Any]]:
    """The alerts that an Alertmanager holds."""
    return fetch_json(stack.url(f"alertmanager-{zone}", "9093", "/api/v2/alerts"))


def alert_names(stack: Stack, zone: str) -> set[str]:
    """What those are called."""
    return {each["labels"]["alertname"] for each in firing_alerts(stack, zone)}


def trial_alerts(stack: Stack, zone: str) -> list[dict[str, Any]]:
    """Those of them that are about a trial."""
    return [
        each for each in firing_alerts(stack, zone) if each["labels"]["alertname"] == "TocsinReport"
    ]


def test_every_record_of_proderm_is_counted_by_the_open_prometheus(stack: Stack):
    """What came in is what the worker says that it took, scraped without a secret."""
    query = 'sum(safety_records_total{study="PRODERM"})'
    counted = wait_until(
        lambda: query_number(stack, "open", query) == len(records()), PATIENCE_SECONDS
    )

    assert counted, query_number(stack, "open", query)
    assert query_number(stack, "open", 'up{job="tocsin-worker"}') == 1


def test_the_closed_prometheus_shows_its_token_and_sees_the_evidence(stack: Stack):
    """E of the bell is over its boundary there; the worker refuses whoever has no token."""
    watch = '{study="PRODERM",watch="tee-general-population"}'
    query = f"safety_evidence_e_value{watch} / safety_evidence_boundary_e_value{watch}"

    assert wait_until(lambda: query_number(stack, "closed", query) > 1, PATIENCE_SECONDS)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        fetch_json(stack.url("worker", "8012", "/metrics"))


def test_the_bell_rings_in_the_closed_alertmanager(stack: Stack):
    """Each alert that was raised is there, through `tocsin deliver`, and names nothing."""
    raised = 'sum(safety_signals_raised{study="PRODERM"})'
    assert wait_until(lambda: query_number(stack, "closed", raised) > 0, PATIENCE_SECONDS)
    rang = wait_until(
        lambda: len(trial_alerts(stack, "closed")) == query_number(stack, "closed", raised),
        PATIENCE_SECONDS,
    )

    assert rang, (query_number(stack, "closed", raised), firing_alerts(stack, "closed"))
    assert {each["status"]["state"] for each in trial_alerts(stack, "closed")} == {"active"}
    told = json.dumps(firing_alerts(stack, "closed")).lower()
    assert not any(word in told for word in ("ivig", "placebo", "thrombo", "tee-"))


def test_the_board_lists_the_bell(stack: Stack):
    """By its own name with Kafka, and with a user of the store that can change nothing."""
    told = stack.run_once("board", "alerts", "list", "--json")

    assert "tee-general-population" in told


def test_an_operator_finds_that_the_tables_are_what_the_log_says(stack: Stack):
    """`verify` reads all of Kafka's log and of the store's tables, and is noted for it."""
    stack.run_once("operator", "verify")

    assert "tocsin verify" in audit_trail(stack)


def audit_trail(stack: Stack) -> str:
    """What the audit says of those who looked, every chain of it whole."""
    stack.run_once("operator", "verify", "--audit")
    brokers = Brokers(stack.kafka.bootstrap, login(stack.vault, "operator"))
    return asyncio.run(log_entries(KafkaLog(brokers, AUDIT, 0)))


async def log_entries(log: KafkaLog) -> str:
    """Every entry of *log*, one a line."""
    try:
        return "\n".join([str(each.value) async for each in records_of(log)])
    finally:
        await log.close()


def test_nothing_open_tells_that_it_rang(stack: Stack):
    """The open Alertmanager holds its watchdog and no report; no page names a treatment."""
    assert wait_until(lambda: alert_names(stack, "open") >= {"TocsinWatchdog"}, PATIENCE_SECONDS)
    assert trial_alerts(stack, "open") == []
    with urllib.request.urlopen(stack.url("worker", "8011", "/metrics"), timeout=5) as page:
        told = page.read().decode().lower()
    assert "safety_records_total" in told
    assert not any(word in told for word in ("ivig", "placebo", "thrombo", "signal"))
