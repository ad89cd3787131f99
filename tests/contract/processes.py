"""A process of a command, its readiness probe and its exit code."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.store.client import Client, connect

PATIENCE_SECONDS = 60


@dataclass
class CommandProcess:
    """A process of ``tocsin run`` or ``tocsin deliver`` with its health address and output."""

    process: subprocess.Popen[bytes]
    health: str
    output_file: Path

    def readiness(self) -> tuple[bool, list[dict[str, Any]]]:
        """Whether the process is ready, and the findings of its probe."""
        try:
            with urllib.request.urlopen(f"http://{self.health}/readyz", timeout=5) as response:
                body = json.load(response)
        except urllib.error.HTTPError as error:
            body = json.load(error)
        except OSError:
            return False, []
        return body["ready"], body["findings"]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal *how*, wait for the end, and return the exit code."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE_SECONDS)

    @property
    def output(self) -> str:
        """What the process has printed so far."""
        return self.output_file.read_text()


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait until *condition* holds; fail with *what* if it does not hold in time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE_SECONDS} s for {what}"
        time.sleep(0.1)


def patient_client(url: str) -> Client:
    """A client of the store at *url* with the timeout of a test.

    A test machine may pause for seconds.  The product's shorter timeout would fail the test.
    """
    return connect(url, PATIENCE_SECONDS)
