"""A worker that is a process, what its probe answers, and how it ends."""

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
    """A process that runs ``tocsin run``."""

    process: subprocess.Popen[bytes]
    health: str
    output_file: Path

    def readiness(self) -> tuple[bool, list[dict[str, Any]]]:
        """What its probe answers."""
        try:
            with urllib.request.urlopen(f"http://{self.health}/readyz", timeout=5) as response:
                body = json.load(response)
        except urllib.error.HTTPError as error:
            body = json.load(error)
        except OSError:
            return False, []
        return body["ready"], body["findings"]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send *how*, and wait; how it ended."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE_SECONDS)

    @property
    def output(self) -> str:
        """What it printed."""
        return self.output_file.read_text()


def wait_until(done: Callable[[], bool], what: str) -> None:
    """Wait for *done*, and fail with *what* was waited for."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done():
        assert time.monotonic() < deadline, f"waited {PATIENCE_SECONDS} s for {what}"
        time.sleep(0.1)


def patient_client(url: str) -> Client:
    """A client of the store at *url* that waits as long as a test does.

    A machine of tests stands still for seconds at times: it is for the product to give up then.
    """
    return connect(url, PATIENCE_SECONDS)
