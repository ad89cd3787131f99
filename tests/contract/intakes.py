"""A process of `tocsin intake` on a real broker and store, and requests to it."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streams.intake.clients import token_digest
from streams.kafka.partitioner import partition_of
from streams.local.ports import free_ports
from tests.contract.processes import CommandProcess, wait_until
from tests.paths import ROOT

STUDY, TOKEN = "TRIAL-1", "tocsin_contract"
PARTITION = partition_of(STUDY, 12)

CLIENTS = f"""
[[client]]
name = "edc"
studies = ["{STUDY}"]
systems = ["edc"]
types = ["plan", "subject", "adverse_event", "tick"]
token_sha256 = ["{token_digest(TOKEN).hex()}"]
"""

NDJSON = {"Content-Type": "application/x-ndjson"}


@dataclass
class IntakeSite:
    """The addresses of services, and the process that a test starts and stops on them.

    A killed process comes back at the same address.
    """

    broker: str
    store: str
    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    timeout_seconds: float = 60
    ports: list[int] = field(default_factory=lambda: free_ports(3))
    process: CommandProcess = field(init=False)

    def start(self, *, wait: bool = True) -> None:
        """Start the process; with *wait* until it is ready."""
        (clients := self.folder / "clients.toml").write_text(CLIENTS)
        address, health, metrics = (f"127.0.0.1:{port}" for port in self.ports)
        settings = {
            "BROKER": self.broker,
            "STORE": self.store,
            "INTAKE": address,
            "HEALTH": health,
            "METRICS_OPEN": metrics,
            "INTAKE_CLIENTS_FILE": str(clients),
            **self.settings,
        }
        names = {name: each for name, each in os.environ.items() if not name.startswith("TOCSIN_")}
        output_file = self.folder / "intake.out"
        with output_file.open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "tocsin", "intake"],
                env={**names, **{f"TOCSIN_{name}": each for name, each in settings.items()}},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self.process = CommandProcess(process, health, output_file)
        if wait:
            wait_until(lambda: self.process.readiness()[0], f"the intake: {self.process.output}")

    def request(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Send a request with the token; return status, body and headers.  Raises OSError."""
        address, timeout = ("127.0.0.1", self.ports[0]), self.timeout_seconds
        connection = http.client.HTTPConnection(*address, timeout=timeout)
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        fields = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"} | named
        try:
            connection.request(method, path, body, fields)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read()), dict(answer.headers)
        except http.client.HTTPException as error:
            raise ConnectionError(type(error).__name__) from error
        finally:
            connection.close()

    def post(self, body: bytes, **headers: str) -> tuple[int, Any, Mapping[str, str]]:
        """Send records of the study."""
        return self.request("POST", f"/v1/studies/{STUDY}/records", body, **headers)


@contextmanager
def running_intake(site: IntakeSite) -> Generator[IntakeSite]:
    """Run the process of *site*, and kill it if it still runs at the end of the block."""
    site.start()
    try:
        yield site
    finally:
        if site.process.process.poll() is None:
            site.process.process.kill()
            site.process.process.wait()
