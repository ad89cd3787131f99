"""The environment of the live benchmarks: a folder, a Redis and brokers of their own."""

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
from benchmarks.live.probe import StoreProbe
from streams.local.kafka_server import SHORT_LIVED_JVM, KafkaServer
from streams.local.ports import free_ports
from streams.local.process import Process
from streams.local.redis_server import RedisServer
from streams.store.client import connect
from streams.store.function import load_library

LIBS = ROOT / ".services" / "kafka" / "libs"
"""Where `make jars` stores the jars of Kafka's server."""


@dataclass(frozen=True, slots=True)
class BenchmarkEnvironment:
    """A folder with private servers; a broker is started at the first use of its log."""

    folder: Path
    probe: StoreProbe
    exit_stack: ExitStack
    brokers: dict[str, KafkaServer] = field(default_factory=dict[str, KafkaServer])

    def broker_address(self, log: str) -> str:
        """Return the address of the broker that holds *log*."""
        if log not in self.brokers:
            # The full JIT compiler would use a core for 20 seconds and distort every rate.
            server = KafkaServer(self.folder / f"kafka-{log}", LIBS, jvm=SHORT_LIVED_JVM)
            self.brokers[log] = self.exit_stack.enter_context(server)
        return self.brokers[log].bootstrap

    @contextmanager
    def with_new_brokers(self, name: str) -> Iterator[BenchmarkEnvironment]:
        """Yield an environment with the same store and new brokers, which are then stopped."""
        with ExitStack() as exit_stack:
            yield replace(self, folder=self.folder / name, exit_stack=exit_stack, brokers={})

    def start(self, contender: Contender, **variables: str) -> Process:
        """Start *contender* with *variables* in its environment."""
        process = Process(self.folder / contender.name)
        process.start(
            ["env", *variable_assignments(variables), *contender.command], ends_with_parent=True
        )
        return process

    def run_tocsin(self, *arguments: str, log: str) -> float:
        """Run a command of Tocsin to its end; return the CPU seconds it used."""
        before = os.times()
        variables = os.environ | self.product_variables(log)
        subprocess.run([TOCSIN, *arguments], env=variables, stdout=sys.stderr, check=True)
        after = os.times()
        return sum(after[2:4]) - sum(before[2:4])  # CPU time of children that have ended.

    def product_variables(self, log: str) -> dict[str, str]:
        """Return the environment variables with which Tocsin finds the servers."""
        health, metrics = (f"127.0.0.1:{port}" for port in free_ports(2))
        return {
            "TOCSIN_BROKER": self.broker_address(log),
            "TOCSIN_STORE": self.probe.url,
            "TOCSIN_HEALTH": health,
            "TOCSIN_METRICS_OPEN": metrics,  # Without a page the worker computes no figures.
        }


def variable_assignments(variables: dict[str, str]) -> list[str]:
    """Return *variables* as arguments of `env`."""
    return [f"{name}={value}" for name, value in variables.items()]


async def load_functions(url: str) -> None:
    """Load our function library into the store; FLUSHALL keeps it."""
    client = connect(url)
    await load_library(client)
    await client.aclose()


@contextmanager
def open_environment() -> Iterator[BenchmarkEnvironment]:
    """Yield a temporary folder with a Redis; both are removed afterwards."""
    with ExitStack() as exit_stack:
        folder = Path(exit_stack.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-live-")))
        store = exit_stack.enter_context(RedisServer(folder / "redis"))
        asyncio.run(load_functions(store.url))
        yield BenchmarkEnvironment(folder, StoreProbe(store.url), exit_stack)
