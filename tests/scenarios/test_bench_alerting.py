"""The alerting benchmark measures what it says: from when a record was due to when it rang."""

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

HOME = partition_of("S", PARTITIONS)


def due_records(*times: float) -> AlertLatencies:
    """Records of study S that were due at *times*, behind ten that do not count."""
    return AlertLatencies(
        [list(times) if each == HOME else [] for each in range(PARTITIONS)], [10] * 12
    )


def published_revision(revision: int, line: int, name: str = "a") -> dict[str, object]:
    """A revision as it was announced."""
    return {"id": name, "revision": revision, "study": "S", "kind": "case", "line": line}


def page_reference(revision: int, name: str = "a") -> str:
    return page_pseudonym(SECRET, name, revision)


def test_an_alert_is_late_by_the_time_since_its_own_record_was_due():
    """Each by the record at its offset; those of the warming up do not count."""
    rung = due_records(100.0, 101.0)
    alerts = [
        published_revision(1, 3, "early"),
        published_revision(1, 10, "a"),
        published_revision(1, 11, "b"),
    ]
    at = {
        page_reference(1, "early"): 99.0,
        page_reference(1, "a"): 100.5,
        page_reference(1, "b"): 103.0,
    }

    assert rung.update(alerts, at) == 0
    assert sorted(rung.latencies["case"]) == [0.5, 2.0]


def test_what_was_superseded_is_heard_of_with_what_was_told():
    """It is charged until then; what nobody has heard of is missing, not fast."""
    rung = due_records(100.0, 101.0)
    alerts = [published_revision(1, 10), published_revision(2, 11)]

    assert rung.update(alerts, {page_reference(2): 103.0}) == 0
    assert sorted(rung.latencies["case"]) == [2.0, 3.0]
    assert rung.update(alerts, {page_reference(1): 100.5}) == 1
    assert rung.update(alerts, {}) == 2


def test_as_many_cases_ring_as_were_drawn_serious(tmp_path: Path):
    """The rule is in every plan, and the fold rings for each serious case once."""
    load = Load(write_log(Workload(trials=5, reports=500), tmp_path / "log.jsonl"))
    messages = list(load.messages(add_serious_rule))
    pipeline = Pipeline()
    rung = [
        alert
        for at, message in enumerate(messages)
        for alert in pipeline.process_bytes(message.value, at).alerts
        if alert.kind == "case"
    ]

    assert len(rung) == len({alert.id for alert in rung}) == count_serious(messages) > 10


class PathCheckingReceiver(BaseHTTPRequestHandler):
    """Takes what it is posted, unless it is posted to elsewhere."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if self.path == "/api/v2/alerts" else 400)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_the_gate_notes_what_was_taken_the_first_time():
    """What is repeated keeps its time; what was refused has none, and the answer is passed on."""
    with ThreadingHTTPServer(("127.0.0.1", 0), PathCheckingReceiver) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with open_proxy(f"http://127.0.0.1:{server.server_port}") as opened:
            body = orjson.dumps([{"labels": {"page": "p1"}}])
            taken = urlopen(Request(f"{opened.url}/api/v2/alerts", body), timeout=5)
            before = dict(opened.delivery_times)
            urlopen(Request(f"{opened.url}/api/v2/alerts", body), timeout=5).close()
            other = orjson.dumps([{"labels": {"page": "p2"}}])
            with pytest.raises(HTTPError, match="400") as refused:
                urlopen(Request(f"{opened.url}/elsewhere", other), timeout=5)
            refused.value.close()
            taken.close()
        server.shutdown()

    assert opened.delivery_times == before and set(before) == {"p1"}
