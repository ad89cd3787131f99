"""Tests that alerting latency runs from the due time of a record to the delivery of its alert."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import orjson
import pytest

from alerts.notification.blinding import page_pseudonym
from benchmarks.live.alerting import SECRET, AlertLatencies, add_serious_rule, count_serious
from benchmarks.live.load import PARTITIONS, Load
from benchmarks.live.recording_proxy import open_proxy
from benchmarks.synthetic import Workload, write_log
from streams.kafka.partitioner import partition_of
from streams.processor.pipeline import Pipeline

STUDY_PARTITION = partition_of("S", PARTITIONS)


def due_records(*times: float) -> AlertLatencies:
    """Return latencies of records of study S due at *times*, after ten warm-up records."""
    return AlertLatencies(
        [list(times) if each == STUDY_PARTITION else [] for each in range(PARTITIONS)], [10] * 12
    )


def published_revision(revision: int, line: int, name: str = "a") -> dict[str, object]:
    """Return a revision as it was published."""
    return {"id": name, "revision": revision, "study": "S", "kind": "case", "line": line}


def page_reference(revision: int, name: str = "a") -> str:
    """Return the pseudonym under which a revision is delivered."""
    return page_pseudonym(SECRET, name, revision)


def test_latency_is_measured_from_the_due_time_of_the_alerts_record():
    """The record is the one at the alert's offset; alerts of warm-up records do not count."""
    sample = due_records(100.0, 101.0)
    alerts = [
        published_revision(1, 3, "early"),
        published_revision(1, 10, "a"),
        published_revision(1, 11, "b"),
    ]
    delivery_times = {
        page_reference(1, "early"): 99.0,
        page_reference(1, "a"): 100.5,
        page_reference(1, "b"): 103.0,
    }

    assert sample.update(alerts, delivery_times) == 0
    assert sorted(sample.latencies["case"]) == [0.5, 2.0]


def test_a_superseded_revision_is_delivered_with_the_later_one():
    """Its latency ends then; a revision that was never delivered counts as missing."""
    sample = due_records(100.0, 101.0)
    alerts = [published_revision(1, 10), published_revision(2, 11)]

    assert sample.update(alerts, {page_reference(2): 103.0}) == 0
    assert sorted(sample.latencies["case"]) == [2.0, 3.0]
    assert sample.update(alerts, {page_reference(1): 100.5}) == 1
    assert sample.update(alerts, {}) == 2


def test_as_many_cases_raise_an_alert_as_were_drawn_serious(tmp_path: Path):
    """The rule is in every plan, and the fold raises one alert for each serious case."""
    load = Load(write_log(Workload(trials=5, reports=500), tmp_path / "log.jsonl"))
    messages = list(load.messages(add_serious_rule))
    pipeline = Pipeline()
    alerts = [
        alert
        for offset, message in enumerate(messages)
        for alert in pipeline.process_bytes(message.value, offset).alerts
        if alert.kind == "case"
    ]

    assert len(alerts) == len({alert.id for alert in alerts}) == count_serious(messages) > 10


class PathCheckingReceiver(BaseHTTPRequestHandler):
    """Accepts posts to /api/v2/alerts and refuses all others."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if self.path == "/api/v2/alerts" else 400)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


def test_the_proxy_records_when_an_alert_was_first_accepted():
    """A repeated alert keeps its time; a refused one has none, and the response is passed on."""
    with ThreadingHTTPServer(("127.0.0.1", 0), PathCheckingReceiver) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with open_proxy(f"http://127.0.0.1:{server.server_port}") as proxy:
            body = orjson.dumps([{"labels": {"page": "p1"}}])
            response = urlopen(Request(f"{proxy.url}/api/v2/alerts", body), timeout=5)
            first_times = dict(proxy.delivery_times)
            urlopen(Request(f"{proxy.url}/api/v2/alerts", body), timeout=5).close()
            other = orjson.dumps([{"labels": {"page": "p2"}}])
            with pytest.raises(HTTPError, match="400") as refused:
                urlopen(Request(f"{proxy.url}/elsewhere", other), timeout=5)
            refused.value.close()
            response.close()
        server.shutdown()

    assert proxy.delivery_times == first_times and set(first_times) == {"p1"}
