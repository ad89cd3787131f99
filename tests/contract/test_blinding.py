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

from alerts.alert import Kind
from streams.kafka.admin import administer
from streams.kafka.partitioner import partition_of
from streams.kafka.topics import apply, topics
from streams.local.kafka_server import KafkaServer
from streams.local.ports import free_ports
from streams.local.redis_server import RedisServer
from streams.settings import Settings
from tests.contract import deliverers
from tests.contract.cluster import clear
from tests.contract.http_sites import loaded
from tests.contract.processes import Worker, until
from tests.contract.workers import Site
from tests.streams.metrics.exported import log_of, timeless
from tests.streams.metrics.permuted_trial import ARMS, STUDY, as_drawn, tokens, trial
from tests.streams.processor.processors import pass_of
from tests.streams.sinks.webhook_receiver import Receiver

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

HOME = partition_of(STUDY, 12)

SPONSOR = """
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

OF_THE_HOUR = {"Host", "Tocsin-Timestamp", "Tocsin-Signature"}
TOOK = b"safety_apply_duration_seconds"
"""How long applies took, and into how many fetches the log fell, differs from run to run."""


@dataclass(frozen=True)
class Shown:
    """What the programs showed to whoever has no token, and of how many alerts the board heard."""

    pages: tuple[bytes, ...]
    said: tuple[str, ...]
    notices: tuple[str, ...]
    board: int


@dataclass
class Stage:
    """Services for one run after another; *pager* is the board's, *hook* the sponsor's."""

    kafka: KafkaServer
    folder: Path
    pager: Receiver
    hook: Receiver

    def show(self, log: Sequence[bytes], name: str) -> Shown:
        """Everything from an empty cluster and an empty store on."""
        folder, broker = self.folder / name, self.kafka.bootstrap
        folder.mkdir()
        told = (self.pager, self.hook)
        for each in told:
            for kept in (each.keys, each.bodies, each.headers):
                kept.clear()
        with administer(broker) as admin:
            clear(admin)
            apply(admin, topics(Settings(replication=1)), alter=False)
        with RedisServer(folder / "redis") as server, deliverers.sited(broker, folder) as delivery:
            asyncio.run(loaded(server.url))
            bell = "http://127.0.0.1:9"
            text = deliverers.FILE.format(hook=self.pager.url, alertmanager=bell, sinks='"pager"')
            delivery.write(text + SPONSOR.format(hook=self.hook.url))
            return self.run(Site(broker, server.url, folder), delivery, log)

    def run(self, site: Site, delivery: deliverers.Site, log: Sequence[bytes]) -> Shown:
        """Produce, fold, tell, look, end."""
        site.send(log, STUDY, HOME)
        _, alerts = pass_of(log_of(log, STUDY))
        cases = {each.id for each in alerts if each.kind is Kind.CASE}
        wanted = {each.id for each in alerts if each.kind is not Kind.FINDING}
        page = f"127.0.0.1:{free_ports(1)[0]}"
        deliverer = delivery.start()
        with site.running(METRICS_OPEN=page) as worker:
            delivery.ready(deliverer)
            until(lambda: len(named(self.pager)) == len(wanted), "the board to be told")
            until(lambda: len(named(self.hook)) == len(cases), "the sponsor to be told")
            until(lambda: settled(page, worker), "the figures")
            paths = [f"{worker.health}/livez", f"{worker.health}/readyz", f"{page}/metrics"]
            paths += [f"{deliverer.health}/livez", f"{deliverer.health}/readyz"]
            shown = tuple(answer(path) for path in paths)
            assert (deliverer.end(), worker.end()) == (0, 0), deliverer.words + worker.words
        return Shown(shown, (said(worker), said(deliverer)), self.notices(), len(named(self.pager)))

    def notices(self) -> tuple[str, ...]:
        """What the sponsor was told, with the headers; partitions are told side by side."""
        return tuple(
            sorted(
                f"{body} {sorted((k, v) for k, v in headers.items() if k not in OF_THE_HOUR)}"
                for body, headers in zip(self.hook.bodies, self.hook.headers, strict=True)
            )
        )


def named(receiver: Receiver) -> set[str]:
    """Of which alerts it has heard; a rise between two readings is told by itself."""
    return {json.loads(body)["ref"] for body in receiver.bodies}


def settled(page: str, worker: Worker) -> bool:
    """Whether the open page is that of the end of the log, which was seen to end."""
    text = answer(f"{page}/metrics", whole=True)
    ended = f'safety_last_caught_up_timestamp_seconds{{partition="{HOME}"}} 1'.encode()
    return b'safety_cases{study="S"} 15.0' in text and ended in text and worker.ready()[0]


def answer(place: str, *, whole: bool = False) -> bytes:
    """What is answered: status, headers and body, but for the hours and how long applies took."""
    with urllib.request.urlopen(f"http://{place}", timeout=10) as got:
        body = got.read()
        told = [(k, v) for k, v in got.headers.items() if k not in ("Date", "Content-Length")]
    if whole:
        return body
    lines = [line for line in timeless(body).splitlines() if not line.startswith(TOOK)]
    return json.dumps([got.status, told]).encode() + b"\n".join(lines)


def said(process: Worker) -> str:
    """What a program printed, on both streams, but for its port."""
    return process.words.replace(process.health, "HEALTH")


async def test_two_runs_with_the_treatments_exchanged_show_the_same(
    kafka: KafkaServer, redis_program: str, tmp_path: Path
):
    """Pages, probes, both streams of both programs, what the sponsor hears; the board's differ."""
    words = tokens()
    async with Receiver().open() as pager, Receiver().open() as hook:
        stage = Stage(kafka, tmp_path, pager, hook)
        other = [(arm + 1) % ARMS for arm in as_drawn()]
        one = await asyncio.to_thread(stage.show, trial(words, as_drawn()), "one")
        two = await asyncio.to_thread(stage.show, trial(words, other), "two")

    assert (one.pages, one.said, one.notices) == (two.pages, two.said, two.notices)
    assert one.board != two.board and len(one.notices) > 10
    open_to_all = repr((one.pages, one.said, one.notices))
    assert [word for word in words if word in open_to_all] == []
    assert all("HEALTH" in each for each in one.said)
