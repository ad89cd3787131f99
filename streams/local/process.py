"""Starts a server in its own folder, detects by a lock whether it runs, and ends it by its id."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

POLL_SECONDS = 0.02
OUTPUT_TAIL_BYTES = 2_000


class ServiceFailed(Exception):
    """A server did not start or did not end; the message gives the reason and its last output."""


@dataclass(slots=True)
class Process:
    """The server of *folder*, whichever process started it.

    The server inherits a locked file and holds the lock as long as it runs.  A process id alone
    is not enough: the system may have given it to another process since.
    """

    folder: Path
    child: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self, command: list[str], *, ends_with_parent: bool) -> None:
        """Run *command* in the folder; with *ends_with_parent*, until the starting thread ends.

        Raises `ServiceFailed` where a server already runs in the folder.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.lock_file.open("a+b") as lock, self.log_file.open("wb") as log:
            if not try_lock(lock.fileno()):
                raise ServiceFailed(f"a server already runs in {self.folder}: stop it first")
            self.reap_child()
            lock.truncate(0)
            self.child = subprocess.Popen(
                [*(end_with_parent() if ends_with_parent else []), *command],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[lock.fileno()],
                start_new_session=True,  # Ctrl-C must reach only us; we stop the server ourselves.
            )
            lock.write(str(self.child.pid).encode())

    @property
    def lock_file(self) -> Path:
        """The file that the server keeps locked; it contains the server's process id."""
        return self.folder / "pid"

    @property
    def log_file(self) -> Path:
        """The file with the server's output."""
        return self.folder / "log"

    @property
    def running(self) -> bool:
        """Whether the server runs."""
        if not self.lock_file.exists():
            return False
        with self.lock_file.open("rb") as lock:
            return not try_lock(lock.fileno())

    @property
    def pid(self) -> int | None:
        """The server's process id, or None where it does not run."""
        while self.running:
            if text := self.lock_file.read_text():
                return int(text)
            time.sleep(POLL_SECONDS)
        return None

    def stop(self, timeout: float = 20) -> None:
        """Send SIGTERM, and SIGKILL where the server still runs after *timeout* seconds.

        Raises `ServiceFailed` where it still runs after *timeout* seconds more.
        """
        if not self.signal_and_wait(signal.SIGTERM, timeout) and not self.signal_and_wait(
            signal.SIGKILL, timeout
        ):
            raise ServiceFailed(f"process {self.pid} in {self.folder} does not end")

    def kill(self) -> None:
        """End the server with SIGKILL, as a power cut would.

        Raises `ServiceFailed` where it still runs after 20 seconds.
        """
        if not self.signal_and_wait(signal.SIGKILL, 20):
            raise ServiceFailed(f"process {self.pid} in {self.folder} does not end")

    def signal_and_wait(self, signal_number: signal.Signals, timeout: float) -> bool:
        """Send *signal_number*; return whether server and forks end within *timeout* seconds."""
        if (pid := self.pid) is not None:
            # A fork of the server that saves a file holds the lock shortly after the server ends.
            with suppress(ProcessLookupError):
                os.kill(pid, signal_number)
        return wait_until(lambda: not self.running, timeout) and self.reap_child()

    def reap_child(self) -> bool:
        """Remove an ended child from the process table; return True even where there is none."""
        if self.child is not None:
            self.child.wait()
            self.child = None
        return True

    def output_tail(self) -> str:
        """Return the last OUTPUT_TAIL_BYTES of the server's output."""
        return self.log_file.read_bytes()[-OUTPUT_TAIL_BYTES:].decode(errors="replace").strip()

    def wait_until_ready(self, is_ready: Callable[[], bool], timeout: float) -> None:
        """Wait until *is_ready* returns true, at most *timeout* seconds.

        Stops the server and raises `ServiceFailed`, with the end of its output, where it ends first
        or is not ready in time.
        """
        if wait_until(lambda: not self.running or is_ready(), timeout) and self.running:
            return
        problem = "does not answer" if self.running else "ended at once"
        self.stop()
        raise ServiceFailed(f"the server in {self.folder} {problem}: {self.output_tail()}")


def find_on_path(programs: Sequence[str]) -> tuple[str | None, str]:
    """Return the path of the first of *programs* on PATH, or None and a message with the remedy."""
    found = next((path for name in programs if (path := shutil.which(name))), None)
    return found, f"no {' or '.join(programs)} on PATH: install one"


def wait_until(condition: Callable[[], bool], timeout: float) -> bool:
    """Poll *condition* for *timeout* seconds; return whether it became true."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def try_lock(descriptor: int) -> bool:
    """Lock an open file without waiting; return whether this process now holds the lock."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@cache
def end_with_parent() -> list[str]:
    """Return the command prefix that ends a command with its parent; empty where unsupported."""
    command = ["setpriv", "--pdeathsig", "TERM"]
    is_supported = (
        shutil.which("setpriv") and subprocess.run([*command, "true"], check=False).returncode == 0
    )
    return command if is_supported else []
