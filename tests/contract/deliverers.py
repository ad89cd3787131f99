"""Processes of ``tocsin deliver`` on a real broker, and what the ledger says of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, KafkaProducer
from kafka.structs import TopicPartition

from alerts.notification.due import Standing
from streams.kafka.partitioner import partition_of
from streams.kafka.topics import ALERTS, NOTIFIED
from streams.local.ports import free_ports
from tests.contract.processes import Worker, until
from tests.paths import ROOT

Reader: Any = KafkaConsumer
Writer: Any = KafkaProducer

PARTITIONS = 4

FILE = """
secret_file = "ref.key"
link = "https://board.example.org/{{ref}}"

[[sink]]
name = "pager"
kind = "webhook"
url = "{hook}"
secret_file = "hook.key"
allow_private = true

[[sink]]
name = "bell"
kind = "alertmanager"
url = "{alertmanager}"

[[audience]]
name = "board"
sinks = [{sinks}]
"""

BUS = "hospital.calls"
"""The topic of another hospital, where it is told too."""

TO_THE_BUS = """
[[sink]]
name = "bus"
kind = "kafka"
url = "{bus}"
topic = "hospital.calls"
"""


@dataclass
class Site:
    """A broker with the topics, and a folder with the delivery file and its secrets."""

    broker: str
    folder: Path
    deliverers: list[Worker] = field(default_factory=list[Worker])

    def describe(self, *, hook: str, alertmanager: str) -> None:
        """Write the delivery file: a webhook, an Alertmanager, the topic of another hospital."""
        sinks = '"pager", "bell", "bus"'
        text = FILE.format(hook=hook, alertmanager=alertmanager, sinks=sinks)
        self.write(text + TO_THE_BUS.format(bus=self.broker))

    def write(self, text: str) -> None:
        """Write *text* as the delivery file, and the secrets that it names."""
        (self.folder / "delivery.toml").write_text(text)
        for name in ("ref.key", "hook.key"):
            (self.folder / name).write_text("sixteen bytes or more\n")

    def start(self, **settings: str) -> Worker:
        """A deliverer, started."""
        health = f"127.0.0.1:{free_ports(1)[0]}"
        clean = {name: told for name, told in os.environ.items() if not name.startswith("TOCSIN_")}
        ours = {
            "TOCSIN_BROKER": self.broker,
            "TOCSIN_HEALTH": health,
            "TOCSIN_DELIVERY_FILE": str(self.folder / "delivery.toml"),
            **{f"TOCSIN_{name}": value for name, value in settings.items()},
        }
        says = self.folder / f"deliverer-{len(self.deliverers)}"
        with says.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "tocsin", "deliver"],
                env={**clean, **ours},
                cwd=ROOT,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self.deliverers.append(Worker(process, health, says))
        return self.deliverers[-1]

    def ready(self, *deliverers: Worker) -> None:
        """Wait until all of them are."""
        for each in deliverers:
            until(lambda each=each: each.ready()[0], f"a deliverer to be ready: {each.words}")

    def announce(self, *told: tuple[str, int, bytes]) -> None:
        """Put alerts onto their topic, as the relay does."""
        writer = Writer(bootstrap_servers=self.broker, acks="all")
        for alert, revision, value in told:
            key = f"{alert}:{revision}".encode()
            writer.send(ALERTS, key=key, value=value, partition=partition_of(alert, PARTITIONS))
        writer.close()

    def standing(self) -> Standing:
        """Both topics, read to their ends by nobody who was there."""
        found = Standing()
        for record in self.read(ALERTS):
            found.announce(record.value)
        for record in self.read(NOTIFIED):
            found.note(record.key, record.value)
        return found

    def read(self, topic: str) -> list[Any]:
        """All records of *topic*."""
        reader = Reader(bootstrap_servers=self.broker, consumer_timeout_ms=2000)
        places = [TopicPartition(topic, each) for each in reader.partitions_for_topic(topic) or ()]
        reader.assign(places)
        reader.seek_to_beginning()
        ends = reader.end_offsets(places)
        found: list[Any] = []
        while any(reader.position(place) < ends[place] for place in places):
            for records in reader.poll(timeout_ms=500).values():
                found += records
        reader.close()
        return found


@contextmanager
def sited(broker: str, folder: Path) -> Iterator[Site]:
    """A site whose deliverers are ended with the block."""
    site = Site(broker, folder)
    try:
        yield site
    finally:
        for each in site.deliverers:
            if each.process.poll() is None:
                each.process.send_signal(signal.SIGCONT)
                each.end(signal.SIGKILL)
