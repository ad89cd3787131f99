"""Prometheus of each zone scrapes a worker and a deliverer: every dashboard shows something."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alerts.notification.notification_log import Route
from streams.health.listener import serve
from streams.local.ports import free_ports
from streams.metrics import DeliveryMeter
from streams.metrics import build_pages as served
from streams.settings import OFF, Settings
from tests.contract.processes import wait_until
from tests.contract.test_metrics import STUDY_PARTITION, TOKEN, pages
from tests.contract.worker_sites import site
from tests.contract.workers import WorkerSite
from tests.deploy.prometheus import Prometheus
from tests.deploy.test_grafana import expressions
from tests.streams.processor.processors import PRODERM, STUDY, UNREADABLE

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.prometheus]

VARIABLE_VALUES = {"$study": ".*", "$kind": "group"}

__all__ = ["pages", "site"]


@contextmanager
def deliverer(address: str, token: Path) -> Iterator[DeliveryMeter]:
    """A process that delivers, as far as Prometheus sees it."""
    meter = DeliveryMeter(["pager"])
    settings = Settings(metrics_open=OFF, metrics_closed=address, metrics_token_file=str(token))
    (page,) = served(settings, closed_collectors=[meter])
    meter.set_partitions([0])
    loop = asyncio.new_event_loop()
    runner = loop.run_until_complete(serve(page, page.listen()))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield meter
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(runner.cleanup())
        loop.close()


def with_variables(expression: str) -> str:
    """*expression* with what a reader would pick."""
    for name, chosen in VARIABLE_VALUES.items():
        expression = expression.replace(name, chosen)
    return expression


def test_every_panel_shows_something(site: WorkerSite, pages: dict[str, str], tmp_path: Path):
    """No expression of either dashboard comes back empty, and no zone sees the other's names."""
    token = tmp_path / "token"
    place = f"127.0.0.1:{free_ports(1)[0]}"
    targets = {
        "worker:8011": pages["METRICS_OPEN"],
        "worker:8012": pages["METRICS_CLOSED"],
        "deliver:8012": place,
        "alertmanager-open:9093": "127.0.0.1:1",
        "alertmanager-closed:9093": "127.0.0.1:1",
    }
    with (
        site.running(**pages),
        deliverer(place, token) as meter,
        Prometheus(tmp_path / "open", "open", targets) as openly,
        Prometheus(tmp_path / "closed", "closed", targets, token) as closely,
    ):
        site.send([*PRODERM[:100], UNREADABLE], STUDY, STUDY_PARTITION)
        wait_until(lambda: bool(closely.query("safety_signals_raised")), "the closed figures")
        site.send(PRODERM[100:], STUDY, STUDY_PARTITION)
        meter.mark_caught_up(0)
        meter.count_attempt("pager", failed=True)
        meter.set_failure_reason(0, Route("board", "pager"), "unreachable")
        for zone, source in (("open", openly), ("closed", closely)):
            for each in expressions(zone):
                wait_until(lambda e=each, s=source: bool(s.query(with_variables(e))), each)
        wait_until(lambda: is_firing(closely, "SafetySignalUndelivered"), "the safety net")

        assert openly.query('{__name__=~"safety_(events|evidence|signals|detection).*"}') == []
        assert closely.query("safety_consumer_lag_records") == []
        found = closely.get("query_exemplars", query="safety_detection_latency_seconds_bucket",
                            start="0", end="9999999999")  # fmt: skip
        assert any(each["exemplars"] for each in found)
    assert TOKEN not in (tmp_path / "closed" / "log").read_text()


def is_firing(source: Prometheus, alert: str) -> bool:
    """Whether *alert* is on its way, or fires."""
    return any(each["labels"]["alertname"] == alert for each in source.get("alerts")["alerts"])
