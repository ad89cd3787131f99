"""Measures from a process of its own how long other studies and the probes of a worker wait."""

from __future__ import annotations

import threading
import time
import urllib.request
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing import Process as Child
from typing import Any

import confluent_kafka
import redis

from benchmarks.growth_records import case, plan_record, treated
from streams.kafka.topics import LOG
from streams.store import LIVE_SPACE
from streams.store.keys import Keys
from tests.attack.feeds import study_in
from tests.attack.wire import wire_bytes

Client: Any = confluent_kafka
Store: Any = redis.Redis
"""The clients have no usable type annotations."""

SEND_SECONDS, READ_SECONDS, LIVEZ_SECONDS = 0.2, 0.01, 0.1
LIVEZ_TIMEOUT = 30
ATTACKED, OTHER = 3, 5
"""The partition of the attack, and that of the other study."""


@dataclass(slots=True)
class Victim:
    """A study that gets a case each 0.2 s, and the longest wait until one was applied.

    *waiting* has offset and time of each record that is not applied yet.
    """

    partition: int
    study: str
    longest: float = 0
    applied: int = 0
    waiting: deque[tuple[int, float]] = field(default_factory=deque[tuple[int, float]])

    def update(self, position: int, now: float) -> None:
        """Note that all records below *position* are applied *now*."""
        while self.waiting and self.waiting[0][0] < position:
            self.longest = max(self.longest, now - self.waiting.popleft()[1])
            self.applied += 1
        if self.waiting:
            self.longest = max(self.longest, now - self.waiting[0][1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """The longest waits in seconds: of the two studies, and for an answer of `/livez`."""

    other: float
    same: float
    livez: float
    answers: int
    applied: int


@dataclass(slots=True)
class Probe:
    """Sends to and reads of the two studies, in threads; *health* is the worker's address."""

    broker: str
    socket_path: str
    health: str
    other: Victim = field(default_factory=lambda: Victim(OTHER, study_in(OTHER, "OTHER")))
    same: Victim = field(default_factory=lambda: Victim(ATTACKED, study_in(ATTACKED, "SAME")))
    livez: float = 0
    answers: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Start the threads, which end with the process."""
        for each in (self.send_cases, self.read_positions, self.ask_livez):
            threading.Thread(target=each, daemon=True).start()

    def send_cases(self) -> None:
        """Send a case to each study every 0.2 s; the time counts from then."""
        producer = Client.Producer({"bootstrap.servers": self.broker, "linger.ms": 0})
        for victim in (self.other, self.same):
            for record in (plan_record(), treated("S-0"), treated("S-1", treatment="placebo")):
                self.send(producer, victim, wire_bytes(record, victim.study))
        number = 0
        while True:
            for victim in (self.other, self.same):
                value = wire_bytes(case(number, f"S-{number % 2}", number % 300), victim.study)
                self.send(producer, victim, value)
            number += 1
            end = time.monotonic() + SEND_SECONDS
            while (left := end - time.monotonic()) > 0:
                producer.poll(left)

    def send(self, producer: Any, victim: Victim, value: bytes) -> None:
        """Send one record of *victim*; its wait begins now."""
        sent_at = time.monotonic()

        def confirm(error: Any, message: Any) -> None:
            assert error is None, error
            with self.lock:
                victim.waiting.append((message.offset(), sent_at))

        producer.produce(LOG, value, victim.study, victim.partition, on_delivery=confirm)

    def read_positions(self) -> None:
        """Read the two cursors every 10 ms."""
        client = Store(unix_socket_path=self.socket_path)
        while True:
            for victim in (self.other, self.same):
                # The time before the command is sent would be too early by its duration.
                position = client.hget(Keys(LIVE_SPACE, LOG, victim.partition).cursor, "next")
                with self.lock:
                    victim.update(int(position or 0), time.monotonic())
            time.sleep(READ_SECONDS)

    def ask_livez(self) -> None:
        """Ask `/livez` every 0.1 s; a refused connection is no answer."""
        while True:
            began = time.monotonic()
            try:
                with urllib.request.urlopen(f"http://{self.health}/livez", timeout=LIVEZ_TIMEOUT):
                    self.answers += 1
            except OSError:
                pass
            self.livez = max(self.livez, time.monotonic() - began)
            time.sleep(LIVEZ_SECONDS)

    def waits(self) -> Waits:
        """Return the longest waits until now."""
        with self.lock:
            return Waits(
                other=self.other.longest,
                same=self.same.longest,
                livez=self.livez,
                answers=self.answers,
                applied=self.other.applied,
            )

    def reset(self) -> None:
        """Forget the longest waits; records that wait now keep their times."""
        with self.lock:
            self.livez, self.answers = 0, 0
            for each in (self.other, self.same):
                each.longest = each.applied = 0


def serve_probe(probe_of: Callable[[], Probe], connection: Any) -> None:
    """Run a probe, and answer each request over *connection* with its waits; "reset" resets it."""
    probe = probe_of()
    probe.start()
    while True:
        request = connection.recv()
        connection.send(probe.waits())
        if request == "reset":
            probe.reset()


@dataclass(slots=True)
class ProbeProcess:
    """A probe in a process of its own, so that the feed's producer does not delay it."""

    child: Child
    connection: Any

    @classmethod
    def start(cls, broker: str, socket_path: str, health: str) -> ProbeProcess:
        """Start the process."""
        ours, theirs = Pipe()
        child = Child(target=run_probe, args=(broker, socket_path, health, theirs), daemon=True)
        child.start()
        return cls(child, ours)

    def ask(self, request: str = "waits") -> Waits:
        """Return the waits until now; "reset" also forgets them."""
        self.connection.send(request)
        return self.connection.recv()

    def stop(self) -> None:
        """End the process."""
        self.child.kill()
        self.child.join()


def run_probe(broker: str, socket_path: str, health: str, connection: Any) -> None:
    """Run a probe in this process."""
    serve_probe(lambda: Probe(broker, socket_path, health), connection)
