"""Two runs of the programs with exchanged treatments show the same to blinded people."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from alerts.alert import AlertKind
from streams.kafka.admin import admin_client
from streams.kafka.partitioner import partition_of
from streams.kafka.topics import apply_topics, required_topics
from streams.local.kafka_server import KafkaServer
from streams.local.ports import free_ports
from streams.local.redis_server import RedisServer
from streams.settings import Settings
from tests.contract import deliverers
from tests.contract.cluster import delete_topics
from tests.contract.processes import CommandProcess, wait_until
from tests.contract.worker_sites import load_functions
from tests.contract.workers import WorkerSite
from tests.streams.metrics.exported import log_of, without_timestamps
from tests.streams.metrics.permuted_trial import ARMS, STUDY, in_turns, random_names, trial_log
from tests.streams.processor.processors import single_pass
from tests.streams.sinks.webhook_receiver import WebhookReceiver

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

STUDY_PARTITION = partition_of(STUDY, 12)

SPONSOR_SECTION = """
[[sink]]
name = "hook"
kind = "webhook"
url = "{hook}"
secret_file = "hook.key"
allow_private = true

[[audience]]
name = "sponsor"
sees = "pooled"
sinks = ["hook"]
"""

VARYING_HEADERS = {"Host", "Tocsin-Timestamp", "Tocsin-Signature"}


@dataclass(frozen=True)
class VisibleOutput:
    """What people without the token see, and the number of alerts sent to the board."""

    pages: tuple[bytes, ...]
    output: tuple[str, ...]
    notifications: tuple[str, ...]
    board_alerts: int


@dataclass
class ServiceRuns:
    """Services for successive runs; *pager* receives for the board, *hook* for the sponsor."""

    kafka: KafkaServer
    folder: Path
    pager: WebhookReceiver
    hook: WebhookReceiver

    def run_from_empty(self, log: Sequence[bytes], name: str) -> VisibleOutput:
        """Run everything from an empty cluster and an empty store."""
        folder, broker = self.folder / name, self.kafka.bootstrap
        folder.mkdir()
        for receiver in (self.pager, self.hook):
            for received in (receiver.keys, receiver.bodies, receiver.headers):
                received.clear()
        with admin_client(broker) as admin:
            delete_topics(admin)
            apply_topics(admin, required_topics(Settings(replication=1)), alter=False)
        with (
            RedisServer(folder / "redis") as server,
            deliverers.running_site(broker, folder) as delivery,
        ):
            asyncio.run(load_functions(server.url))
            unused_url = "http://127.0.0.1:9"
            text = deliverers.DELIVERY_FILE.format(
                hook=self.pager.url, alertmanager=unused_url, sinks='"pager"'
            )
            delivery.write_delivery_file(text + SPONSOR_SECTION.format(hook=self.hook.url))
            return self.run(WorkerSite(broker, server.url, folder), delivery, log)

    def run(
        self, site: WorkerSite, delivery: deliverers.DelivererSite, log: Sequence[bytes]
    ) -> VisibleOutput:
        """Produce the log, fold it, deliver the alerts, read the pages and stop the programs."""
        site.send(log, STUDY, STUDY_PARTITION)
        _, alerts = single_pass(log_of(log, STUDY))
        case_ids = {each.id for each in alerts if each.kind is AlertKind.CASE}
        alert_ids = {each.id for each in alerts if each.kind is not AlertKind.FINDING}
        address = f"127.0.0.1:{free_ports(1)[0]}"
        deliverer = delivery.start()
        with site.running(METRICS_OPEN=address) as worker:
            delivery.wait_ready(deliverer)
            wait_until(
                lambda: len(alert_refs(self.pager)) == len(alert_ids),
                "the notifications of the board",
            )
            wait_until(
                lambda: len(alert_refs(self.hook)) == len(case_ids),
                "the notifications of the sponsor",
            )
            wait_until(lambda: figures_final(address, worker), "the figures")
            paths = [f"{worker.health}/livez", f"{worker.health}/readyz", f"{address}/metrics"]
            paths += [f"{deliverer.health}/livez", f"{deliverer.health}/readyz"]
            pages = tuple(fetch(path) for path in paths)
            assert (deliverer.stop(), worker.stop()) == (0, 0), deliverer.output + worker.output
        return VisibleOutput(
            pages,
            (output_of(worker), output_of(deliverer)),
            self.sponsor_notifications(),
            len(alert_refs(self.pager)),
        )

    def sponsor_notifications(self) -> tuple[str, ...]:
        """Return what the sponsor received, sorted because partitions are delivered in parallel."""
        return tuple(
            sorted(
                f"{body} {sorted((k, v) for k, v in headers.items() if k not in VARYING_HEADERS)}"
                for body, headers in zip(self.hook.bodies, self.hook.headers, strict=True)
            )
        )


def alert_refs(receiver: WebhookReceiver) -> set[str]:
    """Return the references of the alerts that *receiver* got; revisions are not counted."""
    return {json.loads(body)["ref"] for body in receiver.bodies}


def figures_final(address: str, worker: CommandProcess) -> bool:
    """Return whether the open page is that of the end of the log, and the worker is ready."""
    text = fetch(f"{address}/metrics", whole=True)
    caught_up = (
        f'safety_last_caught_up_timestamp_seconds{{partition="{STUDY_PARTITION}"}} 1'.encode()
    )
    return b'safety_cases{study="S"} 15.0' in text and caught_up in text and worker.readiness()[0]


def fetch(path: str, *, whole: bool = False) -> bytes:
    """Return status, headers and body without times; with *whole*, the body as it is."""
    with urllib.request.urlopen(f"http://{path}", timeout=10) as response:
        body = response.read()
        headers = [
            (k, v) for k, v in response.headers.items() if k not in ("Date", "Content-Length")
        ]
    if whole:
        return body
    return json.dumps([response.status, headers]).encode() + without_timestamps(body)


def output_of(process: CommandProcess) -> str:
    """Return what a program printed on both streams, with its address replaced."""
    return process.output.replace(process.health, "HEALTH")


async def test_two_runs_with_the_treatments_exchanged_show_the_same(
    kafka: KafkaServer, redis_program: str, tmp_path: Path
):
    """Pages, probes, output and the sponsor's notifications are equal; the board's differ."""
    names = random_names()
    async with WebhookReceiver().open() as pager, WebhookReceiver().open() as hook:
        runs = ServiceRuns(kafka, tmp_path, pager, hook)
        exchanged = [(arm + 1) % ARMS for arm in in_turns()]
        first = await asyncio.to_thread(runs.run_from_empty, trial_log(names, in_turns()), "one")
        second = await asyncio.to_thread(runs.run_from_empty, trial_log(names, exchanged), "two")

    assert (first.pages, first.output, first.notifications) == (
        second.pages,
        second.output,
        second.notifications,
    )
    assert first.board_alerts != second.board_alerts and len(first.notifications) > 10
    visible = repr((first.pages, first.output, first.notifications))
    assert [name for name in names if name in visible] == []
    assert all("HEALTH" in each for each in first.output)
