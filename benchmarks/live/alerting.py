"""Produced to rung: how long after a report was due in Kafka an Alertmanager has its alert.

Open loop, as in latency.py: a record's time is when it was to be sent, whatever became of those
before it.  The line is whole: worker, store, the topic of alerts, `tocsin deliver`, its ledger, and
a real Alertmanager.  Before that stands a gate (gate.py), so rung is when it had answered 200: a
latency is told too long by what the gate takes, never too short.  Every serious case rings by a
rule of the plan, beside what the evidence rings.
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

from alerts.notification.blinding import page_ref
from benchmarks.live.contender import EVERYTHING, Contender
from benchmarks.live.gate import Gate, gate
from benchmarks.live.ground import Ground
from benchmarks.live.latency import (
    HEADWAY_SECONDS,
    PATIENCE_SECONDS,
    SHARES,
    WARM,
    due_times,
    paced,
    quantile,
)
from benchmarks.live.load import PARTITIONS, Load, Message, draw, make_topics, send
from benchmarks.live.run import Rejected, surroundings, until
from benchmarks.live.tables import TableCounts
from benchmarks.report import Table, section
from streams.kafka.partitioner import partition_of
from streams.kafka.topics import ALERTS
from streams.local.alertmanager_server import AlertmanagerServer
from streams.local.process import Process
from streams.records.encode import wire

Reader: Any = KafkaConsumer
"""The client has no types."""

DELIVER = Contender(name="deliver", title="Tocsin, delivering", words=("deliver",))
P99_MAX_SECONDS = 2.0
QUIET_MS = 1_500
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
class Rung:
    """When each record was due, by partition and offset, and how late each of its alerts rang.

    *first* is the offset of the first record of each partition that counts.
    """

    due: list[list[float]]
    first: list[int]
    late: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    unheard: int = 0

    def hear(self, alerts: Sequence[dict[str, Any]], at: dict[str, float]) -> int:
        """Take in all that was announced, and when each page rang; how many did not ring yet.

        A revision that was superseded before it was told is heard of with the one that was told.
        """
        self.late, self.unheard, heard = {}, 0, dict[str, float]()
        for alert in sorted(alerts, key=lambda each: -each["revision"]):
            name = alert["id"]
            page = page_ref(SECRET, name, alert["revision"])
            rang = heard[name] = min(at.get(page, float("inf")), heard.get(name, float("inf")))
            part = partition_of(alert["study"], PARTITIONS)
            place = alert["line"] - self.first[part]
            if rang == float("inf"):
                self.unheard += 1
            elif place >= 0:
                self.late.setdefault(alert["kind"], []).append(rang - self.due[part][place])
        return self.unheard


def alerting(ground: Ground, rate: int, seconds: int) -> Table:
    """Send *rate* reports a second for *seconds*, and time what rings in an Alertmanager."""
    broker, load = ground.broker(EVERYTHING.log), Load(draw(ground.folder, WARM + rate * seconds))
    messages = list(load.read(ruled))
    make_topics(broker)
    ground.eye.empty()
    with ExitStack() as ends:
        bell = ends.enter_context(AlertmanagerServer(ground.folder / "alertmanager"))
        rings = ends.enter_context(gate(bell.url))
        worker = ground.start(EVERYTHING, **surroundings(ground, EVERYTHING))
        ends.callback(worker.stop)
        ends.callback(deliverer(ground, rings.url).stop)
        ours, theirs = Pipe()
        sender = Child(target=send, args=(broker, paced(messages, rate, theirs)))
        ends.callback(sender.kill)
        sender.start()
        until(worker, lambda: len(rings.at) >= serious(messages[:WARM]), PATIENCE_SECONDS)
        begin = time.monotonic() + HEADWAY_SECONDS
        ours.send(begin)
        time.sleep(HEADWAY_SECONDS + seconds)
        counts = TableCounts(load)
        until(worker, lambda: counts.done(ground.eye), PATIENCE_SECONDS)
        rung = Rung(due_times(messages[WARM:], begin, rate), warmed(messages))
        told = listen(rung, broker, rings, serious(messages))
        if fault := counts.fault(ground.eye):
            raise Rejected(fault)
        if len(bell.alerts()) != told:
            raise Rejected(f"{len(bell.alerts())} ring in the Alertmanager, {told} were announced")
        return table(rung, rate, len(messages) - WARM, ours.recv())


def deliverer(ground: Ground, url: str) -> Process:
    """A deliverer that tells the Alertmanager at *url*."""
    file = ground.folder / "delivery.toml"
    file.write_text(DELIVERY.format(url=url))
    (ground.folder / "ref.key").write_bytes(SECRET)
    settings = surroundings(ground, DELIVER) | {"TOCSIN_DELIVERY_FILE": str(file)}
    return ground.start(DELIVER, **settings)


def listen(rung: Rung, broker: str, rings: Gate, cases: int) -> int:
    """Wait until so many *cases* were announced and all alerts have rung; how many there are."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        alerts = announced(broker)
        unheard = rung.hear(alerts, rings.at)
        found = sum(alert["kind"] == "case" for alert in alerts)
        if found == cases and not unheard:
            return len({alert["id"] for alert in alerts})
        if time.monotonic() > deadline:
            raise Rejected(f"{found} of {cases} cases rang, {unheard} alerts were not told")


