"""Attacks a live worker, and prints how long another study waits: `make attack`."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.kafka.admin import admin_client
from streams.kafka.topics import LOG, apply_topics, required_topics
from streams.local.kafka_server import SHORT_LIVED_JVM, KafkaServer, unavailable_reason
from streams.local.redis_server import RedisServer
from streams.settings import Settings
from streams.store import LIVE_SPACE
from streams.store.keys import Keys
from tests.attack.feeds import Feed, feeds
from tests.attack.probe import ATTACKED, Client, ProbeProcess, Store, Waits
from tests.faults.services import load_functions
from tests.faults.workers import WorkerProcesses
from tests.services import KAFKA_LIBS

OTHER_SECONDS_MAX = 2.0
READY_SECONDS, FOLD_SECONDS = 60, 900


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackResult:
    """What one feed of *records* did: *seconds* until it was folded, and the *waits* meanwhile.

    *stopped* is the reason why the attacked partition stopped, and *ended* what workers that ended
    by themselves said last.
    """

    feed: str
    records: int
    seconds: float
    waits: Waits
    stopped: str = ""
    ended: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the other study and the probes waited at most two seconds."""
        return max(self.waits.other, self.waits.livez) <= OTHER_SECONDS_MAX and not self.ended


@dataclass(slots=True)
class Site:
    """A broker, a store and one worker, with the probe of its waits."""

    kafka: KafkaServer
    redis: RedisServer
    workers: WorkerProcesses
    probe: ProbeProcess | None = None

    def start_worker(self) -> None:
        """Start one worker and a probe, and wait until the other study's records are applied."""
        self.workers.replace_dead(1)
        health = self.workers.health_addresses[self.workers.running[0].folder.name]
        broker, socket_path = self.kafka.bootstrap, str(self.redis.socket_path)
        self.probe = ProbeProcess.start(broker, socket_path, health)
        deadline = time.monotonic() + READY_SECONDS
        while self.probe.ask().applied < 10:
            assert time.monotonic() < deadline, self.workers.running[0].output_tail()
            time.sleep(0.2)

    def stop_worker(self) -> None:
        """Stop the probe, and kill the worker."""
        if self.probe is not None:
            self.probe.stop()
        self.workers.stop_all()

    def attack(self, feed: Feed) -> AttackResult:
        """Send *feed*, wait until it is folded, and return the longest waits meanwhile."""
        if feed.restart:
            self.stop_worker()
            self.start_worker()
        assert self.probe is not None
        messages = list(feed.messages(ATTACKED))
        self.probe.ask("reset")
        began = time.monotonic()
        end = send_feed(self.kafka.bootstrap, messages)
        stopped = self.wait_folded(end)
        seconds = time.monotonic() - began
        time.sleep(0.5)
        self.workers.replace_dead(1)
        return AttackResult(
            feed=feed.name,
            records=len(messages),
            seconds=seconds,
            waits=self.probe.ask(),
            stopped=stopped,
            ended=tuple(self.workers.exit_messages),
        )

    def wait_folded(self, end: int) -> str:
        """Wait until the attacked partition is folded up to *end*; return why it stopped, if so."""
        client, key = Store(unix_socket_path=str(self.redis.socket_path)), attacked_cursor()
        deadline = time.monotonic() + FOLD_SECONDS
        while int(client.hget(key, "next") or 0) < end:
            if stopped := client.hget(key, "stopped"):
                return stopped.decode()
            if time.monotonic() > deadline or not self.workers.running[0].running:
                return f"not folded: {self.workers.running[0].output_tail()}"
            time.sleep(0.1)
        return ""


def attacked_cursor() -> str:
    """Return the key of the cursor of the attacked partition."""
    return Keys(LIVE_SPACE, LOG, ATTACKED).cursor


def send_feed(broker: str, messages: Iterable[tuple[str, bytes]]) -> int:
    """Send all *messages* as fast as the broker takes them, and return the offset after them."""
    ends: list[int] = [0]

    def confirm(error: Any, message: Any) -> None:
        assert error is None, error
        ends.append(message.offset() + 1)

    options = {"enable.idempotence": True, "linger.ms": 5, "queue.buffering.max.messages": 1 << 20}
    producer = Client.Producer({"bootstrap.servers": broker, **options})
    for study, value in messages:
        producer.produce(LOG, value, study, ATTACKED, on_delivery=confirm)
        producer.poll(0)
    producer.flush(120)
    return max(ends)


@contextmanager
def running_site(folder: Path) -> Generator[Site]:
    """Start a broker, a store and one worker; stop them at the end."""
    kafka = KafkaServer(folder / "kafka", KAFKA_LIBS, jvm=SHORT_LIVED_JVM)
    with kafka, RedisServer(folder / "redis") as store:
        with admin_client(kafka.bootstrap) as admin:
            apply_topics(admin, required_topics(Settings()), alter=False)
        asyncio.run(load_functions(store.url))
        settings = {"TOCSIN_BROKER": kafka.bootstrap, "TOCSIN_STORE": store.url}
        site = Site(kafka, store, WorkerProcesses(folder, settings))
        try:
            site.start_worker()
            yield site
        finally:
            site.stop_worker()


def main(arguments: Sequence[str]) -> int:
    """Run all feeds, print a line for each; return 1 where the other study waited too long."""
    options = parse_arguments(arguments)
    if reason := unavailable_reason(KAFKA_LIBS):
        print(reason, file=sys.stderr)
        return 4
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    passed = True
    chosen = [each for each in feeds(options.scale) if options.only in each.name]
    with (
        tempfile.TemporaryDirectory(prefix="tocsin-attack-") as folder,
        running_site(Path(folder)) as site,
    ):
        print(HEADER, flush=True)
        for feed in chosen:
            result = site.attack(feed)
            passed &= result.passed
            print(result_line(result), flush=True)
    print("PASSED" if passed else "FAILED")
    return 0 if passed else 1


HEADER = (
    f"{'feed':64} {'records':>8} {'folded in':>10} {'other study':>12} {'/livez':>8}"
    f" {'same partition':>15}"
)


def result_line(result: AttackResult) -> str:
    """Return one line: the longest waits of the feed in seconds, and why a partition stopped."""
    waits = result.waits
    line = (
        f"{result.feed:64} {result.records:8,} {result.seconds:8.1f} s {waits.other:10.2f} s"
        f" {waits.livez:6.2f} s {waits.same:13.1f} s"
    )
    reasons = [each for each in (result.stopped, *result.ended) if each]
    return line + ("" if result.passed else "  FAILED") + "".join(f"\n    {x}" for x in reasons)


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments of the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="size of all feeds")
    parser.add_argument("--only", default="", help="text in the name of a feed")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
