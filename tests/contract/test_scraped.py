"""Prometheus of each zone scrapes a worker and a deliverer, and every panel has data."""

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
    """Serve the closed metrics of a deliverer at *address*, from a thread."""
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
    """*expression* with a value for each variable of the dashboards."""
    for name, value in VARIABLE_VALUES.items():
        expression = expression.replace(name, value)
    return expression


def panel_expressions(zone: str) -> Iterator[str]:
    """Yield the expressions of a dashboard that have data here: nothing comes in over HTTP."""
    yield from (each for each in expressions(zone) if "safety_intake_" not in each)


def test_every_panel_has_data(site: WorkerSite, pages: dict[str, str], tmp_path: Path):
    """Every expression of both dashboards has a result, and the open zone has no closed metric."""
    token = tmp_path / "token"
    deliverer_address = f"127.0.0.1:{free_ports(1)[0]}"
    targets = {
        "worker:8011": pages["METRICS_OPEN"],
        "worker:8012": pages["METRICS_CLOSED"],
        "deliver:8012": deliverer_address,
        "alertmanager-open:9093": "127.0.0.1:1",
        "alertmanager-closed:9093": "127.0.0.1:1",
    }
    with (
        site.running(**pages),
        deliverer(deliverer_address, token) as meter,
        Prometheus(tmp_path / "open", "open", targets) as open_zone,
        Prometheus(tmp_path / "closed", "closed", targets, token) as closed_zone,
    ):
        site.send([*PRODERM[:100], UNREADABLE], STUDY, STUDY_PARTITION)
        wait_until(lambda: bool(closed_zone.query("safety_signals_raised")), "the closed metrics")
        site.send(PRODERM[100:], STUDY, STUDY_PARTITION)
        meter.mark_caught_up(0)
        meter.count_attempt("pager", failed=True)
        meter.set_failure_reason(0, Route("board", "pager"), "unreachable")
        for zone, prometheus in (("open", open_zone), ("closed", closed_zone)):
            for each in panel_expressions(zone):
                wait_until(lambda e=each, p=prometheus: bool(p.query(with_variables(e))), each)
        wait_until(
            lambda: is_firing(closed_zone, "SafetySignalUndelivered"), "SafetySignalUndelivered"
        )

        assert open_zone.query('{__name__=~"safety_(events|evidence|signals|detection).*"}') == []
        assert closed_zone.query("safety_consumer_lag_records") == []
        exemplars = closed_zone.get(
            "query_exemplars",
            query="safety_detection_latency_seconds_bucket",
            start="0",
            end="9999999999",
        )
        assert any(each["exemplars"] for each in exemplars)
    assert TOKEN not in (tmp_path / "closed" / "log").read_text()


def is_firing(prometheus: Prometheus, alert: str) -> bool:
    """Whether *alert* is pending or firing in Prometheus."""
    return any(each["labels"]["alertname"] == alert for each in prometheus.get("alerts")["alerts"])