def announced(broker: str) -> list[dict[str, Any]]:
    """Every revision that was announced of what calls people, once."""
    reader = Reader(
        ALERTS,
        bootstrap_servers=broker,
        auto_offset_reset="earliest",
        consumer_timeout_ms=QUIET_MS,
    )
    told = {record.key: orjson.loads(record.value) for record in reader}
    reader.close()
    return [alert for alert in told.values() if alert["kind"] != "finding"]


def ruled(line: bytes) -> bytes:
    """The record, and if it is a plan, the same plan with the rule that every serious case rings.

    >>> ruled(b'{"type":"subject"}')
    b'{"type":"subject"}'
    """
    if b'"toml"' not in line:
        return line
    record = json.loads(line)
    toml = record["toml"] + RULES
    return wire(record | {"toml": toml, "sha256": sha256(toml.encode()).hexdigest()})


def serious(messages: Iterable[Message]) -> int:
    """How many cases of *messages* were ever called serious."""
    told = (json.loads(each.value) for each in messages if b'"serious":true' in each.value)
    return len({(each["study"], each["source"]["id"]) for each in told})


def warmed(messages: Sequence[Message]) -> list[int]:
    """How many records of each partition do not count."""
    found = [0] * PARTITIONS
    for message in messages[:WARM]:
        found[message.partition] += 1
    return found


def table(rung: Rung, rate: int, reports: int, late: float) -> Table:
    """The latencies of each kind of alert, and what they must be."""
    head = [
        "reports a second",
        "reports",
        "rung by",
        "alerts",
        *(f"{name} s" for name in SHARES),
        "",
    ]
    rows = [
        [f"{rate:,}", f"{reports:,}", name, f"{len(found):,}", *shares(found), must(found)]
        for kind, name in (("case", "a single case"), ("signal", "evidence"))
        if (found := sorted(rung.late.get(kind, [])))
    ]
    return section("Alerting (produced to taken by an Alertmanager, everything on)", head, rows) + (
        f"\nOne worker, one deliverer, one Alertmanager; every serious case rings.  No record was "
        f"sent more than {1000 * late:.0f} ms late, and that is in its latency.\n"
    )


def shares(ordered: Sequence[float]) -> list[str]:
    """The quantiles of *ordered* latencies."""
    return [f"{quantile(ordered, share):.2f}" for share in SHARES.values()]


def must(ordered: Sequence[float]) -> str:
    """What their p99 must be."""
    met = "met" if quantile(ordered, 0.99) <= P99_MAX_SECONDS else "NOT MET"
    return f"must p99 at most {P99_MAX_SECONDS:g} s: {met}"
