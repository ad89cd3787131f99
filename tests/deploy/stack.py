"""Starts by hand what docker-compose.yml would start: the same words, the same environment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from streams.local.kafka_server import KafkaServer
from streams.local.ports import free_ports
from streams.local.process import Process
from streams.local.redis_server import RedisServer
from tests.deploy.broker import broker, store
from tests.deploy.compose import binds, services
from tests.deploy.vault import Vault
from tests.paths import ROOT

LISTENERS = {
    "worker": ("8010", "8011", "8012"),
    "deliver": ("8010", "8012"),
    "prometheus-open": ("9090",),
    "prometheus-closed": ("9090",),
    "alertmanager-open": ("9093",),
    "alertmanager-closed": ("9093",),
}
"""The ports on which each service listens in its container."""

KAFKA = "kafka:9092"
SHORTENED_INTERVALS = {"scrape_interval", "scrape_timeout", "evaluation_interval"}

PROGRAM_BY_IMAGE = {"prom/prometheus": "prometheus", "prom/alertmanager": "prometheus-alertmanager"}
"""Programs of Debian's packages that stand for the images of compose."""


@dataclass
class Stack:
    """The services in *folder*; used in a ``with``, all of them end with it."""

    folder: Path
    libs: Path
    vault: Vault
    kafka: KafkaServer = field(init=False)
    redis: RedisServer = field(init=False)
    ports: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    running: dict[str, Process] = field(default_factory=dict[str, Process])

    def __post_init__(self) -> None:
        names = [(name, port) for name, ports in LISTENERS.items() for port in ports]
        found = free_ports(len(names) + 1)
        self.ports = dict(zip([*names, ("valkey", "6379")], found, strict=True))
        self.kafka = broker(self.libs, self.folder / "kafka", self.vault)
        self.redis = store(self.folder / "redis", self.vault, self.ports["valkey", "6379"])

    def __enter__(self) -> Stack:
        return self

    def __exit__(self, *raised: object) -> None:
        for process in [*reversed(self.running.values()), self.redis, self.kafka]:
            process.stop()

    def run_once(self, name: str, *words: str) -> str:
        """Run a service that does one thing, with other *words* if any; what it printed."""
        service = services()[name]
        arguments = words or tuple(
            self.with_local_places(name, each) for each in service["command"]
        )
        done = subprocess.run(
            [sys.executable, "-m", "tocsin", *arguments],
            env=self.environment(name),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
        return done.stdout

    def launch(self, name: str) -> None:
        """Start a service that goes on, and do not wait for it."""
        folder = self.folder / name
        service = services()[name]
        words = [self.with_local_places(name, each) for each in service["command"]]
        folder.mkdir()
        process = self.running[name] = Process(folder)
        program = PROGRAM_BY_IMAGE.get(service["image"].partition(":")[0])
        if program is None:
            command = [*env_command(self.environment(name)), sys.executable, "-m", "tocsin", *words]
        else:
            command = [program, *self.flags(name, words, folder)]
        process.start(command, ends_with_parent=True)

    def wait_ready(self, name: str) -> None:
        """Come back when the health check of a service is content."""
        test = str(services()[name]["healthcheck"]["test"])
        probe = re.search(r"http://127\.0\.0\.1:\d+/[\w/-]+", test)
        assert probe is not None
        url = self.with_local_addresses(name, probe[0])
        self.running[name].wait_until_ready(lambda: is_healthy(url), timeout=60)

    def flags(self, name: str, words: list[str], folder: Path) -> list[str]:
        """The flags of a program of Prometheus, with its files and its port in our places."""
        (port,) = LISTENERS[name]
        flags = [re.sub(r"=/(prometheus|alertmanager)$", f"={folder}/data", each) for each in words]
        if name.startswith("prometheus"):
            # What fires before it has found its Alertmanager would be told a minute later.
            flags.append("--rules.alert.resend-delay=1s")
        return [*flags, f"--web.listen-address=127.0.0.1:{self.ports[name, port]}"]

    def environment(self, name: str) -> dict[str, str]:
        """The environment of a service, each place and port where it is here."""
        clean = {each: value for each, value in os.environ.items() if "TOCSIN_" not in each}
        variables: dict[str, Any] = services()[name].get("environment", {})
        return clean | {
            each: self.with_local_places(name, str(value)) for each, value in variables.items()
        }

    def with_local_places(self, name: str, text: str) -> str:
        """A text of compose, with what a container sees where it is here.

        Files that are mounted are written anew beside the service, if they name places too.
        """
        for here, there, _ in binds(services()[name]):
            if there in text:
                text = text.replace(there, str(self.local_copy(name, here)))
        return self.with_local_addresses(name, text)

    def local_copy(self, name: str, path: Path) -> Path:
        """What is mounted at a service: its own copy, with our addresses in it."""
        if path.is_dir() or path.suffix == ".jsonl":
            return path
        copy = self.folder / f"{name}-{path.name}"
        text = self.with_local_addresses(name, path.read_text())
        for here, there, _ in binds(services()[name]):
            text = text.replace(there, str(here))
        copy.write_text(with_short_intervals(text) if "scrape_configs" in text else text)
        return copy

    def with_local_addresses(self, name: str, text: str) -> str:
        """A text with secrets, hosts and ports as they are here."""
        text = text.replace("/run/secrets/", f"{self.vault.folder}/")
        if KAFKA in text:
            text = text.replace(KAFKA, str(self.kafka.bootstrap))
        for (service, port), ours in self.ports.items():
            text = text.replace(f"{service}:{port}", f"127.0.0.1:{ours}")
            if service == name:
                text = re.sub(
                    rf"(127\.0\.0\.1|0\.0\.0\.0|localhost):{port}\b", f"127.0.0.1:{ours}", text
                )
        return text

    def url(self, name: str, port: str, path: str) -> str:
        """Where a service answers."""
        return f"http://127.0.0.1:{self.ports[name, port]}{path}"


def with_short_intervals(text: str) -> str:
    """A configuration of Prometheus that looks every second: a test does not wait for minutes."""
    configuration = yaml.safe_load(text)
    configuration["global"] |= dict.fromkeys(
        configuration["global"].keys() & SHORTENED_INTERVALS, "1s"
    )
    return yaml.safe_dump(configuration)


def env_command(environment: dict[str, str]) -> list[str]:
    """The words that give a program those settings and no other environment."""
    return ["env", "-i", *(f"{name}={value}" for name, value in environment.items())]


def is_healthy(url: str) -> bool:
    """Whether a probe says yes."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except OSError:
        return False
