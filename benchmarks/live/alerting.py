"""Measures the time from a report's due time in Kafka until an Alertmanager accepts its alert.

The load is open loop, as in latency.py: a record's latency counts from its due time even where
earlier records are late.  The pipeline is complete: worker, store, alert topic, `tocsin deliver`
with its notification log, and a real Alertmanager.  A recording proxy (recording_proxy.py) is in
front of it, and an alert counts as delivered when the Alertmanager answers 200: the proxy's own
time lengthens a latency and never shortens it.  A rule of the plan raises an alert for every
serious case, in addition to the alerts from the evidence.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import sha256
from multiprocessing import Pipe
from multiprocessing import Process as Child
from typing import Any

import orjson
from kafka import KafkaConsumer

from alerts.notification.blinding import page_pseudonym
from benchmarks.live.contender import EVERYTHING, Contender
from benchmarks.live.environment import BenchmarkEnvironment
from benchmarks.live.latency import (
    LEAD_SECONDS,
    TIMEOUT_SECONDS,
    WARM_UP_RECORDS,
    due_times,
    pace_messages,
)
from benchmarks.live.latency_run import QUANTILES, quantile
from benchmarks.live.load import PARTITIONS, Load, Message, draw_log, make_topics, send_messages
from benchmarks.live.recording_proxy import RecordingProxy, open_proxy
from benchmarks.live.run import Rejected, contender_variables, poll_until
from benchmarks.live.table_counts import TableCounts
from benchmarks.report import Table, section
from streams.kafka.partitioner import partition_of
from streams.kafka.topics import ALERTS
from streams.local.alertmanager_server import AlertmanagerServer
from streams.local.process import Process
from streams.records.encode import encode_record

Consumer: Any = KafkaConsumer
"""The client has no type stubs."""

DELIVERER = Contender(name="deliver", title="Tocsin, delivering", arguments=("deliver",))
P99_MAX_SECONDS = 2.0
CONSUMER_TIMEOUT_MS = 1_500
SECRET = b"sixteen bytes or more"

RULES = """\
[[rules]]
name = "any-serious"
when = "group"
group = "serious"
"""

DELIVERY = """\
secret_file = "ref.key"
link = "https://board.example.org/{{ref}}"
[[sink]]
name = "bell"
kind = "alertmanager"
url = "{url}"
[[audience]]
name = "board"
sinks = ["bell"]
"""


@dataclass(slots=True)
class AlertLatencies:
    """Due times of records by partition and offset, and the latencies of their alerts in seconds.

    *first_offsets* holds the offset of the first record of each partition that counts.
    """

    due: list[list[float]]
    first_offsets: list[int]
    latencies: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    undelivered: int = 0

    def update(self, alerts: Sequence[dict[str, Any]], delivery_times: dict[str, float]) -> int:
        """Compute the latencies from all published *alerts*; return how many are not delivered yet.

        A revision that was superseded before delivery counts as delivered with the later revision.
        """
        self.latencies, self.undelivered, first_delivery = {}, 0, dict[str, float]()
        for alert in sorted(alerts, key=lambda each: -each["revision"]):
            alert_id = alert["id"]
            page = page_pseudonym(SECRET, alert_id, alert["revision"])
            delivered_at = first_delivery[alert_id] = min(
                delivery_times.get(page, float("inf")), first_delivery.get(alert_id, float("inf"))
            )
            partition = partition_of(alert["study"], PARTITIONS)
            index = alert["line"] - self.first_offsets[partition]
            if delivered_at == float("inf"):
                self.undelivered += 1
            elif index >= 0:
                self.latencies.setdefault(alert["kind"], []).append(
                    delivered_at - self.due[partition][index]
                )
        return self.undelivered


def measure_alerting(environment: BenchmarkEnvironment, rate: int, seconds: int) -> Table:
    """Send *rate* reports a second for *seconds*, and time the alerts in an Alertmanager.

    Raises `Rejected` where a process ends, an alert is missing, or a table is wrong.
    """
    broker = environment.broker_address(EVERYTHING.log)
    load = Load(draw_log(environment.folder, WARM_UP_RECORDS + rate * seconds))
    messages = list(load.messages(add_serious_rule))
    make_topics(broker)
    environment.probe.flush()
    with ExitStack() as exit_stack:
        server = AlertmanagerServer(environment.folder / "alertmanager")
        alertmanager = exit_stack.enter_context(server)
        proxy = exit_stack.enter_context(open_proxy(alertmanager.url))
        worker = environment.start(EVERYTHING, **contender_variables(environment, EVERYTHING))
        exit_stack.callback(worker.stop)
        exit_stack.callback(start_deliverer(environment, proxy.url).stop)
        our_end, sender_end = Pipe()
        paced = pace_messages(messages, rate, sender_end)
        sender = Child(target=send_messages, args=(broker, paced))
        exit_stack.callback(sender.kill)
        sender.start()
        warm_up = count_serious(messages[:WARM_UP_RECORDS])
        poll_until(worker, lambda: len(proxy.delivery_times) >= warm_up, TIMEOUT_SECONDS)
        begin = time.monotonic() + LEAD_SECONDS
        our_end.send(begin)
        time.sleep(LEAD_SECONDS + seconds)
        counts = TableCounts(load)
        poll_until(worker, lambda: counts.is_complete(environment.probe), TIMEOUT_SECONDS)
        due = due_times(messages[WARM_UP_RECORDS:], begin, rate)
        latencies = AlertLatencies(due, count_warm_up(messages))
        published_count = wait_for_delivery(latencies, broker, proxy, count_serious(messages))
        if fault := counts.first_difference(environment.probe):
            raise Rejected(fault)
        if len(alertmanager.alerts()) != published_count:
            raise Rejected(
                f"{len(alertmanager.alerts())} alerts fire in the Alertmanager, "
                f"{published_count} were published"
            )
        return alerting_table(latencies, rate, len(messages) - WARM_UP_RECORDS, our_end.recv())


def start_deliverer(environment: BenchmarkEnvironment, url: str) -> Process:
    """Start `tocsin deliver` with the Alertmanager at *url* as its only sink."""
    file = environment.folder / "delivery.toml"
    file.write_text(DELIVERY.format(url=url))
    (environment.folder / "ref.key").write_bytes(SECRET)
    settings = contender_variables(environment, DELIVERER) | {"TOCSIN_DELIVERY_FILE": str(file)}
    return environment.start(DELIVERER, **settings)


def wait_for_delivery(
    latencies: AlertLatencies, broker: str, proxy: RecordingProxy, case_count: int
) -> int:
    """Wait for *case_count* published case alerts and all deliveries; return the number of alerts.

    Raises `Rejected` after TIMEOUT_SECONDS.
    """
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        alerts = read_published(broker)
        undelivered = latencies.update(alerts, proxy.delivery_times)
        published_cases = sum(alert["kind"] == "case" for alert in alerts)
        if published_cases == case_count and not undelivered:
            return len({alert["id"] for alert in alerts})
        if time.monotonic() > deadline:
            raise Rejected(
                f"{published_cases} of {case_count} case alerts published, "
                f"{undelivered} alerts not delivered"
            )


def read_published(broker: str) -> list[dict[str, Any]]:
    """Return every published revision once, except data findings, which send no page."""
    consumer = Consumer(
        ALERTS,
        bootstrap_servers=broker,
        auto_offset_reset="earliest",
        consumer_timeout_ms=CONSUMER_TIMEOUT_MS,
    )
    messages = {record.key: orjson.loads(record.value) for record in consumer}
    consumer.close()
    return [alert for alert in messages.values() if alert["kind"] != "finding"]


def add_serious_rule(line: bytes) -> bytes:
    """Return the record; a plan gets a rule that raises an alert for every serious case.

    >>> add_serious_rule(b'{"type":"subject"}')
    b'{"type":"subject"}'
    """
    if b'"toml"' not in line:
        return line
    record = json.loads(line)
    toml = record["toml"] + RULES
    return encode_record(record | {"toml": toml, "sha256": sha256(toml.encode()).hexdigest()})


def count_serious(messages: Iterable[Message]) -> int:
    """Return how many cases of *messages* have a version that is serious."""
    reports = (json.loads(each.value) for each in messages if b'"serious":true' in each.value)
    return len({(each["study"], each["source"]["id"]) for each in reports})


def count_warm_up(messages: Sequence[Message]) -> list[int]:
    """Return how many records of each partition belong to the warm-up."""
    counts = [0] * PARTITIONS
    for message in messages[:WARM_UP_RECORDS]:
        counts[message.partition] += 1
    return counts


def alerting_table(latencies: AlertLatencies, rate: int, reports: int, lateness: float) -> Table:
    """Return the latencies of each kind of alert, with the required p99."""
    header = [
        "reports a second",
        "reports",
        "raised by",
        "alerts",
        *(f"{name} s" for name in QUANTILES),
        "",
    ]
    rows = [
        [
            f"{rate:,}",
            f"{reports:,}",
            name,
            f"{len(ordered):,}",
            *quantile_cells(ordered),
            goal_text(ordered),
        ]
        for kind, name in (("case", "a single case"), ("signal", "evidence"))
        if (ordered := sorted(latencies.latencies.get(kind, [])))
    ]
    return section(
        "Alerting (produced to accepted by an Alertmanager, everything on)", header, rows
    ) + (
        f"\nOne worker, one deliverer, one Alertmanager; every serious case raises an alert.  No "
        f"record was sent more than {1000 * lateness:.0f} ms late; its latency includes that.\n"
    )


def quantile_cells(ordered: Sequence[float]) -> list[str]:
    """Return the quantiles of *ordered* latencies as text, in seconds."""
    return [f"{quantile(ordered, share):.2f}" for share in QUANTILES.values()]


def goal_text(ordered: Sequence[float]) -> str:
    """Return whether the p99 of *ordered* latencies meets the requirement."""
    met = "met" if quantile(ordered, 0.99) <= P99_MAX_SECONDS else "NOT MET"
    return f"must p99 at most {P99_MAX_SECONDS:g} s: {met}"
