"""A private Alertmanager on a loopback port, for the tests and for a stack without containers."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streams.local.ports import free_ports
from streams.local.process import Process, ServiceFailed, find_on_path
from streams.local.server import LocalServer

PROGRAMS = ("prometheus-alertmanager", "alertmanager")
"""Debian's name and everybody else's."""

REQUEST_TIMEOUT_SECONDS = 2

DEFAULT_CONFIGURATION = """route: {receiver: nobody}
receivers: [{name: nobody}]
"""


@dataclass(slots=True)
class AlertmanagerServer(LocalServer):
    """A server of our own in *folder*, with the *configuration* of an Alertmanager."""

    folder: Path
    configuration: str = DEFAULT_CONFIGURATION
    port: int = 0
    process: Process = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.folder.absolute()
        self.process = Process(self.folder)

    def start(self, *, ends_with_parent: bool = True) -> None:
        """Start it, and come back when it is ready."""
        program, reason = find_program()
        if program is None:
            raise ServiceFailed(reason)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "alertmanager.yml").write_text(self.configuration)
        self.port = self.port or free_ports(1)[0]
        command = [
            program,
            "--config.file=alertmanager.yml",
            "--storage.path=data",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--cluster.listen-address=",
            "--log.level=warn",
        ]
        self.process.start(command, ends_with_parent=ends_with_parent)
        self.process.wait_until_ready(self.is_ready, timeout=30)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def is_ready(self) -> bool:
        """Whether it is ready."""
        try:
            with urllib.request.urlopen(
                f"{self.url}/-/ready", timeout=REQUEST_TIMEOUT_SECONDS
            ) as response:
                return response.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def alerts(self) -> list[dict[str, Any]]:
        """What rings."""
        address = f"{self.url}/api/v2/alerts"
        with urllib.request.urlopen(address, timeout=REQUEST_TIMEOUT_SECONDS) as response:
            return json.load(response)


def find_program() -> tuple[str | None, str]:
    """The server program, or None and the reason with its remedy."""
    return find_on_path(PROGRAMS)
