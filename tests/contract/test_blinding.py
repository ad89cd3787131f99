"""The programs as they are run, with the treatments exchanged: all that is open is the same."""

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
DURATION_METRIC = b"safety_apply_duration_seconds"
"""How long applies took, and into how many fetches the log fell, differs from run to run."""


@dataclass(frozen=True)
class VisibleOutput:
    """What the programs showed to whoever has no token, and of how many alerts the board heard."""

    pages: tuple[bytes, ...]
    output: tuple[str, ...]
    notifications: tuple[str, ...]
    board_alerts: int


@dataclass
class ServiceRuns:
    """Services for one run after another; *pager* is the board's, *hook* the sponsor's."""

    kafka: KafkaServer
    folder: Path
    pager: WebhookReceiver
    hook: WebhookReceiver

    def run_from_empty(self, log: Sequence[bytes], name: str) -> VisibleOutput:
        """Everything from an empty cluster and an empty store on."""
        folder, broker = self.folder / name, self.kafka.bootstrap
        folder.mkdir()
        told = (self.pager, self.hook)
        for each in told:
            for kept in (each.keys, each.bodies, each.headers):
                kept.clear()
        with admin_client(broker) as admin:
            delete_topics(admin)
            apply_topics(admin, required_topics(Settings(replication=1)), alter=False)
        with (
            RedisServer(folder / "redis") as server,
            deliverers.running_site(broker, folder) as delivery,
        ):
            asyncio.run(load_functions(server.url))
            bell = "http://127.0.0.1:9"
            text = deliverers.DELIVERY_FILE.format(
                hook=self.pager.url, alertmanager=bell, sinks='"pager"'
            )
            delivery.write_delivery_file(text + SPONSOR_SECTION.format(hook=self.hook.url))
            return self.run(WorkerSite(broker, server.url, folder), delivery, log)

    def run(
        self, site: WorkerSite, delivery: deliverers.DelivererSite, log: Sequence[bytes]
    ) -> VisibleOutput:
        """Produce, fold, tell, look, end."""
        site.send(log, STUDY, STUDY_PARTITION)
        _, alerts = single_pass(log_of(log, STUDY))
        cases = {each.id for each in alerts if each.kind is AlertKind.CASE}
        wanted = {each.id for each in alerts if each.kind is not AlertKind.FINDING}
        page = f"127.0.0.1:{free_ports(1)[0]}"
        deliverer = delivery.start()
        with site.running(METRICS_OPEN=page) as worker:
            delivery.wait_ready(deliverer)
            wait_until(lambda: len(alert_refs(self.pager)) == len(wanted), "the board to be told")
            wait_until(lambda: len(alert_refs(self.hook)) == len(cases), "the sponsor to be told")
            wait_until(lambda: figures_final(page, worker), "the figures")
            paths = [f"{worker.health}/livez", f"{worker.health}/readyz", f"{page}/metrics"]
            paths += [f"{deliverer.health}/livez", f"{deliverer.health}/readyz"]
            shown = tuple(fetch(path) for path in paths)
            assert (deliverer.stop(), worker.stop()) == (0, 0), deliverer.output + worker.output
        return VisibleOutput(
            shown,
            (output_of(worker), output_of(deliverer)),
            self.sponsor_notifications(),
            len(alert_refs(self.pager)),
        )

    def sponsor_notifications(self) -> tuple[str, ...]:
        """What the sponsor was told, with the headers; partitions are told side by side."""
        return tuple(
            sorted(
                f"{body} {sorted((k, v) for k, v in headers.items() if k not in VARYING_HEADERS)}"
                for body, headers in zip(self.hook.bodies, self.hook.headers, strict=True)
            )
        )


def alert_refs(receiver: WebhookReceiver) -> set[str]:
    """Of which alerts it has heard; a rise between two readings is told by itself."""
    return {json.loads(body)["ref"] for body in receiver.bodies}


def figures_final(page: str, worker: CommandProcess) -> bool:
    """Whether the open page is that of the end of the log, which was seen to end."""
    text = fetch(f"{page}/metrics", whole=True)
    ended = f'safety_last_caught_up_timestamp_seconds{{partition="{STUDY_PARTITION}"}} 1'.encode()
    return b'safety_cases{study="S"} 15.0' in text and ended in text and worker.readiness()[0]


def fetch(place: str, *, whole: bool = False) -> bytes:
    """What is answered: status, headers and body, but for the hours and how long applies took."""
    with urllib.request.urlopen(f"http://{place}", timeout=10) as got:
        body = got.read()
        told = [(k, v) for k, v in got.headers.items() if k not in ("Date", "Content-Length")]
    if whole:
        return body
    lines = [
        line
        for line in without_timestamps(body).splitlines()
        if not line.startswith(DURATION_METRIC)
    ]
    return json.dumps([got.status, told]).encode() + b"\n".join(lines)


def output_of(process: CommandProcess) -> str:
    """What a program printed, on both streams, but for its port."""
    return process.output.replace(process.health, "HEALTH")


async def test_two_runs_with_the_treatments_exchanged_show_the_same(
    kafka: KafkaServer, redis_program: str, tmp_path: Path
):
    """Pages, probes, both streams of both programs, what the sponsor hears; the board's differ."""
    words = random_names()
    async with WebhookReceiver().open() as pager, WebhookReceiver().open() as hook:
        stage = ServiceRuns(kafka, tmp_path, pager, hook)
        other = [(arm + 1) % ARMS for arm in in_turns()]
        one = await asyncio.to_thread(stage.run_from_empty, trial_log(words, in_turns()), "one")
        two = await asyncio.to_thread(stage.run_from_empty, trial_log(words, other), "two")

    assert (one.pages, one.output, one.notifications) == (two.pages, two.output, two.notifications)
    assert one.board_alerts != two.board_alerts and len(one.notifications) > 10
    open_to_all = repr((one.pages, one.output, one.notifications))
    assert [word for word in words if word in open_to_all] == []
    assert all("HEALTH" in each for each in one.output)
