"""A private Alertmanager on a loopback port, for the tests and for a stack without containers."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streams.local.ports import free_ports
from streams.local.process import Process, ServiceFailed, on_path
from streams.local.server import Served

PROGRAMS = ("prometheus-alertmanager", "alertmanager")
"""Debian's name and everybody else's."""

ANSWER_SECONDS = 2

SILENT = """route: {receiver: nobody}
receivers: [{name: nobody}]
"""


@dataclass(slots=True)
class AlertmanagerServer(Served):
    """A server of our own in *folder*, with the *configuration* of an Alertmanager."""

    folder: Path
    configuration: str = SILENT
    port: int = 0
    process: Process = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.folder.absolute()
        self.process = Process(self.folder)

    def start(self, *, attended: bool = True) -> None:
        """Start it, and come back when it is ready."""
        program, reason = find()
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
        self.process.start(command, attended=attended)
        self.process.until(self.answers, patience=30)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        """Whether it is ready."""
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=ANSWER_SECONDS) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def alerts(self) -> list[dict[str, Any]]:
        """What rings."""
        address = f"{self.url}/api/v2/alerts"
        with urllib.request.urlopen(address, timeout=ANSWER_SECONDS) as answer:
            return json.load(answer)


def find() -> tuple[str | None, str]:
    """The server program, or None and the reason with its remedy."""
    return on_path(PROGRAMS)
