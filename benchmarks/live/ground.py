"""The ground the benchmarks stand on: a folder, a Redis and brokers of their own, ended after."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.live.contender import ROOT, TOCSIN, Contender
from benchmarks.live.watch import Eye
from streams.local.kafka_server import QUICK, KafkaServer
from streams.local.ports import free_ports
from streams.local.process import Process
from streams.local.redis_server import RedisServer
from streams.store.client import connect
from streams.store.function import load

LIBS = ROOT / ".services" / "kafka" / "libs"
"""Where `make jars` puts Kafka's server."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Servers of our own; brokers are started as they are wanted, one for each log."""

    folder: Path
    eye: Eye
    ends: ExitStack
    brokers: dict[str, KafkaServer] = field(default_factory=dict[str, KafkaServer])

    def broker(self, log: str) -> str:
        """The address of the broker that holds *log*."""
        if log not in self.brokers:
            # A whole compiler would take a core for the first 20 seconds, and be part of each rate.
            server = KafkaServer(self.folder / f"kafka-{log}", LIBS, jvm=QUICK)
            self.brokers[log] = self.ends.enter_context(server)
        return self.brokers[log].bootstrap

    @contextmanager
    def afresh(self, name: str) -> Iterator[Ground]:
        """The same store, and brokers of its own that are ended after."""
        with ExitStack() as ends:
            yield replace(self, folder=self.folder / name, ends=ends, brokers={})

    def start(self, contender: Contender, **surroundings: str) -> Process:
        """Start *contender*, its surroundings told in its environment."""
        process = Process(self.folder / contender.name)
        process.start(["env", *told(surroundings), *contender.command], attended=True)
        return process

    def tocsin(self, *words: str, log: str) -> float:
        """Run one of our commands to its end; the CPU seconds that it took."""
        before = os.times()
        surroundings = os.environ | self.ours(log)
        subprocess.run([TOCSIN, *words], env=surroundings, stdout=sys.stderr, check=True)
        after = os.times()
        return sum(after[2:4]) - sum(before[2:4])  # Those of children that have ended.

    def ours(self, log: str) -> dict[str, str]:
        """How our own commands find the servers."""
        health = f"127.0.0.1:{free_ports(1)[0]}"
        return {
            "TOCSIN_BROKER": self.broker(log),
            "TOCSIN_STORE": self.eye.url,
            "TOCSIN_HEALTH": health,
            "TOCSIN_METRICS_OPEN": "off",
        }


def told(surroundings: dict[str, str]) -> list[str]:
    """The words with which `env` sets *surroundings*."""
    return [f"{name}={value}" for name, value in surroundings.items()]


async def with_functions(url: str) -> None:
    """Load our functions into the store; emptying it leaves them there."""
    client = connect(url)
    await load(client)
    await client.aclose()


@contextmanager
def ground() -> Iterator[Ground]:
    """A folder and a Redis in it, and nothing of either afterwards."""
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-live-")))
        store = ends.enter_context(RedisServer(folder / "redis"))
        asyncio.run(with_functions(store.url))
        yield Ground(folder, Eye(store.url), ends)
