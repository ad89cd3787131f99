"""Starts the services, sends records, kills one process after another, and judges the log."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from streams.kafka.admin import admin_client
from streams.kafka.topics import apply_topics, required_topics
from streams.local.kafka_server import SHORT_LIVED_JVM, KafkaServer
from streams.local.redis_server import RedisServer
from streams.settings import Settings
from tests.contract.intakes import IntakeSite
from tests.contract.worker_sites import load_functions
from tests.faults.workers import WorkerProcesses
from tests.kills.judge import Verdict, judge
from tests.kills.senders import HttpSender
from tests.services import KAFKA_LIBS
from tests.streams.intake.sent_records import encoded, plan

SENDERS = 4
PROGRESS_LINES, PROGRESS_SECONDS = 40, 120
SECONDS_BEFORE_KILL_MAX = 1.0

KINDS = ("intake", "broker", "worker")


@dataclass(slots=True)
class KillSite:
    """The processes of a campaign, and the senders that write through them."""

    kafka: KafkaServer
    redis: RedisServer
    workers: WorkerProcesses
    intake: IntakeSite
    random: Random
    senders: list[HttpSender] = field(default_factory=list[HttpSender])

    def kill(self, kind: str) -> None:
        """Kill a process with SIGKILL, as in a power cut, and start it again."""
        kills: Mapping[str, Callable[[], None]] = {
            "intake": self.kill_intake,
            "broker": self.kill_broker,
            "worker": self.kill_worker,
        }
        kills[kind]()

    def kill_intake(self) -> None:
        """Kill the intake; it comes back at the same address."""
        self.intake.process.process.kill()
        self.intake.process.process.wait()
        self.intake.start()

    def kill_broker(self) -> None:
        """Kill the broker."""
        self.kafka.kill()
        time.sleep(self.random.random())
        self.kafka.start()

    def kill_worker(self) -> None:
        """Kill the worker; another one takes its place."""
        self.workers.replace_dead(1)
        worker = self.workers.running[0]
        self.workers.kill(worker)
        self.workers.replace_dead(1)
        self.workers.remove_from_group(self.kafka.bootstrap, worker)

    def acknowledged(self) -> int:
        """The number of lines that were answered with 202."""
        return sum(len(each.acknowledged) for each in self.senders)

    def wait_for_progress(self) -> None:
        """Wait until more lines are acknowledged, and a random time more."""
        wanted = self.acknowledged() + PROGRESS_LINES
        deadline = time.monotonic() + PROGRESS_SECONDS
        while self.acknowledged() < wanted:
            assert time.monotonic() < deadline, f"no line is accepted: {self.intake.process.output}"
            time.sleep(0.05)
        time.sleep(self.random.random() * SECONDS_BEFORE_KILL_MAX)


@dataclass(slots=True)
class CampaignResult:
    """The kills by process, the answers of all requests, and what the log and the store hold."""

    kills: Counter[str]
    answers: Counter[str]
    seconds: float
    verdict: Verdict


@contextmanager
def running_site(folder: Path, random: Random) -> Generator[KillSite]:
    """Start a broker, a store, a worker and an intake; stop them at the end."""
    kafka = KafkaServer(folder / "kafka", KAFKA_LIBS, jvm=SHORT_LIVED_JVM)
    with kafka, RedisServer(folder / "redis") as redis:
        with admin_client(kafka.bootstrap) as admin:
            apply_topics(admin, required_topics(Settings()), alter=False)
        asyncio.run(load_functions(redis.url))
        settings = {"TOCSIN_BROKER": str(kafka.bootstrap), "TOCSIN_STORE": redis.url}
        workers = WorkerProcesses(folder, settings)
        intake = IntakeSite(str(kafka.bootstrap), redis.url, folder)
        site = KillSite(kafka, redis, workers, intake, random)
        try:
            workers.replace_dead(1)
            intake.start()
            yield site
        finally:
            intake.process.process.kill()
            intake.process.process.wait()
            workers.stop_all()


def run_campaign(folder: Path, kinds: Sequence[str], random: Random) -> CampaignResult:
    """Kill processes of *kinds* in order while records are sent, and judge what is left."""
    begun = time.monotonic()
    with running_site(folder, random) as site:
        stopping = threading.Event()
        site.senders = [
            HttpSender(site.intake, number, Random(random.random()), stopping)
            for number in range(1, SENDERS + 1)
        ]
        site.senders[0].deliver([encoded(plan())])
        threads = [threading.Thread(target=each.run, daemon=True) for each in site.senders]
        for each in threads:
            each.start()
        for kind in kinds:
            site.wait_for_progress()
            site.kill(kind)
        site.wait_for_progress()
        stopping.set()
        for each in threads:
            each.join(PROGRESS_SECONDS)
        verdict = judge(site.kafka.bootstrap, site.redis.url, site.senders, site.workers)
    answers = sum((each.answers for each in site.senders), Counter[str]())
    return CampaignResult(Counter(kinds), answers, time.monotonic() - begun, verdict)


def drawn_kinds(kills: int, random: Random) -> list[str]:
    """Return the processes to kill, each as often as the others, in random order."""
    kinds = [KINDS[number % len(KINDS)] for number in range(kills)]
    random.shuffle(kinds)
    return kinds
