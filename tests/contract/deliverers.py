"""Processes of ``tocsin deliver`` on a real broker, and the notification log they write."""

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

from alerts.notification.due import DeliveryState
from streams.kafka.partitioner import partition_of
from streams.kafka.topics import ALERTS, NOTIFIED
from streams.local.ports import free_ports
from tests.contract.processes import CommandProcess, wait_until
from tests.paths import ROOT

Consumer: Any = KafkaConsumer
Producer: Any = KafkaProducer

PARTITIONS = 4

DELIVERY_FILE = """
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

BUS_TOPIC = "hospital.calls"
"""The topic by which another hospital is notified."""

BUS_SINK = """
[[sink]]
name = "bus"
kind = "kafka"
url = "{bus}"
topic = "hospital.calls"
"""


@dataclass
class DelivererSite:
    """A broker with the topics, and a folder with the delivery file and its secrets."""

    broker: str
    folder: Path
    deliverers: list[CommandProcess] = field(default_factory=list[CommandProcess])

    def configure(self, *, hook: str, alertmanager: str) -> None:
        """Write a delivery file with a webhook, an Alertmanager and another hospital's topic."""
        sinks = '"pager", "bell", "bus"'
        text = DELIVERY_FILE.format(hook=hook, alertmanager=alertmanager, sinks=sinks)
        self.write_delivery_file(text + BUS_SINK.format(bus=self.broker))

    def write_delivery_file(self, text: str) -> None:
        """Write *text* as the delivery file, and the secrets that it names."""
        (self.folder / "delivery.toml").write_text(text)
        for name in ("ref.key", "hook.key"):
            (self.folder / name).write_text("sixteen bytes or more\n")

    def start(self, **settings: str) -> CommandProcess:
        """Start a deliverer with these TOCSIN_ *settings*."""
        health = f"127.0.0.1:{free_ports(1)[0]}"
        environment = {
            name: setting for name, setting in os.environ.items() if not name.startswith("TOCSIN_")
        }
        defaults = {
            "TOCSIN_BROKER": self.broker,
            "TOCSIN_HEALTH": health,
            "TOCSIN_DELIVERY_FILE": str(self.folder / "delivery.toml"),
            **{f"TOCSIN_{name}": value for name, value in settings.items()},
        }
        output_file = self.folder / f"deliverer-{len(self.deliverers)}"
        with output_file.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "tocsin", "deliver"],
                env={**environment, **defaults},
                cwd=ROOT,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self.deliverers.append(CommandProcess(process, health, output_file))
        return self.deliverers[-1]

    def wait_ready(self, *deliverers: CommandProcess) -> None:
        """Wait until all *deliverers* are ready."""
        for each in deliverers:
            wait_until(
                lambda each=each: each.readiness()[0], f"a deliverer to be ready: {each.output}"
            )

    def publish(self, *revisions: tuple[str, int, bytes]) -> None:
        """Publish alert revisions on the alert topic, as the outbox relay does."""
        producer = Producer(bootstrap_servers=self.broker, acks="all")
        for alert, revision, value in revisions:
            key = f"{alert}:{revision}".encode()
            producer.send(ALERTS, key=key, value=value, partition=partition_of(alert, PARTITIONS))
        producer.close()

    def delivery_state(self) -> DeliveryState:
        """The delivery state that a new deliverer reads from the two topics."""
        state = DeliveryState()
        for record in self.read_topic(ALERTS):
            state.add_published(record.value)
        for record in self.read_topic(NOTIFIED):
            state.add_log_record(record.key, record.value)
        return state

    def read_topic(self, topic: str) -> list[Any]:
        """All records of *topic*."""
        consumer = Consumer(bootstrap_servers=self.broker, consumer_timeout_ms=2000)
        partitions = [
            TopicPartition(topic, each) for each in consumer.partitions_for_topic(topic) or ()
        ]
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        ends = consumer.end_offsets(partitions)
        all_records: list[Any] = []
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            for records in consumer.poll(timeout_ms=500).values():
                all_records += records
        consumer.close()
        return all_records


@contextmanager
def running_site(broker: str, folder: Path) -> Iterator[DelivererSite]:
    """A site whose deliverers are killed at the end of the block."""
    site = DelivererSite(broker, folder)
    try:
        yield site
    finally:
        for each in site.deliverers:
            if each.process.poll() is None:
                each.process.send_signal(signal.SIGCONT)
                each.stop(signal.SIGKILL)
