"""Starts the services of docker-compose.yml as local processes, with its commands and settings."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streams.local.kafka_server import KafkaServer
from streams.local.ports import free_ports
from streams.local.process import Process
from streams.local.redis_server import RedisServer
from tests.deploy.broker import broker, store
from tests.deploy.compose import binds, services, volume_paths
from tests.deploy.stack_programs import env_command, is_healthy, with_short_intervals
from tests.deploy.vault import Vault
from tests.paths import ROOT

LISTENERS = {
    "worker": ("8010", "8011", "8012"),
    "deliver": ("8010", "8012"),
    "prometheus-open": ("9090",),
    "prometheus-closed": ("9090",),
    "alertmanager-open": ("9093",),
    "alertmanager-closed": ("9093",),
    "board-closed": ("8020",),
    "board-open": ("8021",),
    "intake": ("8010", "8011", "8030"),
}
"""The ports on which each service listens in its container."""

WRITABLE = ("/run/board", "/var/lib/tocsin")
"""Folders of containers that are volumes or in memory, or have some in them."""

KAFKA = "kafka:9092"

PROGRAM_BY_IMAGE = {"prom/prometheus": "prometheus", "prom/alertmanager": "prometheus-alertmanager"}
"""Programs of Debian packages that replace the images of compose."""


@dataclass
class Stack:
    """The services, with their files in *folder*; all stop at the end of a ``with`` block."""

    folder: Path
    libs: Path
    vault: Vault
    kafka: KafkaServer = field(init=False)
    redis: RedisServer = field(init=False)
    ports: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    running: dict[str, Process] = field(default_factory=dict[str, Process])

    def __post_init__(self) -> None:
        names = [(name, port) for name, ports in LISTENERS.items() for port in ports]
        free = free_ports(len(names) + 1)
        self.ports = dict(zip([*names, ("valkey", "6379")], free, strict=True))
        self.kafka = broker(self.libs, self.folder / "kafka", self.vault)
        self.redis = store(self.folder / "redis", self.vault, self.ports["valkey", "6379"])

    def __enter__(self) -> Stack:
        return self

    def __exit__(self, *raised: object) -> None:
        for process in [*reversed(self.running.values()), self.redis, self.kafka]:
            process.stop()

    def run_once(self, name: str, *words: str) -> str:
        """Run a one-shot service, with *words* instead of its command, and return its output."""
        service = services()[name]
        arguments = words or tuple(
            self.with_local_places(name, each) for each in service["command"]
        )
        completed = subprocess.run(
            [sys.executable, "-m", "tocsin", *arguments],
            env=self.environment(name),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert completed.returncode == 0, f"{name}: {completed.stdout}{completed.stderr}"
        return completed.stdout

    def launch(self, name: str) -> None:
        """Start a long-running service without waiting until it is ready."""
        folder = self.folder / name
        service = services()[name]
        words = [self.with_local_places(name, each) for each in service["command"]]
        folder.mkdir()
        self.make_folders(name)
        process = self.running[name] = Process(folder)
        program = PROGRAM_BY_IMAGE.get(service["image"].partition(":")[0])
        if program is None:
            command = [*env_command(self.environment(name)), sys.executable, "-m", "tocsin", *words]
        else:
            command = [program, *self.flags(name, words, folder)]
        process.start(command, ends_with_parent=True)

    def wait_ready(self, name: str) -> None:
        """Wait until the health check of a service succeeds."""
        test = str(services()[name]["healthcheck"]["test"])
        probe = re.search(r"https?://127\.0\.0\.1:\d+/[\w/-]+", test)
        assert probe is not None
        url = self.with_local_addresses(name, probe[0])
        trust = self.trust
        self.running[name].wait_until_ready(lambda: is_healthy(url, trust), timeout=60)

    @property
    def trust(self) -> ssl.SSLContext:
        """The context of a client that trusts the authority of the deployment only."""
        return ssl.create_default_context(cafile=self.vault.path("tls-ca"))

    def make_folders(self, name: str) -> None:
        """Make what *name* may write; a named volume is one folder for all that mount it."""
        root = self.folder / f"{name}-root"
        for mount in services()[name]["tmpfs"]:
            (root / mount.partition(":")[0].lstrip("/")).mkdir(parents=True)
        for volume, path in volume_paths(services()[name]).items():
            (self.folder / "volumes" / volume).mkdir(mode=0o700, parents=True, exist_ok=True)
            link = root / path.lstrip("/")
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(self.folder / "volumes" / volume)

    def flags(self, name: str, words: list[str], folder: Path) -> list[str]:
        """Return the flags of a Prometheus program, with local files and its local port."""
        (port,) = LISTENERS[name]
        flags = [re.sub(r"=/(prometheus|alertmanager)$", f"={folder}/data", each) for each in words]
        if name.startswith("prometheus"):
            # Alerts that fire before the Alertmanager is found would be sent a minute later.
            flags.append("--rules.alert.resend-delay=1s")
        return [*flags, f"--web.listen-address=127.0.0.1:{self.ports[name, port]}"]

    def environment(self, name: str) -> dict[str, str]:
        """Return the environment of a service with local paths and addresses."""
        clean = {each: value for each, value in os.environ.items() if "TOCSIN_" not in each}
        variables: dict[str, Any] = services()[name].get("environment", {})
        return clean | {
            each: self.with_local_places(name, str(value)) for each, value in variables.items()
        }

    def with_local_places(self, name: str, text: str) -> str:
        """Return *text* of compose with local paths and addresses in place of the container's.

        Mounted files are replaced by copies, since they contain paths and addresses too.
        """
        for host_path, container_path, _ in binds(services()[name]):
            if container_path in text:
                text = text.replace(container_path, str(self.local_copy(name, host_path)))
        for path in WRITABLE:
            text = text.replace(path, f"{self.folder}/{name}-root{path}")
        return self.with_local_addresses(name, text)

    def local_copy(self, name: str, path: Path) -> Path:
        """Return a mounted path, or a copy of a mounted file with local paths and addresses."""
        if path.is_dir() or path.suffix == ".jsonl":
            return path
        copy = self.folder / f"{name}-{path.name}"
        text = self.with_local_addresses(name, path.read_text())
        for host_path, container_path, _ in binds(services()[name]):
            text = text.replace(container_path, str(host_path))
        copy.write_text(with_short_intervals(text) if "scrape_configs" in text else text)
        return copy

    def with_local_addresses(self, name: str, text: str) -> str:
        """Return *text* with local secrets, hosts and ports."""
        text = text.replace("/run/secrets/", f"{self.vault.folder}/")
        if KAFKA in text:
            text = text.replace(KAFKA, str(self.kafka.bootstrap))
        for (service, port), local_port in self.ports.items():
            text = text.replace(f"{service}:{port}", f"127.0.0.1:{local_port}")
            if service == name:
                text = re.sub(
                    rf"(127\.0\.0\.1|0\.0\.0\.0|localhost):{port}\b",
                    f"127.0.0.1:{local_port}",
                    text,
                )
        return text

    def url(self, name: str, port: str, path: str) -> str:
        """Return the local URL of *path* at a service."""
        return f"http://127.0.0.1:{self.ports[name, port]}{path}"
