"""A private Alertmanager on a loopback port, for tests and for a stack without containers."""

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
"""Debian's name of the program first, then the upstream name."""

REQUEST_TIMEOUT_SECONDS = 2

DEFAULT_CONFIGURATION = """route: {receiver: nobody}
receivers: [{name: nobody}]
"""


@dataclass(slots=True)
class AlertmanagerServer(LocalServer):
    """A private Alertmanager in *folder*, run with the YAML text *configuration*."""

    folder: Path
    configuration: str = DEFAULT_CONFIGURATION
    port: int = 0
    process: Process = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.folder.absolute()
        self.process = Process(self.folder)

    def prepare(self) -> list[str]:
        """Write the configuration file, choose a port, and return the command line.

        Raises `ServiceFailed` where no Alertmanager is on PATH.
        """
        program, reason = find_program()
        if program is None:
            raise ServiceFailed(reason)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "alertmanager.yml").write_text(self.configuration)
        self.port = self.port or free_ports(1)[0]
        return [
            program,
            "--config.file=alertmanager.yml",
            "--storage.path=data",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--cluster.listen-address=",
            "--log.level=warn",
        ]

    @property
    def url(self) -> str:
        """The base URL of its HTTP API."""
        return f"http://127.0.0.1:{self.port}"

    def is_ready(self) -> bool:
        """Return whether the readiness endpoint answers 200."""
        try:
            with urllib.request.urlopen(
                f"{self.url}/-/ready", timeout=REQUEST_TIMEOUT_SECONDS
            ) as response:
                return response.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that are firing, as the API v2 lists them."""
        address = f"{self.url}/api/v2/alerts"
        with urllib.request.urlopen(address, timeout=REQUEST_TIMEOUT_SECONDS) as response:
            return json.load(response)


def find_program() -> tuple[str | None, str]:
    """Return the path of the server program, or None and a message with the remedy."""
    return find_on_path(PROGRAMS)
