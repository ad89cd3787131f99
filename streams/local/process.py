"""Starts a server in a folder of its own, knows by a lock whether it lives, ends it by its id."""

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
    """A server did not start or did not end; the message says why, with its last words."""


@dataclass(slots=True)
class Process:
    """The server of *folder*, whoever started it.

    The server inherits a locked file and so holds the lock for as long as it lives.  A process id
    alone would not do: by now it may belong to a stranger.
    """

    folder: Path
    child: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self, command: list[str], *, ends_with_parent: bool) -> None:
        """Run *command* in the folder; an *attended* server ends with the thread that starts it."""
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
                start_new_session=True,  # Ctrl-C is for us: we end it in good order.
            )
            lock.write(str(self.child.pid).encode())

    @property
    def lock_file(self) -> Path:
        """The file that the server keeps locked; it says the server's process id."""
        return self.folder / "pid"

    @property
    def log_file(self) -> Path:
        """What the server prints."""
        return self.folder / "log"

    @property
    def running(self) -> bool:
        """Whether the server lives."""
        if not self.lock_file.exists():
            return False
        with self.lock_file.open("rb") as lock:
            return not try_lock(lock.fileno())

    @property
    def pid(self) -> int | None:
        """The server's process id while it lives."""
        while self.running:
            if text := self.lock_file.read_text():
                return int(text)
            time.sleep(POLL_SECONDS)
        return None

    def stop(self, timeout: float = 20) -> None:
        """Ask the server to end, wait for it, and after *patience* seconds end it."""
        if not self.signal_and_wait(signal.SIGTERM, timeout) and not self.signal_and_wait(
            signal.SIGKILL, timeout
        ):
            raise ServiceFailed(f"process {self.pid} in {self.folder} does not end")

    def kill(self) -> None:
        """End the server as a power cut would."""
        if not self.signal_and_wait(signal.SIGKILL, 20):
            raise ServiceFailed(f"process {self.pid} in {self.folder} does not end")

    def signal_and_wait(self, signal_number: signal.Signals, timeout: float) -> bool:
        """Send *how*; whether the server, and what it forked to save itself, is gone in time."""
        if (pid := self.pid) is not None:
            # What it forked to write a file may hold the lock for a moment after it is gone.
            with suppress(ProcessLookupError):
                os.kill(pid, signal_number)
        return wait_until(lambda: not self.running, timeout) and self.reap_child()

    def reap_child(self) -> bool:
        """Take our child, who has let go of the lock, off the system's table; if it is ours."""
        if self.child is not None:
            self.child.wait()
            self.child = None
        return True

    def output_tail(self) -> str:
        """The end of what the server printed."""
        return self.log_file.read_bytes()[-OUTPUT_TAIL_BYTES:].decode(errors="replace").strip()

    def wait_until_ready(self, is_ready: Callable[[], bool], timeout: float) -> None:
        """Wait until the server *answers*; if it dies first or takes too long, it fails."""
        if wait_until(lambda: not self.running or is_ready(), timeout) and self.running:
            return
        problem = "does not answer" if self.running else "ended at once"
        self.stop()
        raise ServiceFailed(f"the server in {self.folder} {problem}: {self.output_tail()}")


def find_on_path(programs: Sequence[str]) -> tuple[str | None, str]:
    """The first of *programs* that is on PATH, or None and the reason with its remedy."""
    found = next((path for name in programs if (path := shutil.which(name))), None)
    return found, f"no {' or '.join(programs)} on PATH: install one"


def wait_until(condition: Callable[[], bool], timeout: float) -> bool:
    """Ask again and again, *patience* seconds long; whether the answer was ever yes."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def try_lock(descriptor: int) -> bool:
    """Take the lock of an open file if nobody holds it; whether it is ours now."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@cache
def end_with_parent() -> list[str]:
    """What to put before a command so that it ends when we are killed; Linux alone can do it."""
    command = ["setpriv", "--pdeathsig", "TERM"]
    is_supported = (
        shutil.which("setpriv") and subprocess.run([*command, "true"], check=False).returncode == 0
    )
    return command if is_supported else []
